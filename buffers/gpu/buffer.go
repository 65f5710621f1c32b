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
	// Failure is the error in the creation of the buffer that the device found after the call: an [*Error], or nil
	// while nothing is known. See [Factory].
	Failure() error
	// Native returns the backend's own object, for direct use of the backend's API.
	Native() any
	// Destroy frees the memory once the GPU is done with it. It may be called again, and in any state: a pending map
	// settles with [ErrMapAborted].
	Destroy()
}

// MappableBuffer is a Buffer that the CPU can read or write while it is mapped.
//
// WriteAt and ReadAt copy once. A []byte view of a mapped range is an ability that only some backends have: see
// [ByteMapper].
type MappableBuffer interface {
	Buffer

	// MapAsync asks for the range of size bytes at offset, which must be a multiple of 8, and size of 4. The channel
	// has a capacity of one and settles exactly once: with nil when the range is mapped, or with the reason why it is
	// not. The state is MapPending from the call to the moment before it settles. An error found at once arrives on the
	// channel too, and changes nothing: an earlier mapping, or a pending map, stays as it was.
	//
	// The channel belongs to this map alone until it was read; then the buffer may use it again.
	MapAsync(mode MapMode, offset, size uint64) <-chan error

	// Unmap ends the mapping and makes the written bytes visible to the GPU. It cancels a pending map: the channel
	// settles with [ErrMapAborted].
	Unmap() error

	// WriteAt copies p into the mapped range. The offset counts from the start of the buffer, and any
	// byte offset and length within the mapped range is fine. The buffer must be mapped for writing.
	io.WriterAt

	// ReadAt copies from the mapped range into p. The offset counts from the start of the buffer.
	// Reading past the end of the mapped range is an error and reads nothing. A range mapped for
	// writing may be read too.
	io.ReaderAt
}

// ByteMapper is the ability of a MappableBuffer to show its mapped range as Go memory. Only a backend whose mapped
// memory the CPU addresses directly may have it. A browser's mapped memory is not Go's: there a slice would be a copy
// that somebody has to write back.
type ByteMapper interface {
	// MappedBytes returns the part of size bytes at offset, counted from the start of the buffer. The slice is the
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
// A device may find out after the call that a creation failed. It calls [Device].OnError, and Failure gives the reason
// by the time that any later request settles: a WorkDone, or a map of any buffer. From then on every use of the buffer
// is refused with that reason. Earlier uses are void.
type Factory interface {
	// CreateBuffer makes a buffer that only the GPU can use.
	CreateBuffer(*Descriptor) (Buffer, error)
	// CreateMappableBuffer makes a buffer with a map usage, or mapped at creation, or both.
	CreateMappableBuffer(*Descriptor) (MappableBuffer, error)
}

// Unwrap returns the backend's buffer inside of b, or b if it is that already. The engine's buffers wrap a backend's
// buffer, and can replace it with a larger one.
func Unwrap(b Buffer) Buffer {
	for {
		w, ok := b.(interface{ Unwrap() Buffer })
		if !ok {
			return b
		}
		b = w.Unwrap()
	}
}

// Map maps the whole buffer and waits. If ctx ends first, the map is cancelled, and the buffer can be used again when
// Map returns; the error of ctx is the Cause of an [*Error]. A map that is refused changes nothing.
func Map(ctx context.Context, b MappableBuffer, mode MapMode) error {
	return MapError(AwaitMap(ctx, b.Label(), b.MapAsync(mode, 0, b.Size()), b.Unmap), "map", b.Label())
}

// AwaitMap waits for a map, which unmap cancels if ctx ends first. It does not cancel a settled map: if that was
// refused, unmap would end the map of another.
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
