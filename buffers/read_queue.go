package buffers

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// readQueue has the readings that are not wholly recorded yet, oldest first, and the free ones.
type readQueue struct {
	shared  *shared
	guide   guide
	holds   *readHolds
	groups  copyGroups
	list    []*reading
	free    []*reading
	sources map[Buffer]int // scratch of order: first come, first served
	checked Buffer         // was just found readable
	// ended are settled readings of sinks that may still be in the list.
	ended []*reading

	held   []heldRead      // scratch of late,
	copies []gpu.ChunkCopy // and of copiesOf

	frameOpen bool   // new readings go with it
	reminder  func() // stops the timer of remind, if one is set; or nil
	pump      func() // sends the sendable readings
}

func (q *readQueue) newReading(owner *readbackCore, held *handle) *reading {
	x := q.freeReading()
	x.owner, x.held = owner, held
	return x
}

func (q *readQueue) freeReading() *reading {
	if n := len(q.free); n > 0 {
		x := q.free[n-1]
		q.free = q.free[:n-1]
		return x
	}
	return &reading{queue: q, settled: make(chan error, 1), generation: 1}
}

// recycle makes a reading that nobody waits for available again.
func (q *readQueue) recycle(x *reading) {
	select {
	case <-x.settled:
	default:
	}
	*x = reading{queue: q, settled: x.settled, generation: x.generation + 1}
	q.free = append(q.free, x)
}

// settle ends a reading. Its memory is not touched afterwards.
func (q *readQueue) settle(x *reading, err error) {
	if x.done {
		return
	}
	if x.sent > 0 {
		x.owner.inFlight--
	}
	x.done = true
	if x.sink == nil {
		q.shared.wakeHost()
		x.settled <- err
		return
	}
	q.ended = append(q.ended, x)
	if err != errCancelled {
		x.sink.Settle(x.id, err)
	}
}

// dequeue takes the readings that are done or wholly sent out of the queue. Callers that may have settled readings call
// it last.
func (q *readQueue) dequeue() {
	kept := q.list[:0]
	for _, x := range q.list {
		if !x.done && x.sent < x.size {
			kept = append(kept, x)
		} else {
			q.holds.leave(x.hold)
			x.hold = nil
		}
	}
	clear(q.list[len(kept):])
	q.list = kept
	for i, x := range q.ended {
		q.ended[i] = nil
		q.recycle(x)
	}
	q.ended = q.ended[:0]
}

// dropStale ends the unsent readings when a newer one is asked for.
func (q *readQueue) dropStale(owner *readbackCore) {
	for _, x := range q.list {
		if x.owner == owner && x.recorded == 0 {
			q.settle(x, gpu.NewError("read", "", ErrStale, ""))
		}
	}
	q.dequeue()
}

// order brings together reads of neighbouring ranges, and those of one group, if all of them fit into one chunk. Else
// they keep the order in which they were asked for.
func (q *readQueue) order() {
	if len(q.list) < 2 || q.demand(q.shared.options.ChunkSize) >= q.shared.options.ChunkSize {
		return
	}
	q.guide.expectReads(len(q.list))
	for i, x := range q.list {
		if i > 0 && x.src != nil && x.src == q.list[i-1].src {
			x.rank, x.group = q.list[i-1].rank, q.list[i-1].group
		} else {
			x.rank, x.group = q.rank(x.src), q.groups.groupOf(x)
		}
	}
	slices.SortStableFunc(q.list, func(x, y *reading) int {
		return cmp.Or(x.group-y.group, x.rank-y.rank, cmp.Compare(x.offset, y.offset))
	})
	clear(q.sources)
}

// rank numbers sources in the order of their first reading. Textures, whose src is nil, have groups of their own. nil
// is no key. With it, after 1,000 other keys, Go 1.26's maps of interfaces read out of bounds on wasm.
func (q *readQueue) rank(src Buffer) int {
	if src == nil {
		return -1
	}
	n, met := q.sources[src]
	if !met {
		n = len(q.sources)
		q.sources[src] = n
	}
	return n
}

// refuse ends the readings of the source of a copy. If source is nil, it ends all that were to be sent.
func (q *readQueue) refuse(source *reading, err error) {
	for _, x := range q.list {
		switch {
		case source == nil && x.released, source != nil && x.hold != nil && x.src == source.src:
			q.settle(x, x.withoutMemory(err))
		case source != nil && (x == source || x.src != nil && x.src == source.src):
			q.settle(x, err)
		}
	}
}

// sendable reports whether x may be recorded now. It settles a reading whose source cannot be read.
func (q *readQueue) sendable(x *reading) bool {
	if x.done || !x.released || !q.readable(x) {
		return false
	}
	o := x.owner
	return o.policy != ReadLatest || x.sent > 0 || o.inFlight < o.maxInFlight
}

// readable settles x if its source cannot be read any more, or a Grow that failed has cost it the range.
func (q *readQueue) readable(x *reading) bool {
	if x.src == nil || x.hold != nil {
		return true
	}
	err := q.checkSource(x.src)
	if err == nil {
		err = gpu.CheckSpan("read", x.src, x.offset, x.size, 1, 1)
	}
	if err != nil {
		q.settle(x, err)
	}
	return err == nil
}

// checkSource checks a source once for all reads in a row.
func (q *readQueue) checkSource(src Buffer) error {
	if src == q.checked {
		return nil
	}
	err := gpu.CheckUse("read", src, UsageCopySrc)
	if err == nil {
		q.checked = src
	}
	return err
}

// demand counts the bytes that wait to be recorded, with their padding. It stops counting at enough.
func (q *readQueue) demand(enough uint64) (n uint64) {
	for _, x := range q.list {
		if !x.done && x.released {
			rows := (x.size - x.recorded) / x.rowBytes
			n += x.size - x.recorded + 8 + rows*(rowPitch(x.rowBytes)-x.rowBytes)
		}
		if n >= enough {
			return n
		}
	}
	return n
}

// guide chooses how reads are made.
type guide interface {
	// cut chooses how a read that is sent now is cut, alone or among others.
	cut(x *reading, alone bool) cut
	// nearby is the widest gap between two ranges that one copy covers at less cost than two copies.
	nearby() uint64
	// expectReads has the cost of a copy measured if n reads at a time make it worth knowing.
	expectReads(n int)
	// arrived takes the time of a read to be measured.
	arrived(x *reading)
}

// cancel ends a reading for its waiter. It returns errLanded or the reading's own error if that came first. The lock is
// not held.
func (q *readQueue) cancel(x *reading) error {
	q.shared.mu.Lock()
	defer q.shared.mu.Unlock()
	if x.done {
		if err := <-x.settled; err != nil {
			return err
		}
		return errLanded
	}
	q.settle(x, errCancelled)
	q.dequeue()
	return nil
}

// frameReminder is how long a read may wait for the open frame before the log says so.
const frameReminder = time.Second

// leaveFrame is called when the open frame has ended.
func (q *readQueue) leaveFrame() {
	q.frameOpen = false
	for _, x := range q.list {
		x.inFrame = false
	}
	if q.reminder != nil {
		q.reminder()
		q.reminder = nil
	}
}

func (q *readQueue) remind() {
	if q.reminder == nil && q.shared.logger.enabled(LevelWarn) {
		q.reminder = q.shared.upkeep.after(frameReminder, q.tellOfFrame)
	}
}

// await is called when somebody begins to wait for x.
func (q *readQueue) await(x *reading) {
	switch {
	case x.waitsForFrame():
		q.remind()
	case !x.released && !x.done:
		x.released = true
		q.pump()
	}
}

// tellOfFrame logs that a read waits for the open frame. The lock is not held.
func (q *readQueue) tellOfFrame() {
	q.shared.mu.Lock()
	defer q.shared.mu.Unlock()
	q.reminder = nil
	for _, x := range q.list {
		if x.waitsForFrame() {
			q.shared.logger.log(LevelWarn, "a read waits for the frame that is open: submit the frame, then wait for the read", label("source", x.name))
			return
		}
	}
}

func (x *reading) waitsForFrame() bool { return x.inFrame && !x.released && !x.done }

var (
	errLanded    = errors.New("landed")
	errCancelled = &Error{Op: "read", Reason: ErrState, Detail: "cancelled"}
)
