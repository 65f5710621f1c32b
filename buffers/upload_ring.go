package buffers

import (
	"context"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// uploadRing is an upload through mapped chunks: the one being filled, and the waits for the next.
type uploadRing struct {
	upload *Upload
	chunk  *chunk // being filled
	waits  *waits // of a goroutine; nil until the first wait
}

// borrow makes sure that there is a chunk to fill. If a ring hangs, or the policy of the budget says so, the rest goes
// by queue writes.
// It locks.
func (r *uploadRing) borrow(ctx context.Context, size uint64) error {
	u := r.upload
	if r.chunk != nil {
		return nil
	}
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := r.lend(ctx, r.needs(size)); err {
	case errHung:
		u.engine.hang(u.op, u.path, max(u.moved, choice.Smallest))
	case errShort:
	default:
		return err
	}
	u.path, u.wholly = 0, false
	return nil
}

// lend takes a chunk. It returns errHung if that takes too long, and errShort if there is no memory for one and it is
// not to be waited for.
func (r *uploadRing) lend(ctx context.Context, size uint64) (err error) {
	u := r.upload
	u.filled = 0
	for {
		r.chunk, err = r.find(size)
		switch err {
		case errPending:
			err = r.awaitRing(ctx)
		case errShort:
			err = r.awaitMemory(ctx, size)
		}
		if r.chunk != nil || err != nil {
			r.waits.end()
			return err
		}
	}
}

// find takes a chunk of the ring, or says why not: see [writeBelt.find]. An upload that is one chunk takes one as a write does if
// the ring is on its way: many of them at a time would wait for it in turn.
func (r *uploadRing) find(size uint64) (*chunk, error) {
	u := r.upload
	if u.dst.State() == Destroyed {
		return nil, gpu.NewError("upload", u.dst.Label(), ErrDestroyed, "")
	}
	p := &paths[OpUpload][u.path]
	c, err := u.writes.find(u.dst.Label(), size, p.Depth)
	if err == errPending && u.size <= p.Piece {
		if c := u.writes.lendNow(size); c != nil {
			return c, nil
		}
	}
	return c, err
}

// awaitRing waits for a change while chunks of the ring are pending.
func (r *uploadRing) awaitRing(ctx context.Context) error {
	u := r.upload
	s := u.shared
	if r.waits == nil || r.waits.parent != ctx {
		r.waits.stop()
		r.waits = newWaits(ctx, u.engine.hangAfter)
	}
	r.waits.begin()
	err := s.wait(r.waits.ctx, u.writes)
	switch {
	case ctx.Err() != nil:
		return gpu.CausedBy("upload", u.dst.Label(), ctx.Err())
	case err != nil:
		return errHung
	}
	return nil
}

// awaitMemory waits for a change while others have the memory.
func (r *uploadRing) awaitMemory(ctx context.Context, size uint64) error {
	u := r.upload
	r.waits.end()
	need := u.writes.need(size)
	if b := &u.shared.budget; need > b.limit || b.policy == BudgetFallback {
		return errShort
	}
	return u.writes.awaitMemory(ctx, "upload", u.dst.Label(), need)
}

// needs is the size of a chunk for the next size bytes or more.
func (r *uploadRing) needs(size uint64) uint64 {
	u := r.upload
	return (min(paths[OpUpload][u.path].Piece, max(size, u.expected())) + 7) &^ 7
}

// capacity is how many bytes of the chunk are to be filled.
func (r *uploadRing) capacity(p *choice.Path) uint64 { return min(p.Piece, r.chunk.size()) }

// launch sends the filled chunk.
func (r *uploadRing) launch() error {
	u := r.upload
	n := u.filled
	return r.pass(n, func(c *chunk) error { return u.writes.send(c, n, u.dst, u.at) })
}

// fill launches a chunk that m alone goes into.
func (r *uploadRing) fill(m Memory) error {
	u := r.upload
	return r.pass(m.Size(), func(c *chunk) error { return u.writes.fill(c, m, u.dst, u.at) })
}

// pass sends n bytes through the chunk.
// It locks.
func (r *uploadRing) pass(n uint64, send func(*chunk) error) error {
	u := r.upload
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	if err := u.shared.usable("upload", u.dst.Label()); err != nil {
		u.writes.drop(r.chunk)
		r.chunk = nil
		return err
	}
	c := r.chunk
	r.chunk, u.filled = nil, 0
	if err := send(c); err != nil {
		return named(err, "upload", u.dst.Label())
	}
	u.passed(n)
	return nil
}

// giveBack gives the chunk back as it is.
// It locks.
func (r *uploadRing) giveBack() {
	u := r.upload
	if c := r.chunk; c != nil {
		u.shared.mu.Lock()
		defer u.shared.mu.Unlock()
		u.writes.giveBack(c)
		r.chunk = nil
	}
}

// waits are the waits of a goroutine with one context. Each ends with that context, or if it lasts too long.
type waits struct {
	parent, ctx context.Context
	cancel      func()
	watchdog    *watchdog
	waiting     bool
}

func newWaits(parent context.Context, limit time.Duration) *waits {
	w := &waits{parent: parent}
	w.ctx, w.cancel = context.WithCancel(parent)
	w.watchdog = newWatchdog(limit, func() bool { w.cancel(); return false })
	return w
}

// begin is called when a wait begins or goes on.
func (w *waits) begin() {
	if !w.waiting {
		w.waiting = true
		w.watchdog.begin()
	}
}

// end is called when a wait is over; nil has none.
func (w *waits) end() {
	if w != nil && w.waiting {
		w.waiting = false
		w.watchdog.end()
	}
}

// stop is called after the last wait; nil has none.
func (w *waits) stop() {
	if w != nil {
		w.watchdog.stop()
		w.cancel()
	}
}
