package buffers

// Sink takes the bytes of reads and hears how the reads end, in place of given memory and a goroutine that waits. It is
// a pointer, or another comparable value.
//
// Its methods are called with the System's lock held: they must be short, and call nothing of the System but the
// chunk's reading methods.
type Sink interface {
	// Deliver hands over the parts for this sink in a chunk that landed. The chunk is mapped until Deliver returns, and
	// the slice is the System's. An error ends the reads of these parts, with that error.
	Deliver(chunk MappableBuffer, parts []Delivery) error
	// Settle ends a read: with nil if every part of it was delivered. It is called once for each read
	// that is not cancelled.
	Settle(id uint64, err error)
}

// MakingSink is a Sink whose Deliver makes the memory for the parts. That takes longer than any path, so such reads are
// not measured.
type MakingSink interface {
	Sink
	MakesMemory()
}

// Delivery is a part of a read in a chunk: rows of RowBytes, Pitch apart, from At on. A part of a buffer is one row. In
// the read the rows follow each other from Offset on.
type Delivery struct {
	ID, Offset                uint64
	At, Pitch, RowBytes, Rows uint64
}
