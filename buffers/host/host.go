// Package host is what a program of another language implements that embeds package buffers, as the JavaScript module
// does: sinks for what reads bring, and reads that it makes by itself. Programs in Go need none of it.
package host

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Sink takes the bytes of reads and hears how the reads end, in place of given memory and a goroutine that waits. It is
// a pointer, or another comparable value.
//
// Its methods are called with the System's lock held: they must be short, and call nothing of the System but the
// chunk's reading methods.
type Sink interface {
	// Deliver hands over the parts for this sink in a chunk that landed. The chunk is mapped until Deliver returns, and
	// the slice is the System's. An error ends the reads of these parts, with that error.
	Deliver(chunk gpu.MappableBuffer, parts []Delivery) error
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

// ReadingSink is a Sink whose host makes long reads by itself, with chunks that are lent to it.
type ReadingSink interface {
	Sink
	// Lend hands over a read. Before it returns the host copies the first piece for each chunk from Src, and all that
	// follows these pieces to Rest. A chunk that was mapped, emptied and unmapped takes a further piece from Rest or,
	// if that is nil, from Src. When no chunk is in use the host calls End.
	Lend(r *Read)
}

// Read is a read that the host makes, and ends. It must not be used afterwards.
type Read struct {
	ID           uint64
	Src          gpu.Buffer // nil if the host alone knows: see LendRead of package buffers
	Offset, Size uint64     // multiples of 4
	Piece        uint64     // bytes that a chunk takes
	Chunks       []gpu.MappableBuffer
	Rest         gpu.Buffer // where the read keeps its place; nil if it does so in Src, or goes into the chunks whole
	// Scoped says that the host copies from Src within an error scope, and hands nothing out before that was answered.
	Scoped bool

	Loan
}

// Chunk is memory that is mapped whole for writing, and lent to the host for one transfer. The host fills the first bytes,
// unmaps it, copies them in a submit of its own and maps it again. It must not take more of the range than it fills.
type Chunk struct {
	Buffer gpu.MappableBuffer
	Number int // the host's own: what it knew the chunk by when it had it last
	Borrower
}

// Borrower has a Chunk back.
type Borrower interface {
	// Return takes the chunk back. Without a failure it is mapped whole again; with one it is in no known state, and is
	// destroyed.
	Return(failure error)
}

// Loan is of the chunks of a Read.
type Loan interface {
	// Made tells of a read of size bytes that the host made with the chunk of LendRead of package buffers, and of how long
	// its map took. The chunk may take further reads until End.
	Made(size uint64, took time.Duration)
	// End takes the chunks back. Without a failure each of them was mapped, emptied and unmapped; with one they are in
	// no known state, and are destroyed.
	End(failure error)
	// GiveUp cancels a read that the host has not begun, and takes the chunks back as they were.
	GiveUp()
}

// Together is uploads that follow each other at once.
type Together struct {
	Size            uint64 // of the parts that share a chunk,
	Whole           uint64 // and of what goes by queue writes instead
	More            uint64 // bytes of at least the same past that follow through chunks of Size, if these go through one
	Touched, Copied bool   // something, or a copy, went into each of their buffers before
	Follows, Begins bool   // they follow another write or upload at once, or begin a burst
}
