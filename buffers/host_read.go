package buffers

import "github.com/gpubuffers/gpubuffers/buffers/host"

// StartRead asks for a read of size bytes of src at offset, like Start, whose parts go to a sink, under a
// number that the sink knows it by.
func (Embedder) StartRead(r *ReadbackBuffer, src Buffer, offset, size uint64, sink host.Sink, id uint64) error {
	_, err := r.belt.start(r.core, r.held, func(x *reading) error {
		x.sink, x.id = sink, id
		return x.describe(src, offset, size)
	})
	return err
}

// StartTexture is StartRead for the texels of a region, row by row without padding.
func (Embedder) StartTexture(r *ReadbackBuffer, region TextureRegion, sink host.Sink, id uint64) error {
	_, err := r.belt.start(r.core, r.held, func(x *reading) error {
		x.sink, x.id = sink, id
		return x.describeTexels(region)
	})
	return err
}

// CancelRead gives up the reads that a sink knows by the number. The sink hears nothing more of them.
func (Embedder) CancelRead(r *ReadbackBuffer, sink host.Sink, id uint64) {
	b := r.belt
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	for x := range b.pending {
		if x.owner == r.core && x.sink == sink && x.id == id {
			b.queue.settle(x, errCancelled)
		}
	}
	b.queue.dequeue()
}

// LendRead lends a chunk for a read of size bytes, a multiple of 4, that the host makes at once, of places that it knows
// can be read: it records their copies, submits them, maps the chunk, takes what is there, unmaps it and calls
// Made. Further reads by the same buffer may follow, one after another, before it calls End. It gives nil if the read has to wait for others or for memory, if it is longer than a chunk, and
// to a [ReadLatest] buffer.
func (Embedder) LendRead(r *ReadbackBuffer, size uint64, sink host.Sink, id uint64) *host.Read {
	b := r.belt
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	waits := len(b.queue.list) > 0 || len(b.ring.inFlight)+b.ring.lent >= maxInFlight
	if waits || size == 0 || size%4 != 0 || size > b.shared.options.ChunkSize || r.core.policy == ReadLatest || r.held.check("read") != nil {
		return nil
	}
	c := b.ring.spare(size)
	if c == nil {
		return nil
	}
	h, x := b.hosts.newHostRead(), b.queue.newReading(r.core, r.held)
	h.add(c)
	x.sink, x.id, x.size, x.cut = sink, id, size, cut{piece: size, depth: 1, path: -1}
	b.hosts.lend(h, x)
	return &h.Read
}

// Gap is how many bytes between two ranges are better copied along than left out by another copy. reads is how many the
// host makes at once: for many of them it is worth to measure what a copy costs, once the program is idle.
func (Embedder) Gap(s *System, reads int) uint64 {
	b := &s.reads
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.guide.expectReads(reads)
	return b.guide.nearby()
}
