package buffers

import (
	"math"
	"sync/atomic"
	"time"
)

// patience is for the waits of one transfer: where one has lasted for longer than the limit it calls over, at
// the latest after twice that. A timer looks now and then, so that a wait that does not last costs next to
// nothing.
type patience struct {
	limit time.Duration
	over  func() (goOn bool) // reports whether to look on
	timer *time.Timer
	ended atomic.Bool
	turn  atomic.Uint64 // odd while something waits
	seen  uint64        // turn when the timer last looked
}

func newPatience(limit time.Duration, over func() (goOn bool)) *patience {
	p := &patience{limit: limit, over: over}
	p.timer = time.AfterFunc(math.MaxInt64, p.look)
	p.timer.Reset(limit) // once look can see the timer
	return p
}

// begin is called when a wait begins, and end when that is over.
func (p *patience) begin() { p.turn.Add(1) }

func (p *patience) end() { p.turn.Add(1) }

// progress is called when what is waited for has come nearer; nil hears nothing.
func (p *patience) progress() {
	if p != nil {
		p.turn.Add(2)
	}
}

func (p *patience) look() {
	turn := p.turn.Load()
	if turn%2 == 1 && turn == p.seen && !p.over() {
		return
	}
	p.seen = turn
	p.timer.Reset(p.limit)
	if p.ended.Load() { // while it looked
		p.timer.Stop()
	}
}

// stop is called when there are no more waits; nil has none.
func (p *patience) stop() {
	if p != nil {
		p.ended.Store(true)
		p.timer.Stop()
	}
}
