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
	// Settle ends a read: with nil if every part of it was delivered. It is called once for each read
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
