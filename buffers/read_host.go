package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// HostSink is a Sink whose host makes long reads by itself, with chunks that are lent to it.
type HostSink interface {
	Sink
	// Lend hands over a read. Before it returns the host copies the first piece for each chunk from Src, and all that
	// follows these pieces to Rest. A chunk that was mapped, emptied and unmapped takes a further piece from Rest or,
	// if that is nil, from Src. When no chunk is in use the host calls [HostRead.End].
	Lend(r *HostRead)
}

// HostRead is a read that the host makes, and ends. It must not be used afterwards.
type HostRead struct {
	ID           uint64
	Src          Buffer // nil where the host alone knows: see [ReadbackBuffer.LendTo]
	Offset, Size uint64 // multiples of 4
	Piece        uint64 // what a chunk takes
	Chunks       []MappableBuffer
	Rest         Buffer // where the read keeps its place; nil if it does so in Src, or goes into the chunks whole
	// Scoped says that the host copies from Src within an error scope, and hands nothing out before that was answered.
	Scoped bool

	belt    *readBelt
	reading *reading
	turn    uint64
	chunks  []*chunk
	hold    *hold // that Src or Rest is, or nil
	asked   moment
	serial  uint64 // see System.confirm
}

// lends hands x to its host where that makes such reads, and reports whether it does now.
func (b *readBelt) lends(x *reading) bool {
	sink, ok := x.sink.(HostSink)
	if !ok || !x.isRange() || x.recorded > 0 || x.unjudged > 0 || x.size <= x.piece || x.offset%4 != 0 || x.size%4 != 0 {
		return false
	}
	h := b.newHostRead()
	for n := b.chunksToLend(x); uint64(len(h.chunks)) < n; {
		c := b.spare(x.piece)
		if c == nil {
			break
		}
		x.measure = x.measure && c.wasIdle()
		h.add(c)
	}
	if len(h.chunks) == 0 || !b.lendRest(h, x) {
		b.giveUp(h)
		return false
	}
	b.lend(h, x)
	sink.Lend(h)
	return true
}

// spare returns a chunk for size bytes, idle or new, or nil if there is no memory for one.
func (b *readBelt) spare(size uint64) *chunk {
	want := chunkSize(size)
	c := b.reuse(want)
	if c == nil && b.shared.reserve(want) {
		c, _ = b.create(want)
	}
	return c
}

// chunksToLend is how many pieces of x are to be in flight: more than its path says if a hold has no room for the rest.
func (b *readBelt) chunksToLend(x *reading) uint64 {
	if b.isFull(x, chunkSize(x.piece)) {
		return 0
	}
	n, room := uint64(x.depth), b.holds.room()
	if x.hold == nil && x.size > n*x.piece+room {
		n = (x.size - room + x.piece - 1) / x.piece
	}
	return min(n, (x.size+x.piece-1)/x.piece)
}

// lendRest has h keep its place with what its chunks do not take at once, and reports whether there is memory for that.
func (b *readBelt) lendRest(h *HostRead, x *reading) bool {
	first := uint64(len(h.chunks)) * x.piece
	switch {
	case x.hold != nil: // it does already
		h.hold, x.hold = x.hold, nil
		return true
	case first >= x.size:
		return true
	case x.size-first > b.holds.room():
		return false
	}
	rest, err := b.holds.take(x.size - first)
	if err != nil {
		return false
	}
	rest.readings = 1
	h.hold, h.Rest = rest, rest.Buffer
	return true
}

// giveUp takes back what was to be lent.
func (b *readBelt) giveUp(h *HostRead) {
	for _, c := range h.chunks {
		b.keep(c, now())
	}
	b.reuseHost(h)
}

func (b *readBelt) newHostRead() *HostRead {
	if n := len(b.hostFree); n > 0 {
		h := b.hostFree[n-1]
		b.hostFree = b.hostFree[:n-1]
		return h
	}
	return &HostRead{belt: b}
}

func (h *HostRead) add(c *chunk) {
	h.chunks, h.Chunks = append(h.chunks, c), append(h.Chunks, c.buffer)
}

// lend takes note that x is made by the host, with the chunks of h.
func (b *readBelt) lend(h *HostRead, x *reading) {
	h.ID, h.Src, h.Offset, h.Size, h.Piece, h.reading, h.turn = x.id, x.src, x.offset, x.size, x.piece, x, x.turn
	h.asked, h.serial, h.Scoped = now(), b.shared.created, x.src != nil && x.group != gpu.Vouched
	x.recorded, x.sent = x.size, x.size
	x.owner.inFlight++
	b.shared.stats.Submits += (x.size + x.piece - 1) / x.piece
	b.shared.stats.MapsPending += len(h.chunks)
	b.lent = append(b.lent, h)
}

// isOpen reports whether somebody waits for the read.
func (h *HostRead) isOpen() bool { return h.reading.turn == h.turn && !h.reading.done }

// End takes the chunks back. Without a failure each of them was mapped, emptied and unmapped; with one they are in no
// known state, and are destroyed.
func (h *HostRead) End(failure error) {
	b := h.belt
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	ended := now()
	if failure == nil {
		b.shared.confirm(h.serial)
	}
	if failure == nil && h.Size == h.Piece {
		b.shared.stats.MapLatency.add(time.Duration(ended - h.asked))
	}
	h.end(ended, failure)
}

// GiveUp cancels a read that the host has not begun, and takes the chunks back as they were.
func (h *HostRead) GiveUp() {
	b := h.belt
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	if h.isOpen() {
		b.settle(h.reading, errCancelled)
	}
	h.end(now(), nil)
}

func (h *HostRead) end(at moment, failure error) {
	b := h.belt
	b.shared.stats.MapsPending -= len(h.chunks)
	for _, c := range h.chunks {
		if failure != nil || b.shared.lost != nil {
			b.drop(c)
			continue
		}
		b.keep(c, at)
	}
	if x := h.reading; h.isOpen() {
		if failure == nil {
			x.arrived(x.size)
		} else {
			b.settle(x, failure)
		}
	}
	b.lent = without(b.lent, h)
	b.holds.leave(h.hold)
	b.reuseHost(h)
	b.shared.wake()
	b.dequeue()
	b.pump()
}

// reuseHost makes a read that the host has ended available again.
func (b *readBelt) reuseHost(h *HostRead) {
	clear(h.chunks)
	clear(h.Chunks)
	*h = HostRead{belt: b, chunks: h.chunks[:0], Chunks: h.Chunks[:0]}
	b.hostFree = append(b.hostFree, h)
}
