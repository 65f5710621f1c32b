//go:build js && wasm

package jsbridge

import "syscall/js"

// CopyBytes fills p from byte offset on of a BufferSource.
func CopyBytes(p []byte, data js.Value, offset uint64) error {
	from, err := partOf("CopyBytes", data, offset, uint64(len(p)))
	if err != nil {
		return err
	}
	bytes, err := from.bytes()
	if err != nil {
		return err
	}
	js.CopyBytesToGo(p, bytes)
	return nil
}
