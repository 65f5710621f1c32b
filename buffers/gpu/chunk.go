package gpu

// ChunkQueue is a Queue that moves a whole chunk of pooled memory in one step, and tells of what has settled,
// so that no goroutine need wait for it. What each method does is said in steps of the other contracts, which
// the core takes itself if a Queue is none.
//
// A chunk that a method failed with is in no known state: it is destroyed.
type ChunkQueue interface {
	// SendChunk unmaps a chunk that is mapped whole for writing, copies its first size bytes to dst at
	// offset in a submit of its own, and asks for the next map, under the contract of MapAsync. After
	// that has settled it calls notify, unless that is nil.
	SendChunk(chunk MappableBuffer, size uint64, dst Buffer, offset uint64, notify func()) (mapped <-chan error, err error)
	// FillChunk is SendChunk of m, written to the beginning of the chunk. m may be reused at once.
	FillChunk(chunk MappableBuffer, m Memory, dst Buffer, offset uint64, notify func()) (mapped <-chan error, err error)
	// FetchChunk makes the copies into a chunk that is not mapped, in submits of their own, and asks for the
	// map of its first size bytes for reading. Copies in a row of one group share a submit, which is scoped
	// for every group but [Vouched]. If a copy is refused at once, refused is its index, and nothing was done;
	// for every other error it is -1. A backend whose maps settle in calls of its own calls Landed with what
	// the map settled with, once, after FetchChunk has returned; then mapped is nil.
	FetchChunk(chunk MappableBuffer, size uint64, copies []ChunkCopy, l Landing) (mapped <-chan error, refused int, err error)
	// WorkDoneThen is WorkDone. After that has settled it calls notify, unless that is nil or the device is lost by then.
	WorkDoneThen(notify func()) <-chan error
}

// ChunkRelay is a ChunkQueue that fills and sends chunks by itself, if a call for each would cost more than
// its copy.
type ChunkRelay interface {
	ChunkQueue
	// Relay has the chunks that FillChunk has sent carry m to dst at offset, a piece at a time: one whose
	// map settles well, and that holds a piece, is filled and sent again, as often as it takes. Its channel
	// settles, and notify is called, when nothing of m is left, or the relay has ended. What FillChunk would
	// check was checked; m must stay as it is until then.
	//
	// It reports whether it does that: only with some memory, and one at a time. It ends by itself if dst
	// is destroyed, and where the browser fails: then a map fails too.
	Relay(m Memory, piece uint64, dst Buffer, offset uint64) bool
	// EndRelay ends the relay, unless it has, and gives the number of bytes that were left.
	EndRelay() (left uint64)
}

// Landing hears what became of a fetch.
type Landing interface {
	// Refused takes what the GPU found wrong with the copies of a group, none of which were made. It is called
	// before Landed is, or before the channel of the map settles.
	Refused(group int, err error)
	// Landed takes what the map settled with.
	Landed(err error)
}

// ChunkCopy is a range of a buffer, or rows of one layer of a texture, that is copied into a chunk.
type ChunkCopy struct {
	Src          Buffer        // or, if it is nil,
	Rows         TextureRegion // which lie Pitch apart in the chunk
	Offset, Size uint64        // in Src
	At           uint64        // in the chunk
	Pitch        uint32
	Group        int
}

// Vouched is the group of copies whose sources are known to be there, and that nobody but the core can destroy.
// One source of another group can void every copy of that group.
const Vouched = 0

// RangeMapper is the ability of a MappableBuffer to hand out its mapped range as the backend's own
// object, such as a JavaScript typed array.
type RangeMapper interface {
	// MappedRange gives the part of size bytes at offset, counted from the start of the buffer, which
	// the caller may use until the unmap. It goes along with WriteAt and ReadAt.
	MappedRange(offset, size uint64) (any, error)
}
