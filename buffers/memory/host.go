package memory

import (
	"strconv"
	"sync"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// HostBytes is memory outside of Go's as far as the core can tell, like an ArrayBuffer in a browser.
type HostBytes struct {
	mu    sync.Mutex
	bytes []byte
}

var (
	_ gpu.Host     = (*HostBytes)(nil)
	_ gpu.Detacher = (*HostBytes)(nil)
)

// NewHostBytes makes host memory with p's content.
func NewHostBytes(p []byte) *HostBytes {
	return &HostBytes{bytes: append([]byte(nil), p...)}
}

// ByteLength is 0 once the memory was detached.
func (h *HostBytes) ByteLength() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return uint64(len(h.bytes))
}

// CopyTo implements [gpu.Host].
func (h *HostBytes) CopyTo(p []byte, offset uint64) error {
	if !h.use(offset, uint64(len(p)), func(from []byte) { copy(p, from) }) {
		return gpu.NewError("copy", "", gpu.ErrRange, "the host's memory was detached or cut")
	}
	return nil
}

// WriteAt is a write by the host itself.
func (h *HostBytes) WriteAt(p []byte, offset int64) (int, error) {
	if !h.use(uint64(offset), uint64(len(p)), func(to []byte) { copy(to, p) }) {
		return 0, gpu.NewError("write", "", gpu.ErrRange, "the host's memory was detached or cut")
	}
	return len(p), nil
}

// Detach implements [gpu.Detacher], like the transfer of an ArrayBuffer.
func (h *HostBytes) Detach() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bytes = nil
}

// Bytes returns a copy of the content.
func (h *HostBytes) Bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]byte(nil), h.bytes...)
}

// use calls f with a part of the content.
func (h *HostBytes) use(offset, size uint64, f func([]byte)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	length := uint64(len(h.bytes))
	if offset > length || size > length-offset {
		return false
	}
	f(h.bytes[offset : offset+size])
	return true
}

// load copies m to dst, which is as long as m.
func load(op, label string, dst []byte, m gpu.Memory) error {
	if p, ok := m.Bytes(); ok {
		move(dst, p)
		return nil
	}
	return useHost(op, label, m, func(p []byte) { move(dst, p) })
}

// save copies src, which is as long as m, to m.
func save(op, label string, src []byte, m gpu.Memory) error {
	if p, ok := m.Bytes(); ok {
		move(p, src)
		return nil
	}
	return useHost(op, label, m, func(p []byte) { move(p, src) })
}

// move copies src to the beginning of dst.
//
// The race detector checks each word that the built-in copies, which would take most of the time of tests. It does not
// check this function.
//
//go:norace
func move(dst, src []byte) {
	type block = [4096]byte
	for len(src) >= len(block{}) {
		*(*block)(dst) = *(*block)(src)
		dst, src = dst[len(block{}):], src[len(block{}):]
	}
	copy(dst, src)
}

func useHost(op, label string, m gpu.Memory, f func([]byte)) error {
	host, offset, size := m.Host()
	h, ok := host.(*HostBytes)
	if !ok {
		return gpu.NewError(op, label, gpu.ErrUnsupported, "host memory of another backend")
	}
	if !h.use(offset, size, f) {
		return gpu.NewError(op, label, gpu.ErrRange, strconv.FormatUint(size, 10)+" bytes at "+
			strconv.FormatUint(offset, 10)+" are not there: the host's memory was detached or cut")
	}
	return nil
}
