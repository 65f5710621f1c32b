//go:build js && wasm

package jsbridge

import "syscall/js"

// ByteLength is the size of an ArrayBuffer, a SharedArrayBuffer, a typed array
// or a DataView. A detached one has 0 bytes, except for a detached DataView:
// it is an [ErrType], like any other value.
func ByteLength(data js.Value) (uint64, error) {
	s, err := spanOf("ByteLength", data)
	return s.size, err
}
