package gpu

// Host is memory outside of Go's, such as a JavaScript ArrayBuffer, which a backend moves to and from the GPU without
// bringing it into Go. Only the backend that made it knows its contents.
type Host interface {
	// ByteLength is its size; 0 if it was taken away (a detached ArrayBuffer).
	ByteLength() uint64
	// CopyTo copies from byte offset on, as many bytes as p has room for.
	CopyTo(p []byte, offset uint64) error
}

// Detacher is the ability of a Host to give its memory up at once, instead of when the host's collector finds it
// unused. Views of it have no bytes from then on.
type Detacher interface{ Detach() }

// Memory is a piece of CPU memory: a Go slice or a part of a Host. It is a view, like a slice, and is passed by value.
// A function that takes a Memory is done with it when the call returns, unless it says otherwise.
type Memory struct {
	bytes  []byte
	host   Host
	offset uint64
	size   uint64
}

// Bytes is the Memory of a Go slice.
func Bytes(p []byte) Memory { return Memory{bytes: p, size: uint64(len(p))} }

// HostMemory is the Memory of the whole of h.
func HostMemory(h Host) Memory { return Memory{host: h, size: h.ByteLength()} }

// Size is in bytes.
func (m Memory) Size() uint64 { return m.size }

// Slice is the part of size bytes at offset. It panics if that is not within m, as a slice would.
func (m Memory) Slice(offset, size uint64) Memory {
	if offset > m.size || size > m.size-offset {
		panic("buffers: Memory.Slice out of range")
	}
	if m.host == nil {
		return Bytes(m.bytes[offset : offset+size])
	}
	return Memory{host: m.host, offset: m.offset + offset, size: size}
}

// Bytes returns the Go slice, or false if the memory is the host's.
func (m Memory) Bytes() ([]byte, bool) { return m.bytes, m.host == nil }

// Host returns the host's memory with the offset and size of the part meant, or nil if the memory
// is Go's.
func (m Memory) Host() (h Host, offset, size uint64) { return m.host, m.offset, m.size }

// CopyTo copies m to p. It is for a few bytes.
func (m Memory) CopyTo(p []byte) error {
	p = p[:m.size]
	if m.host != nil {
		return m.host.CopyTo(p, m.offset)
	}
	copy(p, m.bytes)
	return nil
}

// WriteMapped copies m into the mapped range of b.
func WriteMapped(b MappableBuffer, m Memory, offset uint64) error {
	if p, ok := m.Bytes(); ok {
		_, err := b.WriteAt(p, int64(offset))
		return err
	}
	if h, ok := b.(HostMapper); ok {
		return h.WriteMemoryAt(m, offset)
	}
	return NewError("write", b.Label(), ErrUnsupported, "this backend takes Go memory only")
}

// ReadMapped copies from the mapped range of b into m.
func ReadMapped(b MappableBuffer, m Memory, offset uint64) error {
	if p, ok := m.Bytes(); ok {
		_, err := b.ReadAt(p, int64(offset))
		return err
	}
	if h, ok := b.(HostMapper); ok {
		return h.ReadMemoryAt(m, offset)
	}
	return NewError("read", b.Label(), ErrUnsupported, "this backend takes Go memory only")
}
