package buffers

import "context"

// The chunks of a readBelt: where they come from, and where they go when they are empty.

// room returns a chunk that takes a piece of x, or nil.
func (b *readBelt) room(x *reading) *chunk {
	if n := len(b.filling); n > 0 {
		if c := b.filling[n-1]; c.room() >= x.least() {
			return c
		}
	}
	c := b.take(x)
	if c != nil {
		b.filling = append(b.filling, c)
		b.bytes += c.size()
	}
	return c
}

// take returns an idle chunk, or makes one, of the size that all that waits needs; or nil.
func (b *readBelt) take(x *reading) *chunk {
	want := chunkSize(max(min(b.demand(x.piece), x.piece), x.least()))
	if b.isFull(x, want) {
		return nil
	}
	if c := b.reuse(want); c != nil {
		return c
	}
	if want = b.reserve(x, want); want == 0 {
		return nil
	}
	x.measure = false // memory that is new costs more than the transfer
	c, err := b.create(want)
	if err != nil {
		b.settle(x, x.withoutMemory(err))
		return nil
	}
	return c
}

// isFull reports whether x is to wait for chunks in flight. It does not if a hold has no room for it meanwhile.
func (b *readBelt) isFull(x *reading, want uint64) bool {
	if len(b.inFlight)+len(b.filling) >= maxInFlight {
		return true
	}
	return b.bytes > 0 && b.bytes+want > uint64(x.depth)*x.piece && (x.hold != nil || x.heldSize() <= b.holds.room())
}

// demand is how many bytes wait to be recorded, with their padding, as far as enough goes.
func (b *readBelt) demand(enough uint64) (n uint64) {
	for _, x := range b.queue {
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

// reserve takes memory for a chunk of the wanted size. If there is less, and no chunk will come back, it takes what
// there is, as long as a piece of x makes sense in it. It returns the size, or 0.
func (b *readBelt) reserve(x *reading, want uint64) uint64 {
	comingBack := len(b.inFlight) + len(b.filling) + len(b.unjudged) + len(b.lent)
	least := roundUp4(x.least())
	for size := want; ; size = max(size/2&^3, least) {
		if b.shared.reserve(size) {
			return size
		}
		if comingBack > 0 || size <= least {
			b.short(x, size, comingBack)
			return 0
		}
	}
}

// short is called when the budget has no room for a chunk. What is in flight will come back and be used;
// if nothing is, the policy says whether to wait for memory of others.
func (b *readBelt) short(x *reading, want uint64, comingBack int) {
	switch {
	case want > b.shared.budget.limit:
		b.settle(x, b.shared.budget.refuse("read", x.name, want, nil))
	case comingBack > 0 || b.waiting:
	case b.shared.budget.policy != BudgetWait:
		b.settle(x, b.shared.budget.refuse("read", x.name, want, nil))
	default:
		b.waiting = true
		b.shared.rouse()
		go b.retry(b.shared.join(b.memory))
	}
}

// retry goes on when memory was given back. The lock is not held.
func (b *readBelt) retry(freed *waiter) {
	_ = freed.wait(context.Background())
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.waiting = false
	b.pump()
}

// unplace takes readings out of chunks that were not sent.
func (b *readBelt) unplace(chunks []*chunk) {
	for _, c := range chunks {
		for _, p := range c.parts {
			if p.reading.turn == p.turn {
				p.reading.recorded = p.reading.sent
			}
		}
		b.toIdle(c)
	}
}

// discard destroys a chunk that is idle, and in no known state.
func (b *readBelt) discard(c *chunk) {
	for i := range b.idle {
		if b.idle[i] == c {
			b.idle = remove(b.idle, i)
			b.drop(c)
			return
		}
	}
}

// toIdle empties a chunk that is not mapped.
func (b *readBelt) toIdle(c *chunk) {
	b.bytes -= c.size()
	clear(c.parts)
	clear(c.copies)
	c.parts, c.copies, c.refusals, c.tail = c.parts[:0], c.copies[:0], nil, 0
	if b.shared.lost != nil {
		b.drop(c)
		return
	}
	b.keep(c, now())
}

func (b *readBelt) trim(before moment) (oldest moment) {
	return min(b.pool.trim(before), b.holds.trim(before))
}

// create makes a chunk that tells the belt when it has landed.
func (b *readBelt) create(size uint64) (*chunk, error) {
	c, err := b.pool.create(size)
	if err == nil {
		c.landed = b.whenLanded
	}
	return c, err
}
