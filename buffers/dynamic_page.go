package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// dynamicPage is the CPU's memory of one page, for one frame after the other: a flush takes it all. It belongs to this
// ring alone, and never to another: the holder of a view may write there as long as he holds it.
type dynamicPage struct {
	arena Memory // Go's, or the host's
	used  uint64
	chunk *chunk // the host fills it instead of the arena, until it is sent
	sent  uint64 // bytes that went with the chunk: a failed submit may be tried again, with more updates
}

func (r *dynamicRing) addPage(op string) error {
	if !reserveArena(r.page.Size) {
		return gpu.NewError(op, r.page.Label, ErrOutOfMemory, "a further arena of "+gpu.Decimal(r.page.Size)+
			" bytes exceeds the "+gpu.Decimal(arenaLimit)+" of all dynamic buffers")
	}
	arena, err := r.newArena(op)
	if err != nil {
		releaseArena(r.page.Size)
		return err
	}
	r.pages = append(r.pages, &dynamicPage{arena: arena})
	return nil
}

func (r *dynamicRing) newArena(op string) (Memory, error) {
	if r.host == nil {
		return Bytes(make([]byte, r.page.Size)), nil
	}
	h, err := r.host(r.page.Size)
	if err != nil || h.ByteLength() < r.page.Size {
		return Memory{}, &Error{Op: op, Label: r.page.Label, Reason: ErrOutOfMemory, Detail: "the host has no arena of " + gpu.Decimal(r.page.Size) + " bytes", Cause: err}
	}
	return HostMemory(h), nil
}

// bytes is Go's memory of an update; nil if the host writes it.
func (p *dynamicPage) bytes(offset, size uint64) []byte {
	arena, isGo := p.arena.Bytes()
	if !isGo {
		return nil
	}
	return arena[offset : offset+size : offset+size]
}

// free leaves Go's memory to its holders.
func (p *dynamicPage) free() {
	h, _, _ := p.arena.Host()
	if d, ok := h.(gpu.Detacher); ok {
		d.Detach()
	}
}

// isDetached reports whether the host has taken its memory away.
func (p *dynamicPage) isDetached() bool {
	h, _, size := p.arena.Host()
	return h != nil && h.ByteLength() < size
}

// goOn opens the next page for the current slot. If the last frame filled most of it, and such a flush takes the path
// filled in place, a host fills mapped memory. Then no byte is copied out of an arena. The unmap takes all of the
// chunk, used or not.
func (r *dynamicRing) goOn() {
	p := r.pages[r.open]
	r.open++
	before := p.used
	p.used, p.sent = 0, 0
	if !r.shared.options.HostWrites || !r.fills(before) {
		return
	}
	if !r.planned && r.open == 1 {
		r.plan(before, r.history.InPlace())
	}
	if r.planned && paths[OpFlush][r.flushing.path].InPlace {
		p.chunk = r.engine.writes.lendNow(r.page.Size)
	}
}

func (r *dynamicRing) plan(size uint64, h choice.History) {
	r.planned = true
	r.engine.planFlush(&r.flushing, size, h)
}

// historyFor returns a page's history if each frame fills size bytes of it.
func (b *DynamicBuffer) historyFor(size uint64) choice.History {
	h := b.ring.history
	h.Hosted = b.ring.shared.options.HostWrites && b.ring.fills(size)
	return h
}

// fills reports whether size bytes are most of a page.
func (r *dynamicRing) fills(size uint64) bool { return size >= r.page.Size/4*3 }

// flushPage moves the unmoved bytes of a page to its GPU buffer.
func (r *dynamicRing) flushPage(p *dynamicPage, dst Buffer) error {
	size := roundUp4(p.used)
	from, e := p.sent, r.engine
	var err error
	switch c := p.chunk; {
	case c != nil:
		p.chunk, p.sent = nil, size
		err = e.flushChunk(&r.flushing, dst, &r.history, c, size)
	case from < size:
		err = r.flushArena(p, dst, from, size)
	}
	if err == nil {
		r.shared.stats.BytesUp += size - from
	}
	return err
}

func (r *dynamicRing) flushArena(p *dynamicPage, dst Buffer, from, end uint64) error {
	if !r.planned {
		r.plan(end-from, r.history)
	}
	err := r.engine.flush(&r.flushing, dst, &r.history, from, p.arena.Slice(from, end-from))
	if err != nil && p.isDetached() {
		return &Error{Op: "submit", Label: r.page.Label, Reason: ErrType, Detail: "the memory of its updates was detached", Cause: err}
	}
	return err
}

// giveBackChunks gives back the chunks that were not sent.
func (r *dynamicRing) giveBackChunks() {
	for _, p := range r.pages {
		if p.chunk != nil {
			r.engine.writes.giveBack(p.chunk)
			p.chunk = nil
		}
	}
}
