package buffers

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// readBelt carries the reads of all ReadbackBuffers through chunks that are mapped for reading.
//
// A read goes from the queue into chunks when it is sent. If they have no room, it is copied into a hold at that
// moment, and from there into chunks as they come back. So nothing that is written or submitted later is read. A chunk
// goes round:
//
//  1. idle: not mapped, empty
//  2. filling: copies into it are being recorded for the submit underway
//  3. in flight: submitted, its map asked for; the collector waits for it
//  4. unjudged: mapped, but the GPU has not confirmed the copies of a hold
//  5. landed: mapped; its bytes are copied out, and it is idle again
//
// A chunk is destroyed if its map fails or one of its copies was refused. The reads concerned fail.
type readBelt struct {
	shared    *shared
	guide     guide // the engine
	queue     readQueue
	ring      readRing
	holds     readHolds
	hosts     hostReads
	collector readCollector
	nearby    uint64 // for the reads being placed: see guide
}

func (b *readBelt) init(s *shared, memory source, g guide) {
	q, r, h := &b.queue, &b.ring, &b.hosts
	b.shared, b.guide, b.holds.shared = s, g, s
	q.shared, q.guide, q.holds, q.groups.shared, q.sources, q.pump = s, g, &b.holds, s, map[Buffer]int{}, b.pump
	r.queue, r.holds, r.memory, r.freed, r.whenLanded = q, &b.holds, memory, b.pump, b.landed
	r.pool.init(s, Descriptor{Label: "readback chunk", Usage: UsageMapRead | UsageCopyDst})
	h.shared, h.queue, h.ring, h.holds, h.ended = s, q, r, &b.holds, b.pump
	b.collector.shared, b.collector.landed = s, b.bring
	s.pools = append(s.pools, b)
}

// start asks for a read, which describe fills in, for a held buffer.
// It locks.
func (b *readBelt) start(owner *readbackCore, held *handle, describe func(*reading) error) (Read, error) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	if err := held.check("read"); err != nil {
		return Read{}, err
	}
	x := b.queue.newReading(owner, held)
	if err := describe(x); err != nil {
		b.queue.recycle(x)
		return Read{}, err
	}
	if x.size == 0 {
		b.queue.settle(x, nil)
		b.queue.dequeue()
		return Read{x, x.generation}, nil
	}
	if owner.policy == ReadLatest {
		b.queue.dropStale(owner)
	}
	x.inFrame = b.queue.frameOpen
	b.queue.list = append(b.queue.list, x)
	return Read{x, x.generation}, nil
}

// flush sends the reads of one owner.
// It locks.
func (b *readBelt) flush(owner *readbackCore) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	for _, x := range b.queue.list {
		if x.owner == owner {
			x.released = true
		}
	}
	b.pump()
}

func (b *readBelt) trim(before moment) (oldest moment) {
	return min(b.ring.trim(before), b.holds.trim(before))
}

// abandon ends every reading of a destroyed owner.
func (b *readBelt) abandon(owner *readbackCore) {
	b.end(owner, gpu.NewError("read", "", ErrDestroyed, "the readback buffer is destroyed"))
}

// fail ends every reading.
func (b *readBelt) fail(reason error) {
	b.queue.leaveFrame()
	b.end(nil, reason)
	b.ring.idle = nil
	for _, c := range b.ring.unjudged {
		b.ring.toIdle(c)
	}
	b.ring.unjudged = nil
	b.holds.trim(latest)
	for _, h := range b.hosts.lent {
		if h.hold != nil {
			h.hold.Destroy()
		}
	}
	b.ring.pool.destroy()
}

// end settles the readings of one owner, or of all.
func (b *readBelt) end(owner *readbackCore, reason error) {
	for x := range b.pending {
		if owner == nil || x.owner == owner {
			b.queue.settle(x, reason)
		}
	}
	b.queue.dequeue()
}

// sendAll sends the queued readings; those of the open frame only if withFrame.
func (b *readBelt) sendAll(withFrame bool) {
	for _, x := range b.queue.list {
		if withFrame || !x.inFrame {
			x.released = true
		}
	}
	b.pump()
}

// pump sends the readings that may be sent, each chunk in submits of its own: the GPU is done with the first while it
// works on the next. Readings without room go into holds.
func (b *readBelt) pump() {
	for b.shared.lost == nil && len(b.queue.list) > 0 {
		b.nearby = b.guide.nearby()
		b.queue.order()
		b.place()
		if len(b.ring.filling) == 0 {
			break
		}
		b.send()
	}
	for b.shared.lost == nil && b.hold() {
	} // a hold each
	b.queue.checked = nil
	b.queue.groups.reset()
	b.queue.dequeue()
	b.hurry(2)
}

// place puts sendable readings into chunks, as far as there is room.
func (b *readBelt) place() {
	for _, x := range b.queue.list {
		if b.queue.sendable(x) && !b.fill(x) && !x.done {
			return
		}
	}
}

// hurry has the host poll whether the GPU is done with the chunks in flight, if there are at least so many. The host
// polls with each chunk that is sent, but no more will be. If one chunk alone is sent, the backend has it polled for.
func (b *readBelt) hurry(least int) {
	if len(b.queue.list) == 0 && len(b.ring.inFlight) >= least {
		b.shared.poll(fewPolls)
	}
}

// send sends the filled chunks. If a copy is refused, the readings of its source fail; all others of chunks that were
// not sent are placed again.
func (b *readBelt) send() {
	for i, c := range b.ring.filling {
		refused, err := b.sendChunk(c)
		if err != nil {
			b.queue.refuse(refused, err)
			b.ring.unplace(b.ring.filling[i:])
			if refused == nil {
				b.ring.discard(c)
			}
			break
		}
	}
	clear(b.ring.filling)
	b.ring.filling = b.ring.filling[:0]
	b.queue.dequeue()
}

// fill places x into chunks, and reports whether it went in whole.
func (b *readBelt) fill(x *reading) bool {
	if x.piece == 0 {
		alone := len(b.ring.inFlight)+len(b.ring.filling)+b.ring.lent == 0
		x.cut = b.guide.cut(x, alone)
		if x.measure {
			x.started = now() // a JavaScript call in a browser
		}
	}
	x.group = b.queue.groups.groupOf(x)
	if b.hosts.lends(x) {
		return true
	}
	for x.recorded < x.size {
		c := b.ring.chunkFor(x)
		if c == nil {
			return false
		}
		x.recorded += c.add(x, b.nearby)
	}
	return true
}

// fewPolls last as long as most chunks of a read take to land.
const fewPolls = 6

// sendChunk submits the copies into a chunk and asks for its map. If it fails, it returns a reading of the refused
// copy, or nil.
func (b *readBelt) sendChunk(c *chunk) (refused *reading, err error) {
	if c.settled, refused, err = c.fetch(b.shared); err != nil {
		if c.buffer.Failure() != nil { // no copy is at fault
			refused = nil
		}
		return refused, err
	}
	c.serial = b.shared.created
	b.shared.stats.Submits++
	for i := range c.parts {
		c.parts[i].sent()
	}
	c.asked = now()
	b.ring.inFlight = append(b.ring.inFlight, c)
	b.shared.stats.MapsPending++
	if c.settled != nil {
		b.collector.add(c)
	}
	return nil, nil
}

// landed takes a chunk whose map settled. The lock is not held.
func (b *readBelt) landed(c *chunk, err error) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.bring(c, err)
}

func (b *readBelt) bring(c *chunk, err error) {
	b.ring.land(c, err)
	b.shared.wake()
	b.pump()
	b.hurry(1)
}

// hold copies readings that were sent and found no room into GPU memory, as many as one hold takes. It reports whether
// there were any.
func (b *readBelt) hold() (any bool) {
	late, size := b.queue.late()
	if len(late) == 0 {
		return false
	}
	h, err := b.holds.take(size)
	if err != nil {
		b.queue.failHeld(late, err)
		return true
	}
	copies := b.queue.copiesOf(late)
	defer clear(copies) // they name the program's buffers
	verdicts, refused, err := b.shared.steps.Gather(h.Buffer, copies)
	b.shared.stats.Submits++
	switch {
	case err == nil:
		b.goOnFrom(h, late, verdicts)
	case refused >= 0 && h.Failure() == nil:
		b.holds.leave(h)
		b.queue.refuse(sourceOf(late, &copies[refused]), err)
	default:
		b.holds.drop(h) // in no known state
		b.queue.failHeld(late, err)
	}
	return true
}

// goOnFrom makes the hold the source of the readings, each at its place.
func (b *readBelt) goOnFrom(h *hold, late []heldRead, verdicts []gpu.Verdict) {
	h.readings = len(late)
	for i := range late {
		x := late[i].reading
		skip := uint64(0)
		if x.src != nil {
			skip = x.skip()
		}
		x.src, x.via, x.hold, x.offset, x.from = h.Buffer, h.Buffer, h, late[i].at+skip, x.recorded
	}
	for _, v := range verdicts {
		for i := range late {
			if late[i].group == v.Group {
				late[i].reading.unjudged++
			}
		}
	}
	if len(verdicts) > 0 {
		b.shared.wakeHost()
		go b.judge(slices.Clone(late), verdicts)
	}
}

// judge waits for the GPU's verdicts on the copies into a hold. The lock is not held.
func (b *readBelt) judge(held []heldRead, verdicts []gpu.Verdict) {
	for _, v := range verdicts {
		err := <-v.Settled
		b.shared.mu.Lock()
		b.judged(held, v.Group, err)
		b.shared.mu.Unlock()
	}
}

// judged takes a verdict, and empties the chunks that waited for it.
func (b *readBelt) judged(held []heldRead, group int, err error) {
	for i := range held {
		r := &held[i]
		if r.group != group || !r.isOpen() {
			continue
		}
		r.reading.unjudged--
		if err != nil {
			b.queue.settle(r.reading, r.reading.refusal(err))
		}
	}
	waiting := b.ring.unjudged
	b.ring.unjudged = nil
	for _, c := range waiting {
		if c.isUnjudged() {
			b.ring.unjudged = append(b.ring.unjudged, c)
		} else {
			b.ring.empty(c, nil)
		}
	}
	b.queue.dequeue()
	b.shared.wake()
	b.pump()
}

// pending yields every unsettled reading; one that is both queued and in flight more than once.
func (b *readBelt) pending(yield func(*reading) bool) {
	for _, x := range b.queue.list {
		if !x.done && !yield(x) {
			return
		}
	}
	for _, h := range b.hosts.lent {
		if h.isOpen() && !yield(h.reading) {
			return
		}
	}
	for _, chunks := range [...][]*chunk{b.ring.inFlight, b.ring.unjudged} {
		for _, c := range chunks {
			for i := range c.parts {
				if p := &c.parts[i]; p.open() && !yield(p.reading) {
					return
				}
			}
		}
	}
}
