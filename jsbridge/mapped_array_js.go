//go:build js && wasm

package jsbridge

import "syscall/js"

// MappedArray gives a Uint8Array over size bytes of the mapped part, from the
// buffer's byte offset on. It is detached when the buffer is unmapped. Unlike
// [Buffer.MappedRange] it goes along with the copying methods.
func (b *Buffer) MappedArray(offset, size uint64) (js.Value, error) {
	const op = "Buffer.MappedArray"
	if err := b.take(op, offset, size); err != nil {
		return js.Undefined(), err
	}
	taken, err := fusedRange.call(uint32(b.mapping.taken))
	if err != nil {
		return js.Undefined(), err
	}
	array, err := newUint8Array(taken, offset-b.mapping.offset, size)
	return array, b.mappedError(op, err)
}
