//go:build js && wasm

package jsbridge

import "syscall/js"

// HandMapped calls a JavaScript function with the ArrayBuffer of all that is
// mapped and two numbers. The function must leave the ArrayBuffer alone
// afterwards. It goes along with the copying methods.
func (b *Buffer) HandMapped(f js.Value, x, y float64) error {
	const op = "Buffer.HandMapped"
	if err := b.take(op, b.mapping.offset, b.mapping.size); err != nil {
		return err
	}
	_, err := compositeHand.call(uint32(b.mapping.taken), f, x, y)
	return b.mappedError(op, err)
}
