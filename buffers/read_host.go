package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// hostRead is a read that the host makes.
type hostRead struct {
	host.Read
	of         *hostReads
	reading    *reading
	generation uint64
	chunks     []*chunk
	hold       *hold  // that Src or Rest is, or nil
	serial     uint64 // see shared.confirm
}

// hostReads are the reads that the host makes.
type hostReads struct {
	shared *shared
	queue  *readQueue
	ring   *readRing
	holds  *readHolds
	lent   []*hostRead
	free   []*hostRead
	ended  func() // is called when a read has ended
}

// lends hands x to its host if that makes such reads, and reports whether it does now.
func (p *hostReads) lends(x *reading) bool {
	sink, ok := x.sink.(host.ReadingSink)
	if !ok || !x.isRange() || x.recorded > 0 || x.unjudged > 0 || x.size <= x.piece || x.offset%4 != 0 || x.size%4 != 0 {
		return false
	}
	h := p.newHostRead()
	for n := p.chunksToLend(x); uint64(len(h.chunks)) < n; {
		c := p.ring.spare(x.piece)
		if c == nil {
			break
		}
		x.measure = x.measure && c.wasIdle()
		h.add(c)
	}
	if len(h.chunks) == 0 || !p.lendRest(h, x) {
		p.giveUp(h)
		return false
	}
	p.lend(h, x)
	sink.Lend(&h.Read)
	return true
}

// chunksToLend is how many pieces of x are to be in flight: more than its path says if a hold has no room for the rest.
func (p *hostReads) chunksToLend(x *reading) uint64 {
	if p.ring.isFull(x, chunkSize(x.piece)) {
		return 0
	}
	n, free := uint64(x.depth), p.holds.free()
	if x.hold == nil && x.size > n*x.piece+free {
		n = (x.size - free + x.piece - 1) / x.piece
	}
	return min(n, (x.size+x.piece-1)/x.piece)
}

// lendRest has h keep its place with what its chunks do not take at once, and reports whether there is memory for that.
func (p *hostReads) lendRest(h *hostRead, x *reading) bool {
	first := uint64(len(h.chunks)) * x.piece
	switch {
	case x.hold != nil: // it does already
		h.hold, x.hold = x.hold, nil
		return true
	case first >= x.size:
		return true
	case x.size-first > p.holds.free():
		return false
	}
	rest, err := p.holds.take(x.size - first)
	if err != nil {
		return false
	}
	rest.readings = 1
	h.hold, h.Rest = rest, rest.Buffer
	return true
}

// giveUp takes back what was to be lent.
func (p *hostReads) giveUp(h *hostRead) {
	for _, c := range h.chunks {
		p.ring.keep(c, now())
	}
	p.reuse(h)
}

func (p *hostReads) newHostRead() *hostRead {
	if n := len(p.free); n > 0 {
		h := p.free[n-1]
		p.free = p.free[:n-1]
		return h
	}
	h := &hostRead{of: p}
	h.Loan = h
	return h
}

func (h *hostRead) add(c *chunk) {
	h.chunks, h.Chunks = append(h.chunks, c), append(h.Chunks, c.buffer)
}

// lend takes note that x is made by the host, with the chunks of h.
func (p *hostReads) lend(h *hostRead, x *reading) {
	h.ID, h.Src, h.Offset, h.Size, h.Piece, h.reading, h.generation = x.id, x.src, x.offset, x.size, x.piece, x, x.generation
	h.serial, h.Scoped = p.shared.created, x.src != nil && x.group != gpu.Vouched
	x.recorded, x.sent = x.size, x.size
	x.owner.inFlight++
	if x.src != nil {
		p.shared.stats.Submits += (x.size + x.piece - 1) / x.piece
	}
	p.shared.stats.MapsPending += len(h.chunks)
	p.lent = append(p.lent, h)
	p.ring.lent++
}

// isOpen reports whether somebody waits for the read.
func (h *hostRead) isOpen() bool { return h.reading.generation == h.generation && !h.reading.done }

// Made counts a read that the host made with the chunk.
func (h *hostRead) Made(size uint64, took time.Duration) {
	p := h.of
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	p.shared.stats.Submits++
	p.shared.stats.BytesDown += size
	p.shared.stats.MapLatency.add(took)
}

// End takes the chunks back. Without a failure each of them was mapped, emptied and unmapped; with one they are in no
// known state, and are destroyed.
func (h *hostRead) End(failure error) {
	p := h.of
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	if failure == nil {
		p.shared.confirm(h.serial)
	}
	h.end(now(), failure)
}

// GiveUp cancels a read that the host has not begun, and takes the chunks back as they were.
func (h *hostRead) GiveUp() {
	p := h.of
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	if h.isOpen() {
		p.queue.settle(h.reading, errCancelled)
	}
	h.end(now(), nil)
}

func (h *hostRead) end(at moment, failure error) {
	p := h.of
	p.shared.stats.MapsPending -= len(h.chunks)
	for _, c := range h.chunks {
		if failure != nil || p.shared.lost != nil {
			p.ring.drop(c)
			continue
		}
		p.ring.keep(c, at)
	}
	if x := h.reading; h.isOpen() {
		if failure == nil && h.Src != nil {
			x.arrived(x.size)
		} else {
			p.queue.settle(x, failure) // one whose Src the host alone knows was counted by Made
		}
	}
	p.lent = without(p.lent, h)
	p.ring.lent--
	p.holds.leave(h.hold)
	p.reuse(h)
	p.shared.wake()
	p.queue.dequeue()
	p.ended()
}

// reuse makes a read that the host has ended available again.
func (p *hostReads) reuse(h *hostRead) {
	clear(h.chunks)
	clear(h.Chunks)
	*h = hostRead{Read: host.Read{Chunks: h.Chunks[:0], Loan: h}, of: p, chunks: h.chunks[:0]}
	p.free = append(p.free, h)
}
