//go:build js && wasm

package main

import (
	"math"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var dynamicFunctions = []function{
	{"createDynamicBuffer", "create", createDynamicBuffer}, // (system, label, size, usage, maxSlots) => buffer
	{"dynamicUpdate", "update", updateDynamic},             // (dynamic, size) => what the export of that name gives, or why it failed
	{"dynamicNative", "native", dynamicNative},             // (dynamic) => GPUBuffer of the latest update
	{"dynamicAlignment", "alignment", dynamicAlignment},    // (dynamic) => number
	{"dynamicSlots", "slots", dynamicSlots},                // (dynamic) => number
}

// dynamicBuffer follows which page of which slot the latest update is in.
//
// JavaScript writes into the page itself: through a view of the module's memory, or of a mapped range.
type dynamicBuffer struct {
	*buffers.DynamicBuffer
	current buffers.Buffer
	page    uint64  // number of current
	address uintptr // of the page in the module's memory
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
		d.turn(&a)
	}
	return float64(d.page<<32 | a.Offset), nil
}

func (d *dynamicBuffer) turn(a *buffers.Allocation) {
	d.current = a.Buffer
	d.address = uintptr(unsafe.Pointer(unsafe.SliceData(a.Bytes))) - uintptr(a.Offset)
	n, known := d.numbers[a.Buffer]
	if !known {
		n = d.number(a.Buffer)
	}
	d.page = n
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
		Label:    c.named(1),
		Size:     c.whole(2, "size"),
		Usage:    c.usage(3),
		MaxSlots: int(min(c.wholeOr(4, "maxSlots", 0), math.MaxInt32)),
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

func (c *call) dynamic() *dynamicBuffer {
	d, _ := object[*dynamicBuffer](c, 0)
	c.labelled(d)
	return d
}

func updateDynamic(c *call) (any, error) {
	d, size := c.dynamic(), c.whole(1, "size")
	if c.err != nil {
		return nil, c.err
	}
	return d.update(size)
}

func dynamicNative(c *call) (any, error) {
	d := c.dynamic()
	if c.err != nil {
		return nil, c.err
	}
	if d.current == nil {
		return nil, buffers.NewError(c.op, c.label, buffers.ErrState, "nothing was updated yet")
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
