package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Explain says which path a transfer of size bytes would take now. dst is what it goes to; nil is a buffer that is new,
// and what a read comes from tells nothing.
//
// Two things can have a transfer take another path: a Write that finds no mapped memory free goes by the queue, and a
// read that can be measured may try a path of which little is known.
func (s *System) Explain(op Operation, size uint64, dst Destination) Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.explain(op, size, dst)
}

// Calibration returns what was measured so far.
func (s *System) Calibration() Calibration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.calibration()
}

// Load takes a Calibration as if the engine had measured it. What names an operation or a path that
// there is not is passed over.
func (s *System) Load(c Calibration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.load(c)
}

// Calibrate measures the paths on buffers of its own: it moves at most 36.5 MiB, and begins nothing after 50 ms.
// If its memory is new, as it is the first time, up to 17.5 MiB go through that besides, slowly: neither those
// bytes nor their time count. The engine does the same by itself, in the
// background, as soon as something large is moved: Calibrate does it before.
//
// When ctx ends first the error is that of the context, in an [*Error].
func (s *System) Calibrate(ctx context.Context) error {
	return gpu.Relabel(s.engine.calibrate(ctx), "calibrate", "")
}
