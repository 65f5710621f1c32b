//go:build js && wasm

package webgpu

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// HandMapped calls a JavaScript function with the ArrayBuffer of all that is mapped of a buffer of this
// backend, and two numbers. The function must leave it alone afterwards.
func HandMapped(b buffers.MappableBuffer, f js.Value, x, y float64) error {
	m, ok := buffers.Unwrap(b).(*mappable)
	if !ok {
		return buffers.NewError("read", b.Label(), buffers.ErrUnsupported, "a buffer of another backend")
	}
	const op = "read"
	m.device.mu.Lock()
	defer m.device.mu.Unlock()
	_, offset, size := m.life.Range()
	if err := m.checkAccess(op, false, signed(offset), size); err != nil {
		return err
	}
	return m.device.translated(op, m.Label(), m.bridge.HandMapped(f, x, y))
}
