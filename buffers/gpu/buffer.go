package gpu

import (
	"context"
	"io"
)

// Buffer is a piece of GPU memory.
type Buffer interface {
	Label() string
	// Size is in bytes.
	Size() uint64
	Usage() Usage
	State() State
	// Valid reports whether the buffer was created, is not destroyed, and its device is not lost.
	Valid() bool
	// Failure is what the device found out, after the call, to be wrong with the creation of the buffer: an
	// [*Error], or nil while nothing is known. See [Factory].
	Failure() error
	// Native returns the backend's own object, for use if a backend's API is used directly.
	Native() any
	// Destroy frees the memory once the GPU is done with it. It may be called again, and in any state:
	// a pending map settles with [ErrMapAborted].
	Destroy()
}

// MappableBuffer is a Buffer that the CPU can read or write while it is mapped.
//
// WriteAt and ReadAt copy once. A []byte view of a mapped range is an ability that only some backends have: see
// [ByteMapper].
type MappableBuffer interface {
	Buffer

	// MapAsync asks for the range of size bytes at offset, which must be a multiple of 8, and size of 4.
	// The channel has a capacity of one and settles exactly once: with nil when the range
	// is mapped, or with the reason why it is not. The state is MapPending from the call to the moment
	// before it settles. An error found at once arrives on the channel too, and then changes nothing:
	// an earlier mapping, or an earlier map that is pending, stays as it was.
	//
	// The channel belongs to this map alone until it was read; after that the buffer may use it again.
	MapAsync(mode MapMode, offset, size uint64) <-chan error

	// Unmap ends the mapping and makes what was written visible to the GPU. On a pending map it is the
	// cancellation: the channel settles with [ErrMapAborted].
	Unmap() error

	// WriteAt copies p into the mapped range. The offset counts from the start of the buffer, and any
	// byte offset and length within the mapped range is fine. The buffer must be mapped for writing.
	io.WriterAt

	// ReadAt copies from the mapped range into p. The offset counts from the start of the buffer.
	// Reading past the end of the mapped range is an error and reads nothing. A range mapped for
	// writing may be read too.
	io.ReaderAt
}

// ByteMapper is the ability of a MappableBuffer to show its mapped range as Go memory. Only a backend whose mapped memory
// the CPU addresses directly may have it. A browser maps memory that is not Go's: there a slice would be a copy that
// somebody has to write back.
type ByteMapper interface {
	// MappedBytes gives the part of size bytes at offset, counted from the start of the buffer. The slice is the
	// caller's until the unmap. It must not be written if the map is for reading.
	MappedBytes(offset, size uint64) ([]byte, error)
}

// HostMapper is the ability of a MappableBuffer to copy between its mapped range and the host's memory
// without passing through Go's.
type HostMapper interface {
	// WriteMemoryAt copies m into the mapped range at offset, counted from the start of the buffer.
	WriteMemoryAt(m Memory, offset uint64) error
	// ReadMemoryAt copies from the mapped range into m.
	ReadMemoryAt(m Memory, offset uint64) error
}

// Factory creates buffers.
//
// A device may find out after the call that a creation failed. It tells [Device].OnError, and Failure gives
// the reason by the time that anything settles which was asked for after the creation: a WorkDone, or a map
// of any buffer. From then on every use of the buffer is refused with that reason. What it was used for
// before is void.
type Factory interface {
	// CreateBuffer makes a buffer that only the GPU can use.
	CreateBuffer(*Descriptor) (Buffer, error)
	// CreateMappableBuffer makes a buffer with a map usage, or mapped at creation, or both.
	CreateMappableBuffer(*Descriptor) (MappableBuffer, error)
}

// Unwrap returns the backend's buffer inside of b, or b if it is that already. What the engine
// makes wraps a backend's buffer, and can replace it with a larger one.
func Unwrap(b Buffer) Buffer {
	for {
		w, ok := b.(interface{ Unwrap() Buffer })
		if !ok {
			return b
		}
		b = w.Unwrap()
	}
}

// Map maps the whole buffer and waits. When ctx ends first the map is cancelled, and the buffer can be
// used again when Map returns; the error of ctx is the Cause of an [*Error]. A map that is refused changes nothing.
func Map(ctx context.Context, b MappableBuffer, mode MapMode) error {
	return MapError(AwaitMap(ctx, b.Label(), b.MapAsync(mode, 0, b.Size()), b.Unmap), "map", b.Label())
}

// awaitMap waits for a map, which unmap cancels if ctx ends first. One that has settled is none to cancel: if it was
// refused, the map that unmap would end is another's.
func AwaitMap(ctx context.Context, label string, settled <-chan error, unmap func() error) error {
	select {
	case err := <-settled:
		return err
	default:
	}
	select {
	case err := <-settled:
		return err
	case <-ctx.Done():
		_ = unmap() // fails only if the map has settled
		<-settled
		return CausedBy("map", label, ctx.Err())
	}
}
