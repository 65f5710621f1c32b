//go:build js && wasm

package jsbridge

import "syscall/js"

// AdoptCommandBuffer wraps a GPUCommandBuffer.
func AdoptCommandBuffer(v js.Value) (*CommandBuffer, error) {
	if _, err := adopt("AdoptCommandBuffer", &commandsLabel, v); err != nil {
		return nil, err
	}
	return &CommandBuffer{v}, nil
}
