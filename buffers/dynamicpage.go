package buffers

// dynamicPage is the CPU's memory of one page, for one frame after the other: a flush takes it all.
type dynamicPage struct {
	arena []byte
	used  uint64
	chunk *chunk // that the host fills instead of the arena, until it is sent
	sent  uint64 // how many bytes went with the chunk: a failed submit may be tried again, with more updates
}

func (r *dynamicRing) addPage(op string) error {
	arena := takeArena(r.page.Size)
	if arena == nil {
		return NewError(op, r.page.Label, ErrOutOfMemory, "a further arena of "+number(r.page.Size)+
			" bytes exceeds the "+number(arenaLimit)+" of all dynamic buffers")
	}
	r.pages = append(r.pages, &dynamicPage{arena: arena})
	return nil
}

// goOn opens the next page for the current slot. Where the last frame filled most of it, a host fills mapped memory
// in place, if that is the way of such a flush: then no byte is copied out of an arena. The unmap takes all of the
// chunk, used or not.
func (r *dynamicRing) goOn() {
	p := r.pages[r.open]
	r.open++
	wasFull := p.used >= r.page.Size/4*3
	p.used, p.sent = 0, 0
	if !r.sys.options.HostWrites || !wasFull {
		return
	}
	if way := r.sys.engine.flushPath(r.page.Size, r.history.inPlace()); way.inPlace {
		p.chunk = r.sys.uploads.lendNow(r.page.Size, way.ring(r.page.Size))
	}
}

// Mapped is the memory that the host is to write the latest update to, at its offset, until the submit; or nil where
// that is [Allocation].Bytes.
func (b *DynamicBuffer) Mapped() MappableBuffer {
	r := b.ring
	r.sys.mu.Lock()
	defer r.sys.mu.Unlock()
	if r.current == nil || r.latest().chunk == nil {
		return nil
	}
	c := r.latest().chunk
	c.handed = true
	return c.buffer
}

// flushPage moves what was not moved yet of a page to the GPU's memory of it.
func (r *dynamicRing) flushPage(p *dynamicPage, dst Buffer) error {
	size := roundUp4(p.used)
	from, e := p.sent, &r.sys.engine
	var err error
	switch c := p.chunk; {
	case c != nil:
		p.chunk, p.sent = nil, size
		err = e.flushChunk(dst, &r.history, c, size)
	case from < size:
		err = e.flush(dst, &r.history, from, Bytes(p.arena[from:size]))
	}
	if err == nil {
		r.sys.stats.BytesUp += size - from
	}
	return err
}

// giveBackChunks gives back what was not sent.
func (r *dynamicRing) giveBackChunks() {
	for _, p := range r.pages {
		if p.chunk != nil {
			r.sys.uploads.giveBack(p.chunk)
			p.chunk = nil
		}
	}
}
