package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// readRing has the chunks of reads. A chunk's list is its state.
type readRing struct {
	pool
	queue      *readQueue
	holds      *readHolds
	memory     source   // tells of memory that comes back
	freed      func()   // called when awaited memory is free again
	filling    []*chunk // empty, except while reads are placed
	inFlight   []*chunk
	unjudged   []*chunk
	lent       int    // reads that the host makes
	bytes      uint64 // of chunks filling, in flight or unjudged
	waiting    bool   // for memory to be given back
	whenLanded func(*chunk, error)
	deliveries []host.Delivery // scratch of deliver
}

// chunkFor returns a chunk that takes a piece of x, or nil.
func (r *readRing) chunkFor(x *reading) *chunk {
	if n := len(r.filling); n > 0 {
		if c := r.filling[n-1]; c.free() >= x.least() {
			return c
		}
	}
	c := r.take(x)
	if c != nil {
		r.filling = append(r.filling, c)
		r.bytes += c.size()
	}
	return c
}

// take returns an idle or new chunk, sized for the waiting reads; or nil.
func (r *readRing) take(x *reading) *chunk {
	want := chunkSize(max(min(r.queue.demand(x.piece), x.piece), x.least()))
	if r.isFull(x, want) {
		return nil
	}
	if c := r.reuse(want); c != nil {
		return c
	}
	if want = r.reserve(x, want); want == 0 {
		return nil
	}
	x.measure = false // new memory costs more than the transfer
	c, err := r.create(want)
	if err != nil {
		r.queue.settle(x, x.withoutMemory(err))
		return nil
	}
	return c
}

// isFull reports whether x must wait for chunks in flight. If no hold has room for x meanwhile, it need not.
func (r *readRing) isFull(x *reading, want uint64) bool {
	if len(r.inFlight)+len(r.filling) >= maxInFlight {
		return true
	}
	return r.bytes > 0 && r.bytes+want > uint64(x.depth)*x.piece && (x.hold != nil || x.heldSize() <= r.holds.free())
}

// reserve takes memory for a chunk of the wanted size. If there is less, and no chunk will come back, it takes a
// smaller size that still holds a useful piece of x. It returns the size, or 0.
func (r *readRing) reserve(x *reading, want uint64) uint64 {
	comingBack := r.comingBack()
	least := roundUp4(x.least())
	for size := want; ; size = max(size/2&^3, least) {
		if r.shared.reserve(size) {
			return size
		}
		if comingBack > 0 || size <= least {
			r.short(x, size, comingBack)
			return 0
		}
	}
}

// short is called when the budget has no room for a chunk. Chunks in flight will come back and be used. If there are
// none, the policy says whether to wait for memory of others.
func (r *readRing) short(x *reading, want uint64, comingBack int) {
	switch {
	case want > r.shared.budget.limit:
		r.queue.settle(x, r.shared.budget.refuse("read", x.name, want, nil))
	case comingBack > 0 || r.waiting:
	case r.shared.budget.policy != BudgetWait:
		r.queue.settle(x, r.shared.budget.refuse("read", x.name, want, nil))
	default:
		r.waiting = true
		r.shared.wakeHost()
		go r.retry(r.shared.join(r.memory))
	}
}

// retry goes on when memory was given back. The lock is not held.
func (r *readRing) retry(freed *waiter) {
	_ = freed.wait(context.Background())
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	r.waiting = false
	r.freed()
}

// unplace takes readings out of chunks that were not sent.
func (r *readRing) unplace(chunks []*chunk) {
	for _, c := range chunks {
		for _, p := range c.parts {
			if p.reading.generation == p.generation {
				p.reading.recorded = p.reading.sent
			}
		}
		r.toIdle(c)
	}
}

// discard destroys an idle chunk whose state is unknown.
func (r *readRing) discard(c *chunk) {
	for i := range r.idle {
		if r.idle[i] == c {
			r.idle = remove(r.idle, i)
			r.drop(c)
			return
		}
	}
}

// toIdle empties an unmapped chunk.
func (r *readRing) toIdle(c *chunk) {
	r.bytes -= c.size()
	clear(c.parts)
	clear(c.copies)
	c.parts, c.copies, c.refusals, c.tail = c.parts[:0], c.copies[:0], nil, 0
	if r.shared.lost != nil {
		r.drop(c)
		return
	}
	r.keep(c, now())
}

// create makes a chunk that notifies the belt when it has landed.
func (r *readRing) create(size uint64) (*chunk, error) {
	c, err := r.pool.create(size)
	if err == nil {
		c.landed = r.whenLanded
	}
	return c, err
}

// spare returns a chunk for size bytes, idle or new, or nil if there is no memory for one.
func (r *readRing) spare(size uint64) *chunk {
	want := chunkSize(size)
	c := r.reuse(want)
	if c == nil && r.shared.reserve(want) {
		c, _ = r.create(want)
	}
	return c
}

// comingBack counts the chunks that are on their way back.
func (r *readRing) comingBack() int {
	return len(r.inFlight) + len(r.filling) + len(r.unjudged) + r.lent
}

// underway reports whether the GPU has reads.
func (r *readRing) underway() bool { return len(r.inFlight)+r.lent > 0 }

const (
	// ringDepth bounds the bytes in flight, in pieces.
	ringDepth = 4
	// maxInFlight bounds the number of chunks in flight.
	maxInFlight = 32
)
