//go:build js && wasm

package main

import (
	"context"
	"runtime"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var deviceFunctions = []function{
	{"createDeviceBuffer", numeric(createDeviceBuffer)}, // (system, label, size, usage) => buffer
	{"write", write},           // (buffer, offset, data, dataOffset, size)
	{"wrap", wrap},             // (system, label, GPUBuffer) => buffer
	{"grow", grow},             // (buffer, size)
	{"awaitGrow", awaitGrow},   // (buffer) => Promise
	{"generation", generation}, // (buffer) => number
}

type deviceBuffer struct{ *buffers.DeviceBuffer }

func (b deviceBuffer) shared() buffers.Buffer { return b.DeviceBuffer }

func createDeviceBuffer(c *call) (float64, error) {
	s := c.system(0)
	c.named(1)
	return c.makeDeviceBuffer(s, 2)
}

// makeLabelled is the export createDeviceBuffer.
func makeLabelled(c *call) (float64, error) {
	switch n := c.number(3, "characters"); {
	case n > maxLabel:
		c.label = cut(argument("label"), maxLabel)
	case n > 0:
		c.label = argument("label").String()
	}
	return c.makeDeviceBuffer(c.system(0), 1)
}

// toldNumber is the result of the export of that name.
var toldNumber uint32

// takeMade is the export tellDeviceBuffer.
func takeMade(c *call) (handle float64, err error) {
	s := c.system(0)
	if c.err != nil {
		return 0, c.err
	}
	creations := s.gpu.Creations()
	creations.Leave(true)
	handle, err = makeLabelled(c)
	creations.Leave(false)
	toldNumber = creations.Left()
	return handle, err
}

// countPassed is the export of that name.
func countPassed(c *call) (float64, error) {
	s := c.system(0)
	passed, most, bytes := c.whole(1, "passed"), c.whole(2, "most"), c.whole(3, "bytes")
	if c.err != nil {
		return 0, c.err
	}
	embedder.CountPassed(s.core, passed, most, bytes)
	return 1, nil
}

// makeDeviceBuffer makes the buffer of the call's label, with size and usage, and gives its handle.
func (c *call) makeDeviceBuffer(s *system, i int) (handle float64, err error) {
	d := buffers.Descriptor{Label: c.label, Size: c.whole(i, "size"), Usage: c.usage(i + 1)}
	if c.err != nil {
		return 0, c.err
	}
	b, err := s.core.NewDeviceBuffer(d)
	if err != nil {
		return 0, err
	}
	return handles.add(s, deviceBuffer{b}), nil
}

func write(c *call) (any, error) {
	b, _ := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	offset := c.whole(1, "offset")
	m := c.part(c.data(2, "data"), 3, 4)
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.WriteMemory(offset, m)
}

// allowWrite is the export deviceAllow.
func allowWrite(c *call) (allowed float64, err error) {
	b, _ := object[deviceBuffer](c, 0)
	at, n, follows, mayWait := c.whole(1, "offset"), c.whole(2, "size"), c.number(3, "follows") != 0, c.number(4, "mayWait") != 0
	if c.err != nil {
		return 0, nil // deviceWrite says why
	}
	piece, chunk := embedder.AllowWrite(b.DeviceBuffer, at, n, follows, mayWait)
	if chunk != nil {
		return -1 - float64(writes.lend(chunk)), nil
	}
	return float64(piece), nil
}

// writeAlong is the export deviceWrite.
func writeAlong(c *call) (written float64, err error) {
	b, _ := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	at := c.whole(1, "offset")
	m := c.argumentMemory(c.whole(2, "dataOffset"), c.whole(3, "size"))
	if c.err != nil {
		return 0, c.err
	}
	return float64(m.Size()), b.WriteMemory(at, m)
}

func wrap(c *call) (any, error) {
	s := c.system(0)
	label := c.named(1)
	v := c.value(2)
	if c.err != nil {
		return nil, c.err
	}
	var native *jsbridge.Buffer
	if isObject(v) {
		native, _ = jsbridge.AdoptBuffer(v)
	}
	if native == nil {
		c.wrongType("buffer", "a GPUBuffer", v)
		return nil, c.err
	}
	if label == "" {
		label = native.Label()
	}
	b, err := s.core.Wrap(s.gpu.AdoptBuffer(native), label)
	if err != nil {
		return nil, err
	}
	return handles.add(s, deviceBuffer{b}), nil
}

func grow(c *call) (any, error) {
	b, _ := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	size := c.whole(1, "size")
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.Grow(size)
}

func awaitGrow(c *call) (any, error) {
	b, _ := object[deviceBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return promise(c.op, func() (any, error) {
		defer runtime.KeepAlive(b)
		return nil, b.AwaitGrow(context.Background())
	}), nil
}

func generation(c *call) (any, error) {
	b, _ := object[deviceBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return float64(b.Generation()), nil
}

// labelled has errors name the object that the call is on, if the handle was one.
func (c *call) labelled(o interface{ Label() string }) {
	if c.err == nil {
		c.label = o.Label()
	}
}
