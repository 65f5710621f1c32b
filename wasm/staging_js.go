//go:build js && wasm

package main

import (
	"runtime"

	"github.com/gpubuffers/gpubuffers/buffers"
)

var stagingFunctions = []function{
	{"createImmediateStagingBuffer", createImmediate}, // (system, label, size, rowBytes) => buffer
	{"createDeferredStagingBuffer", createDeferred},   // (system, label, size, rowBytes) => buffer
	{"stage", stage},                     // (buffer, data): appends
	{"stageAt", stageAt},                 // (buffer, offset, data)
	{"staged", staged},                   // (buffer) => number of bytes
	{"stagingRange", stagingRange},       // (buffer) => Uint8Array
	{"uploadTo", uploadTo},               // (buffer, encoder, destination, offset)
	{"uploadToTexture", uploadToTexture}, // (buffer, encoder, texture, mip level, origin and size in 3 numbers each, aspect)
	{"resetStaging", resetStaging},       // (immediate)
	{"mapStaging", mapStaging},           // (deferred) => Promise
	{"unmapStaging", unmapStaging},       // (deferred)
}

// stagingBuffer is what both staging buffers do.
type stagingBuffer interface {
	Label() string
	Written() uint64
	WriteMemory(buffers.Memory) error
	WriteMemoryAt(buffers.Memory, uint64) error
	MappedRange() (any, error)
	UploadTo(buffers.Encoder, buffers.Buffer, uint64) error
	UploadToTexture(buffers.Encoder, buffers.TextureRegion) error
}

var (
	_ stagingBuffer = (*buffers.ImmediateStagingBuffer)(nil)
	_ stagingBuffer = (*buffers.DeferredStagingBuffer)(nil)
)

func (c *call) staging() (stagingBuffer, *system) {
	b, s := object[stagingBuffer](c, 0)
	c.labelled(b)
	return b, s
}

func (c *call) stagingDescriptor() buffers.StagingDescriptor {
	return buffers.StagingDescriptor{Label: c.named(1), Size: c.whole(2, "size"), RowBytes: c.count(3, "rowBytes")}
}

func createImmediate(c *call) (any, error) {
	s, d := c.system(0), c.stagingDescriptor()
	if c.err != nil {
		return nil, c.err
	}
	b, err := s.core.NewImmediateStagingBuffer(buffers.NoWait, d)
	if err != nil {
		return nil, err
	}
	return handles.add(s, b), nil
}

func createDeferred(c *call) (any, error) {
	s, d := c.system(0), c.stagingDescriptor()
	if c.err != nil {
		return nil, c.err
	}
	b, err := s.core.NewDeferredStagingBuffer(d)
	if err != nil {
		return nil, err
	}
	return handles.add(s, b), nil
}

func stage(c *call) (any, error) {
	b, _ := c.staging()
	m := c.data(1, "data")
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.WriteMemory(m)
}

func stageAt(c *call) (any, error) {
	b, _ := c.staging()
	offset := c.whole(1, "offset")
	m := c.data(2, "data")
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.WriteMemoryAt(m, offset)
}

func staged(c *call) (any, error) {
	b, _ := c.staging()
	if c.err != nil {
		return nil, c.err
	}
	return float64(b.Written()), nil
}

func stagingRange(c *call) (any, error) {
	b, _ := c.staging()
	if c.err != nil {
		return nil, c.err
	}
	return b.MappedRange()
}

func uploadTo(c *call) (any, error) {
	b, s := c.staging()
	encoder := c.encoder(1, s)
	destination := c.buffer(2, s, "destination")
	offset := c.wholeOr(3, "offset", 0)
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.UploadTo(encoder, destination, offset)
}

func uploadToTexture(c *call) (any, error) {
	b, s := c.staging()
	encoder := c.encoder(1, s)
	region := c.region(2, s)
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.UploadToTexture(encoder, region)
}

func resetStaging(c *call) (any, error) {
	b, _ := object[*buffers.ImmediateStagingBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.Reset(buffers.NoWait)
}

func mapStaging(c *call) (any, error) {
	b, _ := object[*buffers.DeferredStagingBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	settled := b.MapAsync()
	p, settle := newPromise(c.op)
	later(func() { // the task may give up a map whose memory was there at once
		go func() {
			defer runtime.KeepAlive(b)
			settle(nil, <-settled)
		}()
	})
	return p, nil
}

func unmapStaging(c *call) (any, error) {
	b, _ := object[*buffers.DeferredStagingBuffer](c, 0)
	if c.err != nil {
		return nil, c.err
	}
	return nil, b.Unmap()
}
