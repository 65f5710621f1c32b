package buffers

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// patience is for the waits of one transfer: it ends one that lasts for longer than the limit, at the latest
// after twice that. A timer looks now and then, so that a wait that does not last costs next to nothing.
type patience struct {
	parent context.Context
	ctx    context.Context
	cancel func()
	limit  time.Duration
	timer  *time.Timer
	turn   atomic.Uint64 // odd while something waits
	seen   uint64        // turn when the timer last looked
}

func newPatience(parent context.Context, limit time.Duration) *patience {
	p := &patience{parent: parent, limit: limit}
	p.ctx, p.cancel = context.WithCancel(parent)
	p.timer = time.AfterFunc(math.MaxInt64, p.look)
	p.timer.Reset(limit) // once look can see the timer
	return p
}

// wait calls f with a context that ends with the parent, or where f lasts for too long.
func (p *patience) wait(f func(context.Context) error) error {
	p.turn.Add(1)
	defer p.turn.Add(1)
	return f(p.ctx)
}

func (p *patience) look() {
	turn := p.turn.Load()
	if turn%2 == 1 && turn == p.seen {
		p.cancel()
	}
	if p.ctx.Err() != nil {
		return
	}
	p.seen = turn
	p.timer.Reset(p.limit)
}

// end is called when there are no more waits; nil has none.
func (p *patience) end() {
	if p != nil {
		p.timer.Stop()
		p.cancel()
	}
}
