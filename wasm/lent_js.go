//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var lentFunctions = []function{
	{"lendBy", "lend", lendBy}, // (object): see lent
}

// lent is an object of the ES module's, whose property memory is the ArrayBuffer that goes along with a call
// of an export, which takes numbers alone.
var lent js.Value

func lendBy(c *call) (any, error) {
	if v := c.value(0); isObject(v) {
		lent = v
	} else {
		c.wrongType("lender", "an object", v)
	}
	return nil, c.err
}

func lentMemory() (buffers.Memory, error) {
	d, err := webgpu.NewData(lent.Get("memory"))
	if err != nil {
		return buffers.Memory{}, err
	}
	return buffers.HostMemory(d), nil
}
