package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// SetHangAfter shortens, before it is first used, how long the engine of s waits for a path.
func SetHangAfter(s *System, d time.Duration) { s.engine.hangAfter = d }

// GoesOn reports whether a watchdog goes on that was stopped while it looked.
func GoesOn() bool {
	var p *watchdog
	p = newWatchdog(time.Second, func() bool { p.stop(); return true })
	p.begin()
	time.Sleep(time.Minute + time.Second/2)
	return p.timer.Stop()
}

// Measuring reports whether paths are being measured in the background.
func Measuring(s *System) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.prober.busy
}

// Probes is how often the paths of an operation were measured in the background.
func Probes(s *System, op Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.choosers[op].Probes()
}

// Probing reports whether paths are being measured in the background, or about to be.
func Probing(s *System) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.prober.busy || s.engine.prober.due > 0
}

// SetShort says, before the first frame, within what time the GPU is done with a frame that does not count.
func SetShort(s *System, d time.Duration) { s.frames.short = d }

// Picks makes transfers of size bytes, one after the other, that each take as long as took says, and returns the
// paths that were picked for them.
func Picks(op Operation, size uint64, transfers int, took func(path string) time.Duration) (picked []string) {
	var c choice.Chooser
	c.Init(paths[op], chosenFrom[op])
	for range transfers {
		taken := c.Take(size, choice.History{}, true)
		name := paths[op][taken.Path].Name
		picked = append(picked, name)
		if taken.Measure {
			c.Learn(taken.Path, size, took(name))
		}
	}
	return picked
}

// Arenas is how many bytes the arenas of all dynamic buffers have.
func Arenas() uint64 { return arenas.Load() }

// Tending reports whether a timer is set for idle memory.
func Tending(s *System) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upkeep.stop != nil
}

// Waiting is how many goroutines wait for a change of s.
func Waiting(s *System) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiters.waiting)
}

// SetWaker has f called in the place of the device's [gpu.Waker].
func SetWaker(s *System, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waker = waker(f)
}

type waker func()

func (w waker) Wake() { w() }

// SetYield has f called, before the first upload, while the goroutine that leads the uploads that share waits for others.
func SetYield(s *System, f func()) { s.sharing.yield = f }

// Sharing is how many uploads wait to share a chunk.
func Sharing(s *System) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sharing.queue)
}

// HoldRow has all writes and uploads from now on follow each other at once.
func HoldRow(s *System) { s.engine.row.underway++ }
