package buffers

import "time"

// SetPatience shortens, before it is first used, how long the engine of s waits for a path.
func SetPatience(s *System, d time.Duration) { s.engine.patience = d }

// Probing reports whether paths are being measured in the background, or about to be.
func Probing(s *System) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.prober.busy || s.engine.prober.due > 0
}

// SetSoon says, before the first frame, within what time the GPU is done with a frame that does not count.
func SetSoon(s *System, d time.Duration) { s.frames.soon = d }
