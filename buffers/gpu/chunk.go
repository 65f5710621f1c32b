package gpu

// ChunkQueue is a Queue that moves a whole chunk of pooled memory in one step. It notifies when that has settled, so
// that no goroutine need wait. Each method is described as steps of the other contracts. If a Queue is no ChunkQueue,
// the core takes these steps itself.
//
// A chunk whose method failed is in an unknown state: it is destroyed.
//
// The core holds its lock when it calls a queue, and takes it when it is notified. So notify, and the methods of a
// [Landing], are never called from within a method of the queue, nor with a lock of the backend's held: they may call
// the queue. Each is called once.
type ChunkQueue interface {
	// SendChunk unmaps a chunk that is mapped whole for writing, and copies its first size bytes to dst at offset in a
	// submit of its own. Then it asks for the next map, under the contract of MapAsync. After that has settled it calls
	// notify, unless that is nil.
	SendChunk(chunk MappableBuffer, size uint64, dst Buffer, offset uint64, notify func()) (mapped <-chan error, err error)
	// FillChunk writes m to the beginning of the chunk, then does what SendChunk does. m may be reused at once.
	FillChunk(chunk MappableBuffer, m Memory, dst Buffer, offset uint64, notify func()) (mapped <-chan error, err error)
	// FetchChunk makes the copies into an unmapped chunk, in submits of their own, and asks for the map of its first
	// size bytes for reading. Consecutive copies of one group share a submit, which is scoped for every group but
	// [Vouched]. If a copy is refused at once, refused is its index, and nothing was done; for every other error it is
	// -1. A backend whose maps settle in calls of its own calls Landed with the map's result, once, after FetchChunk
	// has returned; then mapped is nil.
	FetchChunk(chunk MappableBuffer, size uint64, copies []ChunkCopy, l Landing) (mapped <-chan error, refused int, err error)
	// WorkDoneThen is WorkDone. After that has settled it calls notify, unless that is nil or the device is lost by then.
	WorkDoneThen(notify func()) <-chan error
}

// ChunkRelay is a ChunkQueue that fills and sends chunks by itself, if a call for each would cost more than its copy.
type ChunkRelay interface {
	ChunkQueue
	// Relay has the chunks that FillChunk has sent carry m to dst at offset, a piece at a time. A chunk whose map
	// succeeds, and that holds a piece, is filled and sent again, as often as it takes. Its channel settles, and notify
	// is called, when nothing of m is left, or the relay has ended. FillChunk's checks were made before; m must stay as
	// it is until then.
	//
	// It reports whether it does that: only with some memory, and one at a time. It ends by itself if dst is destroyed,
	// or if the browser fails: then a map fails too.
	Relay(m Memory, piece uint64, dst Buffer, offset uint64) bool
	// EndRelay ends the relay, unless it has ended, and returns the number of bytes left.
	EndRelay() (left uint64)
}

// Landing takes the outcome of a fetch.
type Landing interface {
	// Refused takes the GPU's error for the copies of a group, none of which were made. It is called before Landed is,
	// or before the channel of the map settles.
	Refused(group int, err error)
	// Landed takes the result of the map.
	Landed(err error)
}

// ChunkCopy is a range of a buffer, or rows of one layer of a texture, to copy into a chunk.
type ChunkCopy struct {
	Src          Buffer        // or, if nil,
	Rows         TextureRegion // which lie Pitch apart in the chunk
	Offset, Size uint64        // in Src
	At           uint64        // in the chunk
	Pitch        uint32
	Group        int
}

// Vouched is the group of copies whose sources are known to be valid, and that only the core can destroy. One source of
// another group can void every copy of that group.
const Vouched = 0

// ForeignEncoder is an Encoder of the caller's own: the caller can submit it without the core. What was recorded in one
// counts as submitted with the next submit.
type ForeignEncoder interface {
	Encoder
	// Foreign reports whether this encoder is the caller's.
	Foreign() bool
}

// RangeMapper is the ability of a MappableBuffer to hand out its mapped range as the backend's own
// object, such as a JavaScript typed array.
type RangeMapper interface {
	// MappedRange returns the part of size bytes at offset, counted from the start of the buffer. The caller may use it
	// until the unmap, along with WriteAt and ReadAt.
	MappedRange(offset, size uint64) (any, error)
}
