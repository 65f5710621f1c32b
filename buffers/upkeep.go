package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// upkeep destroys what lies idle, by a timer that exists only while something does.
type upkeep struct {
	after func(time.Duration, func()) (stop func()) // the device's, or that of package time
	stop  func()                                    // the timer that is set; or nil
}

func (k *upkeep) init(device Device) {
	k.after = afterFunc
	if t, ok := device.(gpu.Timers); ok {
		k.after = t.AfterFunc
	}
}

func afterFunc(d time.Duration, f func()) (stop func()) {
	timer := time.AfterFunc(d, f)
	return func() { timer.Stop() }
}

// tend is called where something begins to lie idle, or to be pending with nobody who hears when it no longer is.
func (s *System) tend() {
	if s.upkeep.stop == nil && s.lost == nil {
		s.upkeep.stop = s.upkeep.after(s.options.IdleAge, s.keepUp)
	}
}

// keepUp destroys what is old enough, and looks again when the next will be. The lock is not held.
func (s *System) keepUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upkeep.stop = nil
	age := moment(s.options.IdleAge)
	oldest := s.trim(now() - age)
	if oldest == latest || s.lost != nil {
		return
	}
	wait := oldest + age - now()
	if wait <= 0 { // it is in use
		wait = age
	}
	s.upkeep.stop = s.upkeep.after(time.Duration(wait), s.keepUp)
}

// trim destroys what is idle since then or longer: whatever keeps memory for its next use has a method like it. It
// returns since when the longest idle of the rest is; or [latest], if nothing is.
func (s *System) trim(before moment) (oldest moment) {
	s.frames.poll()
	oldest = min(s.uploads.trim(before), s.reads.trim(before), s.engine.prober.trim(before))
	for _, d := range s.dynamics {
		oldest = min(oldest, d.trim(before))
	}
	return oldest
}

func (k *upkeep) end() {
	if k.stop != nil {
		k.stop()
		k.stop = nil
	}
}
