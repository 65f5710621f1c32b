//go:build js && wasm

package main

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var mappableFunctions = []function{
	{"createMappableBuffer", createMappableBuffer}, // (system, label, size, usage, mappedAtCreation) => buffer
	{"explainMap", explainMap},                     // (mappable, mode, offset, size): the rule that such a map breaks
}

// mappableBuffer is mapped by JavaScript, on the GPUBuffer itself: a promise that went through Go would
// settle later, and refuse earlier, than the browser's. What Go knows of its state is therefore what it
// asks the browser, as for a buffer that it did not make.
type mappableBuffer struct {
	heldMappable
	adopted buffers.Buffer
}

type heldMappable interface {
	buffers.MappableBuffer
	buffers.Held
}

func (m *mappableBuffer) shared() buffers.Buffer { return m.adopted }

// Valid adds to what the browser knows whether the buffer was destroyed.
func (m *mappableBuffer) Valid() bool { return m.heldMappable.Valid() }

// Destroy has what the browser is to be asked of no more be refused as destroyed.
func (m *mappableBuffer) Destroy() {
	m.adopted.Destroy()
	m.heldMappable.Destroy()
}

func createMappableBuffer(c *call) (any, error) {
	s := c.system(0)
	d := buffers.Descriptor{Label: c.named(1), Size: c.whole(2, "size"), Usage: c.usage(3), MappedAtCreation: c.flag(4, "mappedAtCreation")}
	if c.err != nil {
		return nil, c.err
	}
	b, err := s.core.NewMappableBuffer(d)
	if err != nil {
		return nil, err
	}
	return handles.add(s, &mappableBuffer{b.(heldMappable), s.gpu.AdoptBuffer(webgpu.BufferOf(b))}), nil
}

// explainMap fails if a map of the buffer, unmapped, would be refused.
func explainMap(c *call) (any, error) {
	b, _ := object[*mappableBuffer](c, 0)
	c.labelled(b)
	mode := c.word(1, "mode", 0)
	offset := c.wholeOr(2, "offset", 0)
	if c.err != nil {
		return nil, c.err
	}
	rest := b.Size() - min(offset, b.Size())
	size := c.wholeOr(3, "size", rest)
	if c.err != nil {
		return nil, c.err
	}
	var unmapped gpu.Lifecycle
	unmapped.Create(&buffers.Descriptor{})
	_, err := unmapped.BeginMap(b, buffers.MapMode(min(mode, math.MaxUint8)), offset, size)
	return nil, err
}
