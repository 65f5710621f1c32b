package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// AllowHostWrite checks a write of size bytes at offset that the host makes itself next, by queue writes of its
// own API of at most piece bytes each, and counts it. piece is 0 where the write would be refused, or where the
// engine has another path for it, or wants to measure it: then WriteMemory says why, or does it.
func (b *DeviceBuffer) AllowHostWrite(offset, size uint64) (piece uint64) {
	s := b.held.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if size == 0 || b.held.check("write") != nil || gpu.CheckWrite(b.Unwrap(), offset, size) != nil {
		return 0
	}
	if piece = s.engine.leavesToHost(size, b.history()); piece > 0 {
		s.stats.BytesUp += size
	}
	return piece
}

// leavesToHost gives the piece of the path of an upload that goes by queue writes and need not be measured. Where
// it is 0, the turn is not taken.
func (e *engine) leavesToHost(size uint64, h *history) (piece uint64) {
	if size < chosenFrom[OpUpload] {
		h.touched = true
		return size
	}
	c := &e.choosers[OpUpload]
	i, measure := c.foresee(size, *h, !e.probing)
	p := &c.paths[i]
	if measure || p.mapped {
		return 0
	}
	c.pick(size, *h, !e.probing)
	h.touched = true
	return p.piece
}
