package buffers

import "time"

// Device is what a backend provides: a Factory with a queue, encoders, limits and the news of its loss.
// Its methods may be called from several goroutines.
type Device interface {
	Factory

	Queue() Queue
	CreateEncoder(label string) (Encoder, error)
	Limits() Limits

	// Lost is closed when the device is lost or destroyed. By then every pending map has settled, or
	// settles without further help, with [ErrDeviceLost].
	Lost() <-chan struct{}
	// LostReason is nil until Lost is closed, and then an error for which errors.Is [ErrDeviceLost] holds.
	LostReason() error

	// OnError sets the function that hears of errors which the backend reports later than the call that
	// caused them. It must not block. Such an error is an [*Error] wherever the backend knows operation
	// and label.
	OnError(func(error))

	// Destroy releases the device; everything of it is lost.
	Destroy()
}

// Queue takes work to the GPU, in order.
type Queue interface {
	// WriteBuffer copies m to the buffer at offset, ahead of everything submitted later. Offset and size
	// must be multiples of 4. m may be reused at once.
	WriteBuffer(dst Buffer, offset uint64, m Memory) error
	// WriteTexture copies rows of texels, laid out in m as layout says, to a region of a texture.
	WriteTexture(dst TextureRegion, m Memory, layout TexelLayout) error
	// Submit checks the encoders, finishes them and hands them to the GPU in order, after which none can
	// be used again. Where a check refuses, nothing was submitted and all can still be used. The slice is
	// the caller's again when Submit returns.
	//
	// What the GPU finds wrong later, such as a buffer that its owner has destroyed, voids every command of
	// the Submit, and OnError hears of it.
	Submit(encoders ...Encoder) error
	// SubmitScoped is Submit within an error scope of its own: what the GPU finds wrong later goes to the
	// channel instead of OnError. That settles with it, or with nil, under the contract of the channel of
	// MapAsync.
	SubmitScoped(encoders ...Encoder) (verdict <-chan error, err error)
	// WorkDone settles exactly once, when the GPU is done with everything submitted so far, under the
	// same contract as the channel of MapAsync. By then it is known of every buffer created before whether
	// its creation failed: see [Factory].
	WorkDone() <-chan error
}

// ChunkQueue is a Queue that moves a whole chunk of pooled memory in one step, and tells of what has settled,
// so that no goroutine need wait for it. What each method does is said in steps of the other contracts, which
// the core takes itself where a Queue is none.
//
// A chunk that a method failed with is in no known state: it is destroyed.
type ChunkQueue interface {
	// SendChunk unmaps a chunk that is mapped whole for writing, copies its first size bytes to dst at
	// offset in a submit of its own, and asks for the next map, under the contract of MapAsync. After
	// that has settled it calls notify, unless that is nil, which reports whether a goroutine was told
	// something, or waits for the map.
	SendChunk(chunk MappableBuffer, size uint64, dst Buffer, offset uint64, notify func() bool) (mapped <-chan error, err error)
	// FillChunk is SendChunk of m, written to the beginning of the chunk. m may be reused at once.
	FillChunk(chunk MappableBuffer, m Memory, dst Buffer, offset uint64, notify func() bool) (mapped <-chan error, err error)
	// FetchChunk makes the copies into a chunk that is not mapped, in submits of their own, and asks for the
	// map of its first size bytes for reading. Copies in a row of one group share a submit, which is scoped
	// for every group but [Vouched]. If a copy is refused at once, refused is its index, and nothing was done;
	// for every other error it is -1. A backend whose maps settle in calls of its own calls Landed with what
	// the map settled with, once, after FetchChunk has returned; then mapped is nil.
	FetchChunk(chunk MappableBuffer, size uint64, copies []ChunkCopy, l Landing) (mapped <-chan error, refused int, err error)
	// WorkDoneThen is WorkDone. After that has settled it calls notify, unless the device is lost by then,
	// which reports whether a goroutine was told something, or waits for it.
	WorkDoneThen(notify func() bool) <-chan error
}

// ChunkRelay is a ChunkQueue that fills and sends chunks by itself, where a call for each would cost more than
// its copy.
type ChunkRelay interface {
	ChunkQueue
	// Relay has the chunks that FillChunk has sent carry m to dst at offset, a piece at a time: one whose
	// map settles well, and that holds a piece, is filled and sent again, as often as it takes. Its channel
	// settles, and notify is called, when nothing of m is left, or the relay has ended. What FillChunk would
	// check was checked; m must stay as it is until then.
	//
	// It reports whether it does that: only with some memory, and one at a time. It ends by itself where dst
	// is destroyed, and where the browser fails: then a map fails too.
	Relay(m Memory, piece uint64, dst Buffer, offset uint64) bool
	// EndRelay ends the relay, unless it has, and gives the number of bytes that were left.
	EndRelay() (left uint64)
}

// Looker is a Queue whose host looks now and then whether the GPU is done. Look has it look that often, each time
// as soon as it has looked; the last call counts.
type Looker interface {
	Look(times int)
}

// Timers is a Device whose host has timers that cost less, while they are set, than those of package time. f must
// not block.
type Timers interface {
	AfterFunc(d time.Duration, f func()) (stop func())
}

// Landing hears what became of a fetch.
type Landing interface {
	// Refused takes what the GPU found wrong with the copies of a group, none of which were made. It is called
	// before Landed is, or before the channel of the map settles.
	Refused(group int, err error)
	// Landed takes what the map settled with, and reports whether a goroutine was told something.
	Landed(err error) (told bool)
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

// Encoder records copies. It is made by a Device, or by a backend from the caller's own encoder.
// Buffers may be given as they are or wrapped: a backend calls [Unwrap] on each it is handed.
//
// Offsets and sizes of buffer copies are multiples of 4; a copy within one buffer is an error.
type Encoder interface {
	CopyBufferToBuffer(src Buffer, srcOffset uint64, dst Buffer, dstOffset, size uint64) error
	CopyBufferToTexture(src Buffer, layout TexelLayout, dst TextureRegion) error
	CopyTextureToBuffer(src TextureRegion, dst Buffer, layout TexelLayout) error
	ClearBuffer(dst Buffer, offset, size uint64) error
	// Check returns the error with which a Submit would be refused now: a recorded buffer that is
	// mapped, about to be, or destroyed, or an encoder that was submitted before.
	Check() error
	Native() any
}

// Limits are the device's own, in bytes.
type Limits struct {
	MaxBufferSize          uint64
	MaxUniformBindingSize  uint64
	MaxStorageBindingSize  uint64
	UniformOffsetAlignment uint64
	StorageOffsetAlignment uint64
}

// DefaultLimits are those that every WebGPU device has at least.
// https://www.w3.org/TR/webgpu/#limits
func DefaultLimits() Limits {
	return Limits{
		MaxBufferSize:          256 << 20,
		MaxUniformBindingSize:  64 << 10,
		MaxStorageBindingSize:  128 << 20,
		UniformOffsetAlignment: 256,
		StorageOffsetAlignment: 256,
	}
}
