//go:build js && wasm

package jsbridge

import "syscall/js"

// ByteLength is the size of an ArrayBuffer, a SharedArrayBuffer, a typed array
// or a DataView: 0 for a detached one, but that a detached DataView, like any
// other value, is an [ErrType].
func ByteLength(data js.Value) (uint64, error) {
	s, err := spanOf("ByteLength", data)
	return s.size, err
}
