//go:build js && wasm

package main

import (
	"syscall/js"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// adoptCommandBuffer stands in for a function of jsbridge's of that name until there is one: a
// jsbridge.CommandBuffer is a struct of one js.Value.
func adoptCommandBuffer(v js.Value) (*jsbridge.CommandBuffer, bool) {
	if !instanceOf(v, "GPUCommandBuffer") {
		return nil, false
	}
	return (*jsbridge.CommandBuffer)(unsafe.Pointer(&v)), true
}
