package buffers

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// Upload streams into a buffer of the GPU, piece by piece, along the path that the engine chooses. A ring of chunks
// bounds its memory, whatever the length.
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
	filled uint64 // bytes of the chunk, or of the word
	closed bool
	inRow  bool // see row

	ring    uploadRing
	byQueue uploadQueue
	watch   *watchdog // for the ring, while no goroutine waits for it; or nil
	job     *uploadJob
	history *choice.History // of dst
	failed  *growth         // of dst at the start
	op      Operation       // for the engine
	path    int
	measure bool
	wholly  bool          // all bytes took the path
	busy    time.Duration // spent in Write, so that a slow source does not look like a slow path
	before  uint64        // bytes that had gone up when it began
}

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
	u := &Upload{shared: s, engine: e, writes: e.writes, dst: dst, size: size, at: offset, wholly: true, before: s.stats.BytesUp}
	u.ring.upload, u.byQueue.upload = u, u
	u.history, u.failed = historyOf(dst), failedGrow(dst)
	op, taken := e.takeUpload(size, *u.history, e.row.follows())
	u.op, u.path, u.measure = op, taken.Path, taken.Measure
	return u, nil
}

func newMemoryUpload(e *engine, dst Buffer, offset uint64, m Memory) (*Upload, error) {
	u, err := newUpload(e, dst, offset, m.Size())
	if err != nil {
		return nil, err
	}
	err = u.check(m)
	if end := offset + m.Size(); end%4 != 0 && end < dst.Size() && dst.Size()-end >= 4 {
		err = u.endsWithinWord(m.Size())
	}
	if err == nil {
		u.joinRow()
	}
	return u, err
}

// joinRow has what begins before the upload ends follow it.
// It locks.
func (u *Upload) joinRow() {
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	u.inRow = true
	u.engine.row.underway++
}

// Moved is the number of bytes written.
func (u *Upload) Moved() uint64 { return u.moved }

// Write moves m, which is the caller's again when it returns. It waits for the GPU, and for memory as [BudgetPolicy]
// says. If ctx ends first, the error of ctx is the Cause of an [*Error].
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

// intact is the error of an upload that lost a part with a Grow that failed.
func (u *Upload) intact() error {
	g := failedGrow(u.dst)
	if g == u.failed {
		return nil
	}
	return &Error{Op: "upload", Label: u.dst.Label(), Reason: reasonOf(g.err), Detail: "a part of it is lost", Cause: g.err}
}

// step moves the first bytes of m and returns their number.
func (u *Upload) step(ctx context.Context, m Memory) (uint64, error) {
	p := &paths[OpUpload][u.path]
	if !p.Mapped {
		return u.byQueue.step(ctx, p, m)
	}
	if err := u.ring.borrow(ctx, m.Size()); err != nil {
		return 0, err
	}
	if u.ring.chunk == nil { // there is none, so the path was changed
		return 0, nil
	}
	n := min(m.Size(), u.ring.capacity(p)-u.filled)
	if u.filled == 0 && (n == u.ring.capacity(p) || n%4 == 0 && u.moved+n == u.size) {
		return n, u.ring.fill(m.Slice(0, n))
	}
	if err := gpu.WriteMapped(u.ring.chunk.buffer, m.Slice(0, n), u.filled); err != nil {
		return 0, err
	}
	u.filled += n
	if u.filled == u.ring.capacity(p) {
		return n, u.ring.launch()
	}
	return n, nil
}

// expected is the number of bytes still to come. If more than u.size came, it is all that fits.
func (u *Upload) expected() uint64 {
	if u.moved < u.size {
		return u.size - u.moved
	}
	return u.dst.Size() - min(u.dst.Size(), u.at)
}

var errHung = errors.New("the ring does not come round")

// wrote counts n bytes that went by a queue write.
func (u *Upload) wrote(n uint64) {
	u.engine.touch(u.history)
	u.shared.stats.BytesUp += n
	u.at += n
	u.byQueue.sent += n
}

// passed counts n bytes that went through a chunk.
func (u *Upload) passed(n uint64) {
	u.history.Note(&choice.Path{Mapped: true})
	u.shared.stats.BytesUp += n
	u.at += n
}

// Finish sends the rest. If the last piece was not a multiple of 4 bytes, the word it ends in must be the last of the
// buffer and is filled up with zeros. When Finish returns, everything is ordered ahead of later submits.
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
		u.ring.giveBack()
	}
	u.close()
	if u.ring.chunk != nil {
		if err := u.ring.launch(); err != nil {
			return err
		}
	}
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	u.observe()
	return nil
}

// observe has the engine measure the upload.
func (u *Upload) observe() {
	e := u.engine
	if u.measure && u.wholly && e.meter.canTurn() && u.moved >= choice.Smallest && u.shared.lost == nil {
		e.meter.observe(u.op, u.path, u.moved, u.busy, u.before)
		e.row.end()
		return
	}
	e.moved(u.op, u.path, u.moved, u.wholly)
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
	if u.ring.chunk == nil {
		clear(u.byQueue.word[u.filled:])
		return u.byQueue.writeNow(Bytes(u.byQueue.word[:]))
	}
	if err := gpu.WriteMapped(u.ring.chunk.buffer, Bytes(zeros[:rest]), u.filled); err != nil {
		return err
	}
	u.filled += rest
	return nil
}

func (u *Upload) endsWithinWord(size uint64) error {
	return gpu.NewError("upload", u.dst.Label(), ErrAlignment, gpu.Decimal(size)+" bytes end within a word that is not the last of the buffer")
}

// Abort ends the upload. Bytes written so far may have reached the buffer, or not.
func (u *Upload) Abort() {
	u.close()
	u.ring.giveBack()
}

// whole writes m, the last bytes, and finishes.
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

// alive is the error of an upload that can no longer succeed.
func (u *Upload) alive() error {
	if err := u.shared.usable("upload", u.dst.Label()); err != nil {
		return err
	}
	if u.dst.State() == Destroyed {
		return gpu.NewError("upload", u.dst.Label(), ErrDestroyed, "")
	}
	return nil
}

// end takes note that nothing follows. The lock is held.
func (u *Upload) end() {
	u.closed = true
	if u.inRow {
		u.inRow = false
		u.engine.row.underway--
	}
}

// close ends all waits for the upload. The lock is not held.
func (u *Upload) close() {
	u.ring.waits.stop()
	u.watch.stop()
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	u.end()
	if j := u.job; j != nil {
		u.job = nil
		u.writes.jobs.list = without(u.writes.jobs.list, job(j))
		j.ready()
		u.writes.jobs.work()
	}
}
