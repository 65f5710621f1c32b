//go:build js && wasm

package webgpu

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// HandMapped calls a JavaScript function with two numbers and the ArrayBuffer of the whole mapped range of a buffer of
// this backend, mapped for reading or writing. The function must not use it once the buffer is unmapped.
func HandMapped(b gpu.MappableBuffer, mode gpu.MapMode, f js.Value, x, y float64) error {
	const op = "hand over"
	m, ok := gpu.Unwrap(b).(*mappable)
	if !ok {
		return gpu.NewError(op, b.Label(), gpu.ErrUnsupported, "a buffer of another backend")
	}
	m.device.mu.Lock()
	defer m.device.mu.Unlock()
	_, offset, size := m.life.Range()
	if err := m.checkAccess(op, mode == gpu.MapWrite, signed(offset), size); err != nil {
		return err
	}
	return m.device.translated(op, m.Label(), m.bridge.HandMapped(f, x, y))
}
