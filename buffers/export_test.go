package buffers

import "time"

// SetPatience shortens, before it is first used, how long the engine of s waits for a path.
func SetPatience(s *System, d time.Duration) { s.engine.patience = d }
