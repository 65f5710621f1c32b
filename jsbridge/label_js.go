//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"unsafe"
)

// nameNext gives a label to the object that a fused call makes next. JavaScript
// decodes it in place: the finalizer of a string that is a value of Go's costs more
// than a buffer.
func nameNext(label string) {
	if label == "" {
		return
	}
	_ = goMemory.lend(unsafe.Slice(unsafe.StringData(label), len(label)), func(data js.Value, at uint64) error {
		_, err := fusedText.call(data, at, len(label))
		return err
	})
}
