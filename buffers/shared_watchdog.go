package buffers

import (
	"math"
	"sync/atomic"
	"time"
)

// watchdog is for the waits of one transfer. If one has lasted longer than the limit, it calls over, at the latest
// after twice the limit. A timer looks now and then, so that a short wait costs next to nothing.
type watchdog struct {
	limit time.Duration
	over  func() (goOn bool) // reports whether to go on watching
	timer *time.Timer
	ended atomic.Bool
	waits atomic.Uint64 // odd while something waits
	seen  uint64        // waits when the timer last looked
}

func newWatchdog(limit time.Duration, over func() (goOn bool)) *watchdog {
	p := &watchdog{limit: limit, over: over}
	p.timer = time.AfterFunc(math.MaxInt64, p.look)
	p.timer.Reset(limit) // once look can see the timer
	return p
}

// begin is called when a wait begins, and end when it is over.
func (p *watchdog) begin() { p.waits.Add(1) }

func (p *watchdog) end() { p.waits.Add(1) }

// progress is called when the awaited transfer has moved on; nil ignores it.
func (p *watchdog) progress() {
	if p != nil {
		p.waits.Add(2)
	}
}

func (p *watchdog) look() {
	waits := p.waits.Load()
	if waits%2 == 1 && waits == p.seen && !p.over() {
		return
	}
	p.seen = waits
	p.timer.Reset(p.limit)
	if p.ended.Load() { // while it looked
		p.timer.Stop()
	}
}

// stop is called after the last wait; nil has none.
func (p *watchdog) stop() {
	if p != nil {
		p.ended.Store(true)
		p.timer.Stop()
	}
}
