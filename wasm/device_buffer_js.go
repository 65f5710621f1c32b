//go:build js && wasm

package main

import (
	"context"
	"runtime"

	"github.com/gpubuffers/gpubuffers/buffers"
)

var deviceFunctions = []function{
	{"createDeviceBuffer", createDeviceBuffer}, // (system, label, size, usage) => buffer
	{"write", write},           // (buffer, offset, data, dataOffset, size)
	{"grow", grow},             // (buffer, size)
	{"awaitGrow", awaitGrow},   // (buffer) => Promise
	{"generation", generation}, // (buffer) => number
}

type deviceBuffer struct{ *buffers.DeviceBuffer }

func (b deviceBuffer) shared() buffers.Buffer { return b.DeviceBuffer }

func createDeviceBuffer(c *call) (any, error) {
	s := c.system(0)
	c.named(1)
	return c.makeDeviceBuffer(s, 2)
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
