package buffers

// Sink takes what reads bring and hears how they end, in place of memory that is given and a goroutine
// that waits. It is a pointer, or something else that compares.
//
// Its methods are called with the System's lock held: they must be short, and call nothing of the System
// but the chunk's reading methods.
type Sink interface {
	// Deliver hands over the parts for this sink in a chunk that landed. The chunk is mapped until it
	// returns, and the slice is the System's. An error ends the reads of these parts, with it.
	Deliver(chunk MappableBuffer, parts []Delivery) error
	// Settle ends a read: with nil where every part of it was delivered. It is called once for each read
	// that is not cancelled.
	Settle(id uint64, err error)
}

// MakingSink is a Sink whose Deliver makes the memory that the parts go to. That takes longer than any path, of
// which such reads say nothing: they are not measured.
type MakingSink interface {
	Sink
	MakesMemory()
}

// Delivery is a part of a read, in a chunk: rows of RowBytes, Pitch apart from At on; of a buffer it is
// one row. In the read they follow each other from Offset on.
type Delivery struct {
	ID, Offset                uint64
	At, Pitch, RowBytes, Rows uint64
}

// pending yields every reading that is not settled, those that are queued and in flight more than once.
func (b *readBelt) pending(yield func(*reading) bool) {
	for _, x := range b.queue {
		if !x.done && !yield(x) {
			return
		}
	}
	for _, h := range b.lent {
		if h.isOpen() && !yield(h.reading) {
			return
		}
	}
	for _, chunks := range [...][]*chunk{b.inFlight, b.unjudged} {
		for _, c := range chunks {
			for i := range c.parts {
				if p := &c.parts[i]; p.open() && !yield(p.reading) {
					return
				}
			}
		}
	}
}

// deliver brings the first of parts to where it belongs, and where that is a sink those behind it for the
// same one. It returns how many that were.
func (b *readBelt) deliver(c *chunk, parts []readPart) (n int, err error) {
	sink := parts[0].sink()
	if sink == nil {
		return 1, parts[0].bring(c)
	}
	b.deliveries = b.deliveries[:0]
	for n < len(parts) && parts[n].sink() == sink {
		p := &parts[n]
		b.deliveries = append(b.deliveries, Delivery{p.reading.id, p.dst, p.at, p.pitch, p.rowBytes, p.rows})
		n++
	}
	return n, sink.Deliver(c.buffer, b.deliveries)
}

// sink is where the part goes, nil where that is memory, or nobody waits for it any more.
func (p *readPart) sink() Sink {
	if !p.open() {
		return nil
	}
	return p.reading.sink
}
