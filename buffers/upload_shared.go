package buffers

import (
	"context"
	"runtime"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// sharedUploads are the short uploads that goroutines have begun and that are not sent yet. They share chunks, submits
// and maps.
//
// The first of the queue leads. It lets the goroutines that are ready to run join, and sends as many of the queue as one
// chunk takes, its own first. The first of the rest leads next. The others wait meanwhile: so their memory stays as it
// is, and one stack grows for all of them.
//
// None of them has returned yet, so that nothing has to be behind it.
type sharedUploads struct {
	engine *engine
	yield  func() // lets the goroutines run that are ready to
	queue  []*sharedUpload
	free   []*sharedUpload
	goesOn bool   // the rest of the queue follows what was sent
	waits  *waits // of the one that leads; nil if none has waited
}

// sharedUpload is an upload from join until leave.
type sharedUpload struct {
	dst    *DeviceBuffer
	offset uint64
	data   Memory
	state  sharedState
	turn   chan struct{} // capacity 1: it leads, or its state has changed
}

type sharedState uint8

const (
	sharedQueued sharedState = iota
	sharedMoved              // it was sent
	sharedAlone              // it goes by itself: it has nobody to share with, or its own call says why it cannot
)

const (
	// sharedSize is the most bytes that share a chunk.
	sharedSize = 2 << 20
	// sharedMost is the longest upload that shares one.
	sharedMost = 1 << 20
	// sharedDepth is how many such chunks the GPU may have.
	sharedDepth = 8
)

func (q *sharedUploads) init(e *engine) { q.engine, q.yield = e, runtime.Gosched }

// move moves m to dst at offset together with the uploads of other goroutines, and reports whether it did. If it did
// not, the upload has to go by itself.
// It locks.
func (q *sharedUploads) move(ctx context.Context, dst Buffer, offset uint64, m Memory) (moved bool) {
	b, isDevice := dst.(*DeviceBuffer)
	if size := m.Size(); !isDevice || b.core.engine != q.engine || size == 0 || size > sharedMost || size%4 != 0 {
		return false
	}
	u, leads := q.join(b, offset, m)
	switch {
	case leads:
		q.yield()
	default:
		u.await(ctx)
	}
	q.engine.shared.mu.Lock()
	defer q.engine.shared.mu.Unlock()
	q.lead(ctx, u)
	return q.leave(u)
}

// canShare reports whether an upload can be made now.
func canShare(b *DeviceBuffer, offset uint64, m Memory) bool {
	return b.held.check("upload") == nil && gpu.CheckWrite(b.Unwrap(), offset, m.Size()) == nil
}

// join puts an upload into the queue.
// It locks.
func (q *sharedUploads) join(b *DeviceBuffer, offset uint64, m Memory) (u *sharedUpload, leads bool) {
	q.engine.shared.mu.Lock()
	defer q.engine.shared.mu.Unlock()
	u = q.take()
	u.dst, u.offset, u.data = b, offset, m
	q.queue = append(q.queue, u)
	return u, len(q.queue) == 1
}

func (q *sharedUploads) take() *sharedUpload {
	n := len(q.free)
	if n == 0 {
		return &sharedUpload{turn: make(chan struct{}, 1)}
	}
	u := q.free[n-1]
	q.free = q.free[:n-1]
	return u
}

// await waits for the upload's turn, or until ctx ends. The lock is not held.
func (u *sharedUpload) await(ctx context.Context) {
	ended := ctx.Done()
	if ended == nil {
		<-u.turn // takes less of a stack than a select
		return
	}
	select {
	case <-u.turn:
	case <-ended:
	}
}

// tell has the upload go on.
func (q *sharedUploads) tell(u *sharedUpload) {
	select {
	case u.turn <- struct{}{}:
		q.engine.shared.wakeHost()
	default:
	}
}

// lead sends the first of the queue until u is among them, if u leads.
func (q *sharedUploads) lead(ctx context.Context, u *sharedUpload) {
	for u.state == sharedQueued && q.queue[0] == u && ctx.Err() == nil {
		n, size := q.fitting()
		switch {
		case n == 0:
		case q.queue[0].isShort():
			q.end(n, stateOf(q.write(n)))
		case n == 1: // it can wait for its own ring
			q.end(1, sharedAlone)
		case q.ringIsFull(n, size):
			q.awaitRing(ctx)
		default:
			q.waits.end()
			q.end(n, stateOf(q.send(n, size)))
		}
	}
}

// leave takes the upload out of the queue, if it is still there, has the first of the rest lead, and reports whether the
// upload was sent.
func (q *sharedUploads) leave(u *sharedUpload) (moved bool) {
	q.queue = without(q.queue, u)
	moved = u.state == sharedMoved
	select {
	case <-u.turn:
	default:
	}
	*u = sharedUpload{turn: u.turn}
	q.free = append(q.free, u)
	if len(q.queue) > 0 {
		q.tell(q.queue[0])
		return moved
	}
	q.goesOn = false
	q.waits.stop()
	q.waits = nil
	return moved
}

// end takes the first n out of the queue.
func (q *sharedUploads) end(n int, state sharedState) {
	for _, u := range q.queue[:n] {
		u.state = state
		q.tell(u)
	}
	kept := copy(q.queue, q.queue[n:])
	clear(q.queue[kept:])
	q.queue = q.queue[:kept]
}

// stateOf is that of uploads of which it is known whether they were sent.
func stateOf(sent bool) sharedState {
	if sent {
		return sharedMoved
	}
	return sharedAlone
}

// isShort reports whether the upload goes by a queue write, whatever is known of other paths. To share a chunk takes longer: on a
// discrete GPU 35 us for 64 KiB, and 26 (measured).
func (u *sharedUpload) isShort() bool { return u.data.Size() < chosenFrom[OpBurst] }

// fitting counts the first of the queue that fit into a chunk together, or are all short. It takes out those that cannot be made
// now: one would void the submit of the others.
func (q *sharedUploads) fitting() (n int, size uint64) {
	for n < len(q.queue) {
		u := q.queue[n]
		if !canShare(u.dst, u.offset, u.data) {
			u.state = sharedAlone
			q.queue = remove(q.queue, n)
			q.tell(u)
			continue
		}
		if size+u.data.Size() > sharedSize || u.isShort() != q.queue[0].isShort() {
			break
		}
		size += u.data.Size()
		n++
	}
	return n, size
}

// history is that of the buffers of the first n.
func (q *sharedUploads) history(n int) choice.History {
	h := choice.History{Touched: true, Copied: true}
	for _, u := range q.queue[:n] {
		of := u.dst.history()
		h.Touched, h.Copied = h.Touched && of.Touched, h.Copied && of.Copied
	}
	return h
}

// ringIsFull reports whether the first n would go through a chunk, and the GPU has as many as it may.
func (q *sharedUploads) ringIsFull(n int, size uint64) bool {
	w := q.engine.writes
	w.poll()
	return w.pendingFor(size) >= sharedDepth && paths[OpBurst][q.engine.bestTogether(size, q.history(n))].Mapped
}

// awaitRing waits for a change. If the ring hangs, all of the queue go by themselves.
func (q *sharedUploads) awaitRing(ctx context.Context) {
	if q.waits == nil || q.waits.parent != ctx {
		q.waits.stop()
		q.waits = newWaits(ctx, q.engine.hangAfter)
	}
	w := q.waits
	w.begin()
	err := q.engine.shared.wait(w.ctx, q.engine.writes)
	if err != nil && ctx.Err() == nil {
		q.end(len(q.queue), sharedAlone)
	}
}

// send sends the first n of the queue, of size bytes, and reports whether that went well. They count as one transfer,
// which follows those of the queue before it.
func (q *sharedUploads) send(n int, size uint64) bool {
	e := q.engine
	follows := q.goesOn || e.row.follows()
	if q.goesOn = n < len(q.queue); q.goesOn && !follows {
		e.row.begin()
		follows = true
	}
	op, path := e.takeMeasured(size, q.history(n), follows)
	e.moved(op, path, size, true)
	if !paths[op][path].Mapped {
		return q.write(n)
	}
	c, err := e.writes.find("", size, sharedDepth)
	if err != nil {
		e.meter.spoil()
		return false
	}
	if err := q.fill(c, n); err != nil {
		e.writes.drop(c)
		return false
	}
	e.writes.pend(c, c.buffer.MapAsync(MapWrite, 0, c.size()), false)
	e.shared.stats.BytesUp += size
	return true
}

// write sends the first n by queue writes.
func (q *sharedUploads) write(n int) bool {
	for _, u := range q.queue[:n] {
		if q.engine.queueWrite(u.dst.Unwrap(), u.dst.history(), u.offset, u.data) != nil {
			return false
		}
	}
	return true
}

// fill sends the first n through a chunk.
func (q *sharedUploads) fill(c *chunk, n int) error {
	at := uint64(0)
	for _, u := range q.queue[:n] {
		if err := gpu.WriteMapped(c.buffer, u.data, at); err != nil {
			return err
		}
		at += u.data.Size()
	}
	if err := c.buffer.Unmap(); err != nil {
		return err
	}
	at = 0
	for first := 0; first < n; {
		next := q.group(first, n)
		if err := q.copy(c, at, q.queue[first:next]); err != nil {
			return err
		}
		for ; first < next; first++ {
			at += q.queue[first].data.Size()
		}
	}
	return nil
}

// group returns the end of those from first on that share a submit. One that uses a buffer of no use does nothing: so
// uploads to a buffer that is not vouched for have submits of their own.
func (q *sharedUploads) group(first, n int) (next int) {
	s, dst := q.engine.shared, q.queue[first].dst
	vouched := s.vouches(dst.behind())
	for next = first + 1; next < n; next++ {
		if u := q.queue[next]; u.dst != dst && !(vouched && s.vouches(u.dst.behind())) {
			break
		}
	}
	return next
}

// copy copies what lies in a chunk from at on to where it belongs, in one submit.
func (q *sharedUploads) copy(c *chunk, at uint64, uploads []*sharedUpload) error {
	s := q.engine.shared
	e, err := s.device.CreateEncoder("upload")
	if err != nil {
		return err
	}
	for _, u := range uploads {
		if err := e.CopyBufferToBuffer(c.buffer, at, u.dst.Unwrap(), u.offset, u.data.Size()); err != nil {
			return err
		}
		u.dst.history().Note(&paths[OpBurst][smallRing])
		at += u.data.Size()
	}
	return s.queue.Submit(e)
}
