package buffers

import "github.com/gpubuffers/gpubuffers/buffers/host"

// The way of a chunk of a readBelt to the GPU and back.

// land takes a chunk whose map settled.
func (r *readRing) land(c *chunk, err error) {
	r.inFlight = without(r.inFlight, c)
	r.shared.stats.MapsPending--
	if err == nil {
		r.shared.stats.MapLatency.add(c.asked.age())
		r.shared.confirm(c.serial)
	}
	if err == nil && c.isUnjudged() {
		r.unjudged = append(r.unjudged, c)
		return
	}
	r.empty(c, err)
}

// empty delivers the bytes of a chunk, unless its map failed. A chunk in an unknown state is destroyed.
func (r *readRing) empty(c *chunk, err error) {
	r.refuseParts(c)
	r.landParts(c, err)
	if err == nil {
		err = c.buffer.Unmap()
	}
	if err != nil || len(c.refusals) > 0 {
		r.bytes -= c.size()
		r.drop(c)
		return
	}
	r.toIdle(c)
}

// refuseParts ends the readings whose copies the GPU refused. If the chunk has no memory, its failed map ends them.
func (r *readRing) refuseParts(c *chunk) {
	if c.buffer.Failure() != nil {
		return
	}
	for _, refused := range c.refusals {
		for i := range c.parts {
			if p := &c.parts[i]; p.group == refused.group && p.open() {
				r.queue.settle(p.reading, p.reading.refusal(refused.err))
			}
		}
	}
}

// landParts delivers the parts of a chunk, unless its map failed.
func (r *readRing) landParts(c *chunk, failed error) {
	for parts := c.parts; len(parts) > 0; {
		n, err := len(parts), failed
		if failed == nil {
			n, err = r.deliver(c, parts)
		}
		for i := range parts[:n] {
			parts[i].land(err)
		}
		parts = parts[n:]
	}
}

// deliver delivers the first part. If it goes to a sink, the parts behind it for the same sink go along. It returns
// their number.
func (r *readRing) deliver(c *chunk, parts []readPart) (n int, err error) {
	sink := parts[0].sink()
	if sink == nil {
		return 1, parts[0].bring(c)
	}
	r.deliveries = r.deliveries[:0]
	for n < len(parts) && parts[n].sink() == sink {
		p := &parts[n]
		r.deliveries = append(r.deliveries, host.Delivery{
			ID: p.reading.id, Offset: p.dst, At: p.at, Pitch: p.pitch, RowBytes: p.rowBytes, Rows: p.rows,
		})
		n++
	}
	return n, sink.Deliver(c.buffer, r.deliveries)
}
