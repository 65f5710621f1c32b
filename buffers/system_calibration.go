package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Explain says which path a transfer of size bytes would take now. dst is the destination; nil stands for a new buffer.
// The source of a read does not matter.
//
// Two transfers may take another path. A Write that finds no mapped memory free goes by the queue. A read that can be
// measured may try a little-known path.
func (s *System) Explain(op Operation, size uint64, dst Destination) Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.explain(op, size, dst)
}

// Calibration returns the measurements so far.
func (s *System) Calibration() Calibration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.calibration()
}

// Load takes a Calibration as if the engine had measured it. It skips unknown operations and paths.
func (s *System) Load(c Calibration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.load(c)
}

// Calibrate measures the paths on buffers of its own. It moves at most 52 MiB, and begins nothing after 50 ms. If its
// memory is new, as it is the first time, up to 17.5 MiB more go through it first, slowly: neither those bytes nor
// their time count. The engine calibrates by itself, in the background, as soon as a large transfer is made: Calibrate
// does it before.
//
// While another Calibrate measures it is [ErrBusy]; a measurement in the background is waited for. If ctx ends first, the error is an [*Error] around that of ctx.
func (s *System) Calibrate(ctx context.Context) error {
	return gpu.Relabel(s.engine.calibrate(ctx), "calibrate", "")
}
