package buffers

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// readBelt carries the reads of all ReadbackBuffers through chunks that are mapped for reading.
//
// A read goes from the queue into chunks at the moment when it is sent. What finds no room there is copied into a
// hold at that moment, and from there into chunks when they come back: nothing that is written or submitted
// later is read. A chunk goes round:
//
//  1. idle: not mapped, empty
//  2. filling: copies into it are being recorded for the submit underway
//  3. in flight: submitted, its map asked for; the collector waits for it
//  4. unjudged: mapped, but the GPU has not said yet whether it made the copies of a hold
//  5. landed: mapped; its bytes are copied to where they belong, and it is idle again
//
// A chunk whose map fails, or with a copy that was refused, is destroyed, and so fail the reads concerned.
type readBelt struct {
	pool
	guide      guide      // the engine
	memory     source     // of memory that comes back: the other belt
	queue      []*reading // not recorded whole yet, oldest first
	free       []*reading
	filling    []*chunk // none, but while reads are placed
	inFlight   []*chunk
	unjudged   []*chunk
	lent       []*HostRead
	hostFree   []*HostRead
	holds      readHolds
	groups     copyGroups
	frameOpen  bool   // reads that are asked for go with it
	bytes      uint64 // of chunks filling, in flight or unjudged
	landing    chan *chunk
	collect    func()              // collectAll, made once
	whenLanded func(*chunk, error) // landed, made once
	collecting bool                // a goroutine does
	waiting    bool                // for memory to be given back
	sources    map[Buffer]int      // scratch of order: first come, first served
	checked    Buffer              // can be read, as was found out just now
	nearby     uint64              // for the reads that are placed now: see engine.nearby
	reminder   func()              // stops the timer of remind, if one is set; or nil
	// ended are readings of sinks that are settled, and may still be in the queue.
	ended      []*reading
	deliveries []Delivery // scratch of deliver
}

const (
	// ringDepth bounds the bytes in flight, in pieces.
	ringDepth = 4
	// maxInFlight bounds the number of chunks in flight.
	maxInFlight = 32
)

var (
	errLanded    = errors.New("landed")
	errCancelled = &Error{Op: "read", Reason: ErrState, Detail: "cancelled"}
)

func (b *readBelt) newReading(owner *readbackCore, held *handle) *reading {
	x := b.freeReading()
	x.owner, x.held = owner, held
	return x
}

// guide is who knows how reads are best made.
type guide interface {
	// cut chooses how a read is cut that is sent now, alone or among others.
	cut(x *reading, alone bool) cut
	// nearby is how many bytes between two ranges are better copied along than left out by another copy.
	nearby() uint64
	// expectReads has the cost of a copy measured if so many reads at a time make it worth to know.
	expectReads(n int)
	// arrived takes the time that a read took which was to be measured.
	arrived(x *reading)
}

func (b *readBelt) init(s *shared, memory source, g guide) {
	b.pool.init(s, Descriptor{Label: "readback chunk", Usage: UsageMapRead | UsageCopyDst})
	b.whenLanded = b.landed
	b.guide, b.memory, b.holds.shared, b.sources = g, memory, s, map[Buffer]int{}
	s.pools = append(s.pools, b)
}

// underway reports whether the GPU has reads.
func (b *readBelt) underway() bool { return len(b.inFlight)+len(b.lent) > 0 }

func (b *readBelt) freeReading() *reading {
	if n := len(b.free); n > 0 {
		x := b.free[n-1]
		b.free = b.free[:n-1]
		return x
	}
	return &reading{belt: b, settled: make(chan error, 1), turn: 1}
}

// recycle makes a reading that nobody waits for available again.
func (b *readBelt) recycle(x *reading) {
	select {
	case <-x.settled:
	default:
	}
	*x = reading{belt: b, settled: x.settled, turn: x.turn + 1}
	b.free = append(b.free, x)
}

// settle ends a reading. Its memory is not touched afterwards.
func (b *readBelt) settle(x *reading, err error) {
	if x.done {
		return
	}
	if x.sent > 0 {
		x.owner.inFlight--
	}
	x.done = true
	if x.sink == nil {
		b.shared.rouse()
		x.settled <- err
		return
	}
	b.ended = append(b.ended, x)
	if err != errCancelled {
		x.sink.Settle(x.id, err)
	}
}

// dequeue takes the readings out of the queue that are done or wholly sent. It is called last where
// readings may have been settled.
func (b *readBelt) dequeue() {
	kept := b.queue[:0]
	for _, x := range b.queue {
		if !x.done && x.sent < x.size {
			kept = append(kept, x)
		} else {
			b.holds.leave(x.hold)
			x.hold = nil
		}
	}
	clear(b.queue[len(kept):])
	b.queue = kept
	for i, x := range b.ended {
		b.ended[i] = nil
		b.recycle(x)
	}
	b.ended = b.ended[:0]
}

// cancel ends a reading for the one who waits for it. It returns errLanded or the reading's own error
// where that came first. The lock is not held.
func (b *readBelt) cancel(x *reading) error {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	if x.done {
		if err := <-x.settled; err != nil {
			return err
		}
		return errLanded
	}
	b.settle(x, errCancelled)
	b.dequeue()
	return nil
}

// abandon ends every reading of an owner that is destroyed.
func (b *readBelt) abandon(owner *readbackCore) {
	b.end(owner, gpu.NewError("read", "", ErrDestroyed, "the readback buffer is destroyed"))
}

// fail ends every reading.
func (b *readBelt) fail(reason error) {
	b.leaveFrame()
	b.end(nil, reason)
	b.idle = nil
	for _, c := range b.unjudged {
		b.toIdle(c)
	}
	b.unjudged = nil
	b.holds.trim(latest)
	for _, h := range b.lent {
		if h.hold != nil {
			h.hold.Destroy()
		}
	}
	b.pool.destroy()
}

// end settles the readings of one owner, or of all.
func (b *readBelt) end(owner *readbackCore, reason error) {
	for x := range b.pending {
		if owner == nil || x.owner == owner {
			b.settle(x, reason)
		}
	}
	b.dequeue()
}

// dropStale ends the readings that wait to be sent when a newer one is asked for.
func (b *readBelt) dropStale(owner *readbackCore) {
	for _, x := range b.queue {
		if x.owner == owner && x.recorded == 0 {
			b.settle(x, gpu.NewError("read", "", ErrStale, ""))
		}
	}
	b.dequeue()
}

// sendAll sends the readings that were asked for. Those of the frame that is open go with it.
func (b *readBelt) sendAll(withFrame bool) {
	for _, x := range b.queue {
		if withFrame || !x.inFrame {
			x.released = true
		}
	}
	b.pump()
}

// leaveFrame is called when the frame that was open has ended.
func (b *readBelt) leaveFrame() {
	b.frameOpen = false
	for _, x := range b.queue {
		x.inFrame = false
	}
	if b.reminder != nil {
		b.reminder()
		b.reminder = nil
	}
}

// frameReminder is how long a read may wait for the frame that is open before the log says so.
const frameReminder = time.Second

func (b *readBelt) remind() {
	if b.reminder == nil && b.shared.logger.enabled(LevelWarn) {
		b.reminder = b.shared.upkeep.after(frameReminder, b.tellOfFrame)
	}
}

// await is called when somebody begins to wait for x.
func (b *readBelt) await(x *reading) {
	switch {
	case x.waitsForFrame():
		b.remind()
	case !x.released && !x.done:
		x.released = true
		b.pump()
	}
}

func (x *reading) waitsForFrame() bool { return x.inFrame && !x.released && !x.done }

// tellOfFrame is called without the lock.
func (b *readBelt) tellOfFrame() {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.reminder = nil
	for _, x := range b.queue {
		if x.waitsForFrame() {
			b.shared.logger.log(LevelWarn, "a read waits for the frame that is open: submit the frame, then wait for the read", label("source", x.name))
			return
		}
	}
}

// pump sends what may be sent, each chunk in submits of its own: the GPU is done with the first while it works on
// the next. What has no room keeps its place in a hold.
func (b *readBelt) pump() {
	for b.shared.lost == nil && len(b.queue) > 0 {
		b.nearby = b.guide.nearby()
		b.order()
		b.place()
		if len(b.filling) == 0 {
			break
		}
		b.send()
	}
	for b.shared.lost == nil && b.hold() {
	} // what is held in several parts
	b.checked = nil
	b.groups.reset()
	b.dequeue()
	b.hurry(2)
}

// place puts what may be sent into chunks, as far as there is room.
func (b *readBelt) place() {
	for _, x := range b.queue {
		if b.sendable(x) && !b.fill(x) && !x.done {
			return
		}
	}
}

// hurry has the host look whether the GPU is done with the chunks in flight, where there are at least so many: with
// each chunk that is sent it looks by itself, but no more will be. One alone is the backend's matter.
func (b *readBelt) hurry(least int) {
	if len(b.queue) == 0 && len(b.inFlight) >= least {
		b.shared.look(fewLooks)
	}
}

// send sends the chunks that are filled. Where a copy is refused, the readings of its source fail, and all
// others of chunks that were not sent are to be placed again.
func (b *readBelt) send() {
	for i, c := range b.filling {
		refused, err := b.sendChunk(c)
		if err != nil {
			b.refuse(refused, err)
			b.unplace(b.filling[i:])
			if refused == nil {
				b.discard(c)
			}
			break
		}
	}
	clear(b.filling)
	b.filling = b.filling[:0]
	b.dequeue()
}

// order brings reads of neighbouring ranges together, and those of one group, if all of them fit into one chunk; else
// they stay in the order in which they were asked for.
func (b *readBelt) order() {
	if len(b.queue) < 2 || b.demand(b.shared.options.ChunkSize) >= b.shared.options.ChunkSize {
		return
	}
	b.guide.expectReads(len(b.queue))
	for i, x := range b.queue {
		if i > 0 && x.src != nil && x.src == b.queue[i-1].src {
			x.rank, x.group = b.queue[i-1].rank, b.queue[i-1].group
		} else {
			x.rank, x.group = b.rank(x.src), b.groupOf(x)
		}
	}
	slices.SortStableFunc(b.queue, func(x, y *reading) int {
		return cmp.Or(x.group-y.group, x.rank-y.rank, cmp.Compare(x.offset, y.offset))
	})
	clear(b.sources)
}

// rank numbers sources in the order in which they are first met. Textures, of which src is nil, have groups of their
// own. And nil is no key: Go 1.26's maps of interfaces read out of bounds with it on wasm, after 1,000 other keys.
func (b *readBelt) rank(src Buffer) int {
	if src == nil {
		return -1
	}
	n, met := b.sources[src]
	if !met {
		n = len(b.sources)
		b.sources[src] = n
	}
	return n
}

// refuse ends the readings of the source of a copy, or where that is nil all that were to be sent.
func (b *readBelt) refuse(source *reading, err error) {
	for _, x := range b.queue {
		switch {
		case source == nil && x.released, source != nil && x.hold != nil && x.src == source.src:
			b.settle(x, x.withoutMemory(err))
		case source != nil && (x == source || x.src != nil && x.src == source.src):
			b.settle(x, err)
		}
	}
}

// sendable reports whether x may be recorded now. One whose source cannot be read is settled.
func (b *readBelt) sendable(x *reading) bool {
	if x.done || !x.released || !b.readable(x) {
		return false
	}
	o := x.owner
	return o.policy != ReadLatest || x.sent > 0 || o.inFlight < o.maxInFlight
}

// readable settles x if its source cannot be read any more, or has lost the range with a Grow that failed.
func (b *readBelt) readable(x *reading) bool {
	if x.src == nil || x.hold != nil {
		return true
	}
	err := b.checkSource(x.src)
	if err == nil {
		err = gpu.CheckSpan("read", x.src, x.offset, x.size, 1, 1)
	}
	if err != nil {
		b.settle(x, err)
	}
	return err == nil
}

// checkSource checks a source once for all reads in a row.
func (b *readBelt) checkSource(src Buffer) error {
	if src == b.checked {
		return nil
	}
	err := gpu.CheckUse("read", src, UsageCopySrc)
	if err == nil {
		b.checked = src
	}
	return err
}

// fill places x into chunks, and reports whether it went in whole.
func (b *readBelt) fill(x *reading) bool {
	if x.piece == 0 {
		alone := len(b.inFlight)+len(b.filling)+len(b.lent) == 0
		x.cut = b.guide.cut(x, alone)
		if x.measure {
			x.started = now() // costs a call of JavaScript's in a browser
		}
	}
	x.group = b.groupOf(x)
	if b.lends(x) {
		return true
	}
	for x.recorded < x.size {
		c := b.room(x)
		if c == nil {
			return false
		}
		x.recorded += c.add(x, b.nearby)
	}
	return true
}

// fewLooks are for as long as most chunks of a read take to land.
const fewLooks = 6
