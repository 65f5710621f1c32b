package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// AllowWrite checks a write of size bytes at offset that the host makes itself next, by queue writes of its
// own API of at most piece bytes each, and counts it. piece is 0 if the write would be refused, or if the
// engine has another path for it, or wants to measure it: then WriteMemory says why, or does it.
func (Embedder) AllowWrite(b *DeviceBuffer, offset, size uint64) (piece uint64) {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if size == 0 || b.held.check("write") != nil || gpu.CheckWrite(b.Unwrap(), offset, size) != nil {
		return 0
	}
	if piece = b.core.engine.leavesToHost(size, b.history()); piece > 0 {
		s.stats.BytesUp += size
	}
	return piece
}

// Vouched reports whether the GPU buffer is known to be there, and nobody but the System can destroy it.
func (Embedder) Vouched(b *DeviceBuffer) bool {
	s, current := b.held.shared, b.core.current.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	return !current.handed.Load() && current.serial <= s.confirmed
}

// leavesToHost gives the piece of the path of an upload that goes by queue writes and need not be measured. If it gives
// 0, the upload is not counted.
func (e *engine) leavesToHost(size uint64, h *choice.History) (piece uint64) {
	if size < chosenFrom[OpUpload] {
		h.Touched = true
		return size
	}
	c := &e.choosers[OpUpload]
	asked := c.Ask(size, *h, !e.meter.running)
	p := &paths[OpUpload][asked.Path]
	if asked.Measure || p.Mapped {
		return 0
	}
	c.Take(size, *h, !e.meter.running)
	h.Touched = true
	return p.Piece
}
