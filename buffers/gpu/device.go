package gpu

import "time"

// Device is a backend's entry: a Factory with a queue, encoders, limits and the news of its loss. Its methods may be
// called from several goroutines.
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

	// OnError sets the function that takes errors which the backend reports later than the call that caused them. It
	// must not block. Such an error is an [*Error] if the backend knows operation and label.
	OnError(func(error))

	// Destroy releases the device. Everything made on it is lost.
	Destroy()
}

// Queue takes work to the GPU, in order.
type Queue interface {
	// WriteBuffer copies m to the buffer at offset, ahead of everything submitted later. Offset and size
	// must be multiples of 4. m may be reused at once.
	WriteBuffer(dst Buffer, offset uint64, m Memory) error
	// WriteTexture copies rows of texels, laid out in m as layout says, to a region of a texture.
	WriteTexture(dst TextureRegion, m Memory, layout TexelLayout) error
	// Submit checks the encoders, finishes them and hands them to the GPU in order; then none can be used again. If a
	// check refuses, nothing was submitted and all can still be used. The slice is the caller's again when Submit
	// returns.
	//
	// An error that the GPU finds later, such as a buffer that its owner has destroyed, voids every command of the
	// Submit, and OnError takes it.
	Submit(encoders ...Encoder) error
	// SubmitScoped is Submit within an error scope of its own: the channel takes an error that the GPU finds later,
	// instead of OnError. It settles with that error, or with nil, under the contract of the channel of MapAsync.
	SubmitScoped(encoders ...Encoder) (verdict <-chan error, err error)
	// WorkDone settles exactly once, when the GPU is done with everything submitted so far, under the same contract as
	// the channel of MapAsync. By then the failed creations of earlier buffers are known: see [Factory].
	WorkDone() <-chan error
}

// Poller is a Queue whose host polls now and then whether the GPU is done. Poll has it poll that often, each time as
// soon as the last poll was answered; the last call counts.
type Poller interface {
	Poll(times int)
}

// Flusher is a Queue whose host keeps writes until something is submitted or the program pauses. Flush has the GPU begin with
// them.
type Flusher interface {
	Flush()
}

// Hardware is a Device that tells whether a GPU does its work, and not a processor that stands in for one.
type Hardware interface {
	IsHardware() bool
}

// Waker is a Device whose calls, and completions, may return to the host before other goroutines have run. Wake is
// called whenever a goroutine became runnable, or a goroutine or timer was started, so that the host has them run.
type Waker interface {
	Wake()
}

// Timers is a Device whose host has timers that cost less, while they are set, than those of package time. f must not
// block.
type Timers interface {
	AfterFunc(d time.Duration, f func()) (stop func())
}

// Encoder records copies. A Device makes it, or a backend does from the caller's own encoder. Buffers may be given as
// they are or wrapped: a backend calls [Unwrap] on each.
//
// Offsets and sizes of buffer copies are multiples of 4; a copy within one buffer is an error.
type Encoder interface {
	CopyBufferToBuffer(src Buffer, srcOffset uint64, dst Buffer, dstOffset, size uint64) error
	CopyBufferToTexture(src Buffer, layout TexelLayout, dst TextureRegion) error
	CopyTextureToBuffer(src TextureRegion, dst Buffer, layout TexelLayout) error
	ClearBuffer(dst Buffer, offset, size uint64) error
	// Check returns the error that a Submit would have now. A recorded buffer may be mapped, have a map pending, or be
	// destroyed, or the encoder was submitted before.
	Check() error
	Native() any
}

// Access is what commands do with a buffer.
type Access uint8

const (
	AccessRead Access = 1 << iota
	AccessWrite
)

// AccessTracker is an Encoder of an API that leaves barriers to its programs. Use names a buffer of commands that were
// recorded through Native, here or in an encoder that is submitted with it. It is called before the submit, and again
// if that is repeated. A browser tracks buffers itself.
type AccessTracker interface {
	Use(b Buffer, access Access)
}

// Limits are the device's own, in bytes.
type Limits struct {
	MaxBufferSize          uint64
	MaxUniformBindingSize  uint64
	MaxStorageBindingSize  uint64
	UniformOffsetAlignment uint64
	StorageOffsetAlignment uint64
	// MappablePrimaryBuffers lets a buffer with a map usage have any other usage too, as unified memory can. In WebGPU
	// MapRead goes with CopyDst alone, and MapWrite with CopySrc alone.
	MappablePrimaryBuffers bool
}

// DefaultLimits are the limits that every WebGPU device meets.
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
