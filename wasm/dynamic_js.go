//go:build js && wasm

package main

import (
	"math"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var dynamicFunctions = []function{
	{"createDynamicBuffer", createDynamicBuffer}, // (system, label, size, usage, maxSlots) => buffer
	{"dynamicUpdate", numeric(updateDynamic)},    // (dynamic, size) => what the export of that name gives
	{"dynamicMemory", dynamicMemory},             // (dynamic) => Uint8Array of the page of the latest update: see the export dynamicPage
	{"dynamicNative", dynamicNative},             // (dynamic) => GPUBuffer of the latest update
	{"dynamicAlignment", dynamicAlignment},       // (dynamic) => number
	{"dynamicSlots", dynamicSlots},               // (dynamic) => number
}

// dynamicBuffer numbers the GPU buffers that updates are in.
//
// JavaScript writes into the page itself: into an ArrayBuffer that is the page's alone, or a mapped range. No byte of
// it is in Go's memory.
type dynamicBuffer struct {
	*buffers.DynamicBuffer
	current buffers.Buffer
	page    uint64 // number of current
	numbers map[buffers.Buffer]uint64
	last    uint64
}

// maxNumbered bounds the numbers kept for buffers that are in use, or were.
const maxNumbered = 64

// update takes size bytes, and returns the number of the buffer that they are in times 2^32 plus their
// offset. As long as the number is the same so are buffer and arena; a number stands for one buffer.
func (d *dynamicBuffer) update(size uint64) (float64, error) {
	a, err := d.Update(size)
	if err != nil {
		return 0, err
	}
	if a.Buffer != d.current {
		d.goOnIn(a.Buffer)
	}
	return float64(d.page<<32 | a.Offset), nil
}

func (d *dynamicBuffer) goOnIn(b buffers.Buffer) {
	n, known := d.numbers[b]
	if !known {
		n = d.number(b)
	}
	d.current, d.page = b, n
}

// number wraps after a million buffers, so that it stays whole in a double.
func (d *dynamicBuffer) number(b buffers.Buffer) uint64 {
	if len(d.numbers) == maxNumbered {
		clear(d.numbers)
	}
	d.last = d.last%(1<<20-1) + 1
	d.numbers[b] = d.last
	return d.last
}

func createDynamicBuffer(c *call) (any, error) {
	s := c.system(0)
	d := buffers.DynamicDescriptor{
		Label:      c.named(1),
		Size:       c.whole(2, "size"),
		Usage:      c.usage(3),
		MaxSlots:   int(min(c.count(4, "maxSlots"), math.MaxInt32)),
		HostMemory: newArena,
	}
	if c.err != nil {
		return nil, c.err
	}
	b, err := s.core.NewDynamicBuffer(d)
	if err != nil {
		return nil, err
	}
	return handles.add(s, &dynamicBuffer{DynamicBuffer: b, numbers: map[buffers.Buffer]uint64{}}), nil
}

func newArena(size uint64) (buffers.Host, error) { return webgpu.MakeData(size) }

func (c *call) dynamic() *dynamicBuffer {
	d, _ := object[*dynamicBuffer](c, 0)
	c.labelled(d)
	return d
}

func updateDynamic(c *call) (float64, error) {
	d, size := c.dynamic(), c.whole(1, "size")
	if c.err != nil {
		return 0, c.err
	}
	return d.update(size)
}

// advanceDynamic is the export dynamicAdvance.
func advanceDynamic(c *call) (float64, error) {
	d, end := c.dynamic(), c.whole(1, "end")
	if c.err != nil {
		return 0, c.err
	}
	return float64(end), embedder.Advance(d.DynamicBuffer, end)
}

// pageOfDynamic is the export dynamicPage.
func pageOfDynamic(c *call) (float64, error) {
	d := c.dynamic()
	switch {
	case c.err != nil:
		return 0, c.err
	case d.current == nil:
		return 0, c.notUpdated()
	}
	mapped := embedder.Mapped(d.DynamicBuffer)
	if mapped != nil && webgpu.HandMapped(mapped, buffers.MapWrite, esModule.mappedRange, float64(d.PageSize()), 0) == nil {
		return 0, nil
	}
	return float64(embedder.Page(d.DynamicBuffer) + 1), nil
}

func dynamicMemory(c *call) (any, error) {
	d := c.dynamic()
	if c.err != nil {
		return nil, c.err
	}
	if mapped, ok := embedder.Mapped(d.DynamicBuffer).(gpu.RangeMapper); ok {
		return mapped.MappedRange(0, d.PageSize())
	}
	memory, err := embedder.Memory(d.DynamicBuffer)
	if err != nil {
		return nil, err
	}
	if memory == nil {
		return nil, c.notUpdated()
	}
	return construct(js.Global().Get("Uint8Array"), memory.(*webgpu.Data).JSValue())
}

func (c *call) notUpdated() error {
	return gpu.NewError(c.op, c.label, buffers.ErrState, "nothing was updated yet")
}

func dynamicNative(c *call) (any, error) {
	d := c.dynamic()
	if c.err != nil {
		return nil, c.err
	}
	if d.current == nil {
		return nil, c.notUpdated()
	}
	return webgpu.BufferOf(d.current).JSValue(), nil
}

func dynamicAlignment(c *call) (any, error) {
	d := c.dynamic()
	if c.err != nil {
		return nil, c.err
	}
	return float64(d.Alignment()), nil
}

func dynamicSlots(c *call) (any, error) {
	d := c.dynamic()
	if c.err != nil {
		return nil, c.err
	}
	return d.Slots(), nil
}
