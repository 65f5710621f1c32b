//go:build js && wasm

package main

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var bufferFunctions = []function{
	{"native", native}, // (device, mappable) => GPUBuffer
	{"state", state},   // (device, mappable) => string
	{"valid", valid},   // (device, mappable) => boolean
}

func native(c *call) (any, error) {
	b, _ := object[gpuBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return webgpu.BufferOf(b.shared()).JSValue(), nil
}

// handOverNative is the export native.
func handOverNative(c *call) (float64, error) {
	b, _ := object[gpuBuffer](c, 0)
	c.needsModule()
	if c.err != nil {
		return 0, c.err
	}
	esModule.result.Invoke(nativeOf(b.shared()).JSValue())
	return 1, nil
}

// nativeOf is the GPUBuffer behind b now. It does not count as handed out.
func nativeOf(b buffers.Buffer) *jsbridge.Buffer { return webgpu.BufferOf(buffers.Unwrap(b)) }

// stateNames are the states as JavaScript writes words.
var stateNames = map[buffers.State]string{
	buffers.Uninitialized: "uninitialized",
	buffers.Ready:         "ready",
	buffers.Mapped:        "mapped",
	buffers.MapPending:    "map-pending",
	buffers.Destroyed:     "destroyed",
}

func state(c *call) (any, error) {
	b, _ := object[gpuBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return stateNames[b.shared().State()], nil
}

func valid(c *call) (any, error) {
	b, _ := object[interface{ Valid() bool }](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return b.Valid(), nil
}
