//go:build js && wasm

package jsbridge

import (
	"math/bits"
	"runtime"
	"sync"
	"syscall/js"
	"unsafe"
)

// goMemory gives JavaScript Go's bytes to read.
var goMemory memory

// memory lends slices to JavaScript calls. Given the live buffer of the
// module's WebAssembly.Memory, JavaScript reads a slice in place. Without it,
// the slice is copied into one kept array.
//
// The buffer comes from [js.CopyBytesToJS], which calls the method set of its
// destination with a view of Go's memory. The tap is a Uint8Array whose own set
// keeps that view. The loader of Go is written that way but promises nothing,
// so the first use checks it.
type memory struct {
	mu      sync.Mutex
	probed  bool
	direct  bool     // JavaScript can read Go's memory
	buffer  js.Value // the memory's ArrayBuffer; detached when the memory grows
	tap     js.Value
	class   js.Value // ArrayBuffer as it was found: a page may replace it
	caught  js.Value // the array that the tap's set pushes onto
	scratch js.Value // the kept array
	size    int      // bytes that scratch holds
	kept    js.Value // scratch's ArrayBuffer
	escaped *byte
}

// lend calls f with the ArrayBuffer that holds p and the offset of p in it. f
// must be done with it when it returns. If f failed and Go's heap has grown,
// which detaches the memory's buffer, lend calls it again.
func (m *memory) lend(p []byte, f func(data js.Value, at uint64) error) error {
	if !m.readable() {
		return m.lendCopy(p, f)
	}
	defer runtime.KeepAlive(p)
	for {
		buffer := m.buffer
		err := f(buffer, m.address(p))
		if err == nil || !m.moved(buffer) {
			return err
		}
	}
}

// readable reports whether JavaScript can read Go's memory directly.
func (m *memory) readable() bool {
	if !m.probed {
		m.mu.Lock()
		m.direct = m.probe()
		m.probed = true
		m.mu.Unlock()
	}
	return m.direct
}

// address is the offset of p in the module's memory. It forces p to the heap:
// a goroutine's stack can move during the call that uses the address.
func (m *memory) address(p []byte) uint64 {
	m.escaped = unsafe.SliceData(p)
	m.escaped = nil
	if len(p) == 0 {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p))))
}

// moved reports whether the memory has another buffer than this one now.
func (m *memory) moved(buffer js.Value) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refresh() && !m.buffer.Equal(buffer)
}

func (m *memory) lendCopy(p []byte, f func(data js.Value, at uint64) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grow(len(p))
	js.CopyBytesToJS(m.scratch, p)
	return f(m.kept, 0)
}

// lendToWrite is lend for an f that writes to the array. p then has those
// bytes.
func (m *memory) lendToWrite(p []byte, f func(data js.Value, at uint64) error) error {
	if m.readable() {
		return m.lend(p, f)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grow(len(p))
	if err := f(m.kept, 0); err != nil {
		return err
	}
	js.CopyBytesToGo(p, m.scratch)
	return nil
}

const leastScratch = 64 << 10

// grow makes the kept array hold n bytes, in powers of two.
func (m *memory) grow(n int) {
	if !m.scratch.IsUndefined() && n <= m.size {
		return
	}
	m.size = max(leastScratch, 1<<bits.Len(uint(max(n, 1)-1)))
	m.scratch = js.Global().Get("Uint8Array").New(m.size)
	m.kept = m.scratch.Get("buffer")
}
