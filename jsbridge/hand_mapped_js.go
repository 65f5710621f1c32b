//go:build js && wasm

package jsbridge

import "syscall/js"

// HandMapped calls a JavaScript function with the ArrayBuffer of the whole
// mapped range and two numbers. The function must leave the ArrayBuffer alone
// once it is unmapped. HandMapped goes along with the copying methods.
func (b *Buffer) HandMapped(f js.Value, x, y float64) error {
	const op = "Buffer.HandMapped"
	m := &b.mapping
	if m.taken != 0 {
		_, err := fusedHand.call(uint32(m.taken), f, x, y)
		return b.mappedError(op, err)
	}
	n := kept.number()
	_, err := fusedTakeHand.call(uint32(n), b.value(), m.offset, m.size, f, x, y)
	m.taken = n
	if err == nil {
		return nil
	}
	if taken, _ := fusedRange.call(uint32(n)); !isObject(taken) {
		m.end()
		return err
	}
	return b.mappedError(op, err)
}
