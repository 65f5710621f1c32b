package buffers

import "time"

// SetHangAfter shortens the patience of engines for a test.
func SetHangAfter(d time.Duration) (restore func()) {
	before := hangAfter
	hangAfter = d
	return func() { hangAfter = before }
}
