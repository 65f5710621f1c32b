package buffers

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// Upload streams into a buffer of the GPU, piece by piece, along the path that the engine chooses: its
// memory is bounded by a ring of chunks whatever the length.
//
//	NewUpload -> Write... -> Finish, or Abort
//
// It is for one goroutine.
type Upload struct {
	shared *shared
	engine *engine
	writes *writeBelt
	dst    Buffer
	size   uint64 // expected
	at     uint64 // where the next byte goes, in dst
	moved  uint64
	chunk  *chunk  // being filled
	word   [4]byte // being filled on a path of queue writes, which cannot begin within one
	filled uint64
	closed bool

	waits   *waits    // of a goroutine, nil until something was waited for
	watch   *watchdog // for the ring, while no goroutine waits for it; or nil
	job     *uploadJob
	history *choice.History // of dst
	failed  *growth         // of dst, when it began
	path    int
	measure bool
	wholly  bool          // all went along the path
	busy    time.Duration // spent in Write, so that a slow source does not look like a slow path
	sent    uint64        // by queue writes since done was asked for
	done    <-chan error  // of the queue writes before those
}

// queueBlock is how many bytes of queue writes go before those ahead of them are waited for.
const queueBlock = 32 << 20

func newUpload(e *engine, dst Buffer, offset, size uint64) (*Upload, error) {
	s := e.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("upload", dst.Label()); err != nil {
		return nil, err
	}
	if err := gpu.CheckWrite(dst, offset, 0); err != nil {
		return nil, gpu.Relabel(err, "upload", dst.Label())
	}
	if left := dst.Size() - offset; size == 0 || size > left {
		size = left
	}
	u := &Upload{shared: s, engine: e, writes: e.writes, dst: dst, size: size, at: offset, wholly: true}
	u.history, u.failed = historyOf(dst), failedGrow(dst)
	taken := e.take(OpUpload, size, *u.history)
	u.path, u.measure = taken.Path, taken.Measure
	return u, nil
}

func newMemoryUpload(e *engine, dst Buffer, offset uint64, m Memory) (*Upload, error) {
	u, err := newUpload(e, dst, offset, m.Size())
	if err != nil {
		return nil, err
	}
	if end := offset + m.Size(); end%4 != 0 && end < dst.Size() && dst.Size()-end >= 4 {
		return nil, u.endsWithinWord(m.Size())
	}
	return u, u.check(m)
}

// Moved is how many bytes were written.
func (u *Upload) Moved() uint64 { return u.moved }

// Write moves m, which is the caller's again when it returns. It waits for the GPU, and for memory as [BudgetPolicy]
// says, until ctx ends: then the error of ctx is the Cause of an [*Error].
func (u *Upload) Write(ctx context.Context, m Memory) error {
	start := now()
	defer func() { u.busy += start.age() }()
	if err := u.check(m); err != nil {
		return err
	}
	for done := uint64(0); done < m.Size(); {
		if err := ctx.Err(); err != nil {
			return gpu.CausedBy("upload", u.dst.Label(), err)
		}
		n, err := u.step(ctx, m.Slice(done, m.Size()-done))
		if err != nil {
			return err
		}
		done += n
		u.moved += n
	}
	return nil
}

func (u *Upload) check(m Memory) error {
	if u.closed {
		return gpu.NewError("upload", u.dst.Label(), ErrState, "it is finished or aborted")
	}
	if err := u.intact(); err != nil {
		return err
	}
	if size := u.dst.Size(); m.Size() > size-min(size, u.at+u.filled) {
		return gpu.NewError("upload", u.dst.Label(), ErrRange, gpu.Decimal(m.Size())+" bytes at "+gpu.Decimal(u.at+u.filled)+" exceed size "+gpu.Decimal(size))
	}
	return nil
}

// intact is the error of an upload of which a part is lost with a Grow that failed.
func (u *Upload) intact() error {
	g := failedGrow(u.dst)
	if g == u.failed {
		return nil
	}
	return &Error{Op: "upload", Label: u.dst.Label(), Reason: reasonOf(g.err), Detail: "a part of it is lost", Cause: g.err}
}

// step moves the first bytes of m and returns how many.
func (u *Upload) step(ctx context.Context, m Memory) (uint64, error) {
	p := &paths[OpUpload][u.path]
	if !p.Mapped {
		return u.queueStep(ctx, p, m)
	}
	if err := u.borrow(ctx, m.Size()); err != nil {
		return 0, err
	}
	if u.chunk == nil { // none is to be had, and the path was changed for it
		return 0, nil
	}
	n := min(m.Size(), u.capacity(p)-u.filled)
	if u.filled == 0 && (n == u.capacity(p) || n%4 == 0 && u.moved+n == u.size) {
		return n, u.fill(m.Slice(0, n))
	}
	if err := gpu.WriteMapped(u.chunk.buffer, m.Slice(0, n), u.filled); err != nil {
		return 0, err
	}
	u.filled += n
	if u.filled == u.capacity(p) {
		return n, u.launch()
	}
	return n, nil
}

// queueStep is step on a path of queue writes. What does not end with a word waits for the rest of it.
func (u *Upload) queueStep(ctx context.Context, p *choice.Path, m Memory) (uint64, error) {
	if whole := m.Size() &^ 3; u.filled == 0 && whole > 0 {
		n := min(whole, p.Piece)
		return n, u.queueWrite(ctx, m.Slice(0, n))
	}
	n := min(m.Size(), 4-u.filled)
	if err := m.Slice(0, n).CopyTo(u.word[u.filled:]); err != nil {
		return 0, err
	}
	u.filled += n
	if u.filled < 4 {
		return n, nil
	}
	u.filled = 0
	return n, u.queueWrite(ctx, Bytes(u.word[:]))
}

// capacity is how much of the chunk is to be filled.
func (u *Upload) capacity(p *choice.Path) uint64 { return min(p.Piece, u.chunk.size()) }

// borrow makes sure that there is a chunk to fill. If a ring does not come round, or the policy of the budget says so,
// the rest goes by queue writes.
func (u *Upload) borrow(ctx context.Context, size uint64) error {
	if u.chunk != nil {
		return nil
	}
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := u.lend(ctx, u.needs(size)); err {
	case errHung:
		u.engine.hang(OpUpload, u.path, max(u.moved, choice.Smallest))
	case errShort:
	default:
		return err
	}
	u.path, u.wholly = 0, false
	return nil
}

// needs is how large a chunk is to be for what comes next, size bytes or more.
func (u *Upload) needs(size uint64) uint64 {
	return (min(paths[OpUpload][u.path].Piece, max(size, u.expected())) + 7) &^ 7
}

// expected is how many bytes are still to come: what fits, where more than were expected came.
func (u *Upload) expected() uint64 {
	if u.moved < u.size {
		return u.size - u.moved
	}
	return u.dst.Size() - min(u.dst.Size(), u.at)
}

var errHung = errors.New("the ring does not come round")

// lend takes a chunk. It is errHung if that takes too long, and errShort if there is no memory for one, and it is not to
// be waited for.
func (u *Upload) lend(ctx context.Context, size uint64) (err error) {
	u.filled = 0
	for {
		u.chunk, err = u.find(size)
		switch err {
		case errPending:
			err = u.awaitRing(ctx)
		case errShort:
			err = u.awaitMemory(ctx, size)
		}
		if u.chunk != nil || err != nil {
			u.waits.end()
			return err
		}
	}
}

// find takes a chunk of the ring, or says why not: see [writeBelt.find].
func (u *Upload) find(size uint64) (*chunk, error) {
	if u.dst.State() == Destroyed {
		return nil, gpu.NewError("upload", u.dst.Label(), ErrDestroyed, "")
	}
	return u.writes.find(u.dst.Label(), size, paths[OpUpload][u.path].Depth)
}

// awaitRing waits for a change while chunks of the ring are pending.
func (u *Upload) awaitRing(ctx context.Context) error {
	s := u.shared
	if u.waits == nil || u.waits.parent != ctx {
		u.waits.stop()
		u.waits = newWaits(ctx, u.engine.hangAfter)
	}
	u.waits.begin()
	err := s.wait(u.waits.ctx, u.writes)
	switch {
	case ctx.Err() != nil:
		return gpu.CausedBy("upload", u.dst.Label(), ctx.Err())
	case err != nil:
		return errHung
	}
	return nil
}

// awaitMemory waits for a change while others have the memory.
func (u *Upload) awaitMemory(ctx context.Context, size uint64) error {
	u.waits.end()
	need := u.writes.need(size)
	if b := &u.shared.budget; need > b.limit || b.policy == BudgetFallback {
		return errShort
	}
	return u.writes.awaitMemory(ctx, "upload", u.dst.Label(), need)
}

// waits are those of a goroutine with one context: each ends with that, or where it lasts for too long.
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

// begin is called when a wait begins, or goes on.
func (w *waits) begin() {
	if !w.waiting {
		w.waiting = true
		w.watchdog.begin()
	}
}

// end is called when it is over; nil has none.
func (w *waits) end() {
	if w != nil && w.waiting {
		w.waiting = false
		w.watchdog.end()
	}
}

// stop is called when there are no more; nil has none.
func (w *waits) stop() {
	if w != nil {
		w.watchdog.stop()
		w.cancel()
	}
}

// queueWrite writes m, and waits where very much is on its way.
func (u *Upload) queueWrite(ctx context.Context, m Memory) error {
	if u.sent >= queueBlock {
		if err := u.awaitQueue(ctx); err != nil {
			return err
		}
	}
	return u.writeNow(m)
}

func (u *Upload) writeNow(m Memory) error {
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("upload", u.dst.Label()); err != nil {
		return err
	}
	if err := s.queue.WriteBuffer(u.dst, u.at, m); err != nil {
		return err
	}
	u.wrote(m.Size())
	return nil
}

// wrote takes note of n bytes that went by a queue write.
func (u *Upload) wrote(n uint64) {
	u.history.Touched = true
	u.shared.stats.BytesUp += n
	u.at += n
	u.sent += n
}

// awaitQueue waits for the block before the last.
func (u *Upload) awaitQueue(ctx context.Context) error {
	if u.done != nil {
		if err := u.shared.answered(ctx, "upload", u.dst.Label(), u.done); err != nil {
			return err
		}
	}
	u.done, u.sent = u.shared.queue.WorkDone(), 0
	return nil
}

// launch sends the chunk that is filled.
func (u *Upload) launch() error {
	n := u.filled
	return u.pass(n, func(c *chunk) error { return u.writes.send(c, n, u.dst, u.at) })
}

// fill is launch of a chunk that m goes into alone.
func (u *Upload) fill(m Memory) error {
	return u.pass(m.Size(), func(c *chunk) error { return u.writes.fill(c, m, u.dst, u.at) })
}

// pass has n bytes sent by way of the chunk.
func (u *Upload) pass(n uint64, send func(*chunk) error) error {
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	if err := u.shared.usable("upload", u.dst.Label()); err != nil {
		u.writes.drop(u.chunk)
		u.chunk = nil
		return err
	}
	c := u.chunk
	u.chunk, u.filled = nil, 0
	if err := send(c); err != nil {
		return err
	}
	u.passed(n)
	return nil
}

// passed takes note of n bytes that went by way of a chunk.
func (u *Upload) passed(n uint64) {
	u.history.Note(&choice.Path{Mapped: true})
	u.shared.stats.BytesUp += n
	u.at += n
}

// Finish sends what is left. Where the last piece was not a multiple of 4 bytes, the word it ends in must
// be the last of the buffer and is filled up with zeros. When it returns, everything is ordered ahead of
// what is submitted later.
func (u *Upload) Finish() error {
	if u.closed {
		return gpu.NewError("upload", u.dst.Label(), ErrState, "it is finished or aborted")
	}
	err := u.intact()
	if err == nil {
		err = u.pad()
	}
	if err != nil {
		u.Abort()
		return err
	}
	if u.filled == 0 {
		u.giveBack()
	}
	u.close()
	if u.chunk != nil {
		if err := u.launch(); err != nil {
			return err
		}
	}
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	u.observe()
	return nil
}

// observe has the engine measure what was moved.
func (u *Upload) observe() {
	s := u.shared
	if u.measure && u.wholly && !u.engine.meter.running && u.moved >= choice.Smallest && s.lost == nil {
		u.engine.meter.observe(OpUpload, u.path, u.moved, now()-moment(u.busy))
	}
}

// pad fills up the last word.
func (u *Upload) pad() error {
	rest := -u.filled & 3
	if rest == 0 {
		return nil
	}
	if end := u.at + u.filled + rest; end != u.dst.Size() {
		return u.endsWithinWord(u.moved)
	}
	if u.chunk == nil {
		clear(u.word[u.filled:])
		return u.writeNow(Bytes(u.word[:]))
	}
	if err := gpu.WriteMapped(u.chunk.buffer, Bytes(zeros[:rest]), u.filled); err != nil {
		return err
	}
	u.filled += rest
	return nil
}

func (u *Upload) endsWithinWord(size uint64) error {
	return gpu.NewError("upload", u.dst.Label(), ErrAlignment, gpu.Decimal(size)+" bytes end within a word that is not the last of the buffer")
}

// Abort gives up. What was written so far may have reached the buffer, or not.
func (u *Upload) Abort() {
	u.close()
	u.giveBack()
}

// giveBack gives the chunk back as it is.
func (u *Upload) giveBack() {
	if c := u.chunk; c != nil {
		u.shared.mu.Lock()
		defer u.shared.mu.Unlock()
		u.writes.giveBack(c)
		u.chunk = nil
	}
}

// whole moves the last of what there is.
func (u *Upload) whole(ctx context.Context, m Memory) error {
	if err := u.Write(ctx, m); err != nil {
		u.Abort()
		return err
	}
	return u.Finish()
}

func (u *Upload) readFrom(ctx context.Context, r io.Reader) error {
	x := newStream("upload", u.dst.Label(), r)
	p := u.engine.scratch.take()
	for x.err == nil {
		if err := ctx.Err(); err != nil {
			return gpu.CausedBy("upload", u.dst.Label(), err)
		}
		if err := u.shared.next(ctx, x, p, len(p), u.alive); err != nil {
			return err // p is the stream's
		}
		if err := u.Write(ctx, Bytes(p[:x.n])); err != nil {
			return err
		}
	}
	u.engine.scratch.give(p)
	return x.failure()
}

// alive is the error of an upload that is waited for in vain.
func (u *Upload) alive() error {
	if err := u.shared.usable("upload", u.dst.Label()); err != nil {
		return err
	}
	if u.dst.State() == Destroyed {
		return gpu.NewError("upload", u.dst.Label(), ErrDestroyed, "")
	}
	return nil
}

// close ends all that waits for the upload. The lock is not held.
func (u *Upload) close() {
	u.waits.stop()
	u.watch.stop()
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	u.closed = true
	if j := u.job; j != nil {
		u.job = nil
		u.writes.jobs.list = without(u.writes.jobs.list, job(j))
		j.ready()
		u.writes.jobs.work()
	}
}
