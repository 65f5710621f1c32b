package buffers

// The way of a chunk of a readBelt to the GPU and back.

// sendChunk submits the copies into a chunk and asks for its map. If it fails it returns a reading that
// the refused copy was for, or nil.
func (b *readBelt) sendChunk(c *chunk) (refused *reading, err error) {
	if c.settled, refused, err = c.fetch(b.shared); err != nil {
		if c.buffer.Failure() != nil { // it is no copy's fault
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
	b.inFlight = append(b.inFlight, c)
	b.shared.stats.MapsPending++
	if c.settled != nil {
		b.collector() <- c
	}
	return nil, nil
}

// collector is where chunks in flight go, of which a goroutine takes care as long as there are any. It has room for all
// of them.
func (b *readBelt) collector() chan<- *chunk {
	b.shared.rouse()
	if b.landing == nil {
		b.landing = make(chan *chunk, maxInFlight)
		b.collect = b.collectAll
	}
	if !b.collecting {
		b.collecting = true
		go b.collect()
	}
	return b.landing
}

// collectAll waits for the chunks in flight, if the backend does not call, in the order in which they were
// submitted, which is that in which the GPU is done with them. The lock is not held.
func (b *readBelt) collectAll() {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	for c := b.toCollect(); c != nil; c = b.toCollect() {
		b.shared.mu.Unlock()
		err := <-c.settled
		b.shared.mu.Lock()
		b.bring(c, err)
	}
}

// toCollect is the next chunk, or nil if there is none, and the goroutine ends.
func (b *readBelt) toCollect() *chunk {
	select {
	case c := <-b.landing:
		return c
	default:
		b.collecting = false
		return nil
	}
}

// landed takes a chunk whose map settled. The lock is not held.
func (b *readBelt) landed(c *chunk, err error) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.bring(c, err)
}

func (b *readBelt) bring(c *chunk, err error) {
	b.land(c, err)
	b.shared.wake()
	b.pump()
	b.hurry(1)
}

// land takes a chunk whose map settled.
func (b *readBelt) land(c *chunk, err error) {
	b.inFlight = without(b.inFlight, c)
	b.shared.stats.MapsPending--
	if err == nil {
		b.shared.stats.MapLatency.add(c.asked.age())
		b.shared.confirm(c.serial)
	}
	if err == nil && c.isUnjudged() {
		b.unjudged = append(b.unjudged, c)
		return
	}
	b.empty(c, err)
}

// empty takes what a chunk has brought, unless its map failed. One that is in no known state is destroyed.
func (b *readBelt) empty(c *chunk, err error) {
	b.refuseParts(c)
	b.landParts(c, err)
	if err == nil {
		err = c.buffer.Unmap()
	}
	if err != nil || len(c.refusals) > 0 {
		b.bytes -= c.size()
		b.drop(c)
		return
	}
	b.toIdle(c)
}

// refuseParts ends the readings whose copies the GPU refused. Those into a chunk without memory its map fails.
func (b *readBelt) refuseParts(c *chunk) {
	if c.buffer.Failure() != nil {
		return
	}
	for _, r := range c.refusals {
		for i := range c.parts {
			if p := &c.parts[i]; p.group == r.group && p.open() {
				b.settle(p.reading, p.reading.refusal(r.err))
			}
		}
	}
}

// landParts brings the parts of a chunk to where they belong, unless its map failed.
func (b *readBelt) landParts(c *chunk, failed error) {
	for parts := c.parts; len(parts) > 0; {
		n, err := len(parts), failed
		if failed == nil {
			n, err = b.deliver(c, parts)
		}
		for i := range parts[:n] {
			parts[i].land(err)
		}
		parts = parts[n:]
	}
}
