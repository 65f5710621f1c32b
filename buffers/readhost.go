package buffers

// HostSink is a Sink whose host makes long reads by itself, with chunks that are lent to it.
type HostSink interface {
	Sink
	// Lend hands over a read. The host records a copy of each piece into a chunk that is free, submits it, maps the
	// chunk, takes what is there and unmaps it; then asks [HostRead.GoesOn] before the next, and calls [HostRead.End]
	// when no chunk is in use.
	Lend(r *HostRead)
}

// HostRead is a read that the host makes.
type HostRead struct {
	ID           uint64
	Src          Buffer
	Offset, Size uint64 // multiples of 4
	Piece        uint64 // what a chunk takes
	Chunks       []MappableBuffer

	belt    *readBelt
	reading *reading
	turn    uint64
	chunks  []*chunk
}

// lends hands x to its host where that makes such reads, and reports whether it does now.
func (b *readBelt) lends(x *reading) bool {
	sink, ok := x.sink.(HostSink)
	if !ok || x.src == nil || x.recorded > 0 || x.size <= x.piece || x.offset%4 != 0 || x.size%4 != 0 {
		return false
	}
	h := &HostRead{ID: x.id, Src: x.src, Offset: x.offset, Size: x.size, Piece: x.piece, belt: b, reading: x, turn: x.turn}
	for n := min(uint64(x.depth), (x.size+x.piece-1)/x.piece); uint64(len(h.chunks)) < n; {
		c := b.take(x)
		if c == nil {
			break
		}
		h.chunks, h.Chunks = append(h.chunks, c), append(h.Chunks, c.buffer)
	}
	if len(h.chunks) == 0 {
		return false
	}
	x.recorded, x.sent = x.size, x.size
	x.owner.inFlight++
	b.sys.stats.Submits += (x.size + x.piece - 1) / x.piece
	b.lent = append(b.lent, h)
	sink.Lend(h)
	return true
}

// isOpen reports whether somebody waits for the read.
func (h *HostRead) isOpen() bool { return h.reading.turn == h.turn && !h.reading.done }

// GoesOn reports whether the read is still wanted, and its source can be read.
func (h *HostRead) GoesOn() bool {
	s := h.belt.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if !h.isOpen() {
		return false
	}
	if err := CheckUse("read", h.Src, UsageCopySrc); err != nil {
		h.belt.settle(h.reading, err)
		h.belt.dequeue()
		return false
	}
	return true
}

// End takes the chunks back: idle, or where the read failed in no known state. Goroutines may be awake then.
func (h *HostRead) End(failure error) {
	b := h.belt
	b.sys.mu.Lock()
	defer b.sys.mu.Unlock()
	for i := range b.lent {
		if b.lent[i] == h {
			b.lent = remove(b.lent, i)
			break
		}
	}
	for _, c := range h.chunks {
		if failure != nil || b.sys.lost != nil {
			b.drop(c)
			continue
		}
		c.idleSince = now()
		b.idle = append(b.idle, c)
	}
	if x := h.reading; h.isOpen() {
		if failure == nil {
			x.arrived(x.size)
		} else {
			b.settle(x, failure)
		}
	}
	b.sys.budget.wake()
	b.dequeue()
	b.pump()
}
