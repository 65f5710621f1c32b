//go:build js && wasm

package main

import (
	"context"
	"math"
	"runtime"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var readbackFunctions = []function{
	{"createReadbackBuffer", createReadbackBuffer}, // (system, label, policy, maxInFlight) => buffer
	{"read", read},               // (readback, source, offset, size, into) => Promise of the data
	{"readTexture", readTexture}, // (readback, texture, mip level, origin and size in 3 numbers each, aspect, into) => Promise
}

func createReadbackBuffer(c *call) (any, error) {
	s := c.system(0)
	d := buffers.ReadbackDescriptor{
		Label:       c.named(1),
		Policy:      buffers.ReadPolicy(c.choice(2, "policy", "all", "latest")),
		MaxInFlight: int(min(c.count(3, "maxInFlight"), math.MaxInt32)),
	}
	if c.err != nil {
		return nil, c.err
	}
	b, err := s.core.NewReadbackBuffer(d)
	if err != nil {
		return nil, err
	}
	return handles.add(s, b), nil
}

func read(c *call) (any, error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	source, offset, rest := c.source(s)
	size := c.readSize(3, 4, rest)
	c.within(offset, size, rest)
	into, result := c.destination(4, size)
	return c.promiseRead(r, s, result, func() (buffers.Read, error) { return r.Start(source, offset, into) })
}

// source is the buffer to read from, where, and how many bytes are left from there on.
func (c *call) source(s *system) (source buffers.Buffer, offset, rest uint64) {
	source = c.buffer(1, s, "source")
	offset = c.wholeOr(2, "offset", 0)
	if c.err != nil {
		return nil, 0, 0
	}
	if offset > source.Size() {
		c.fail(buffers.ErrRange, "offset "+decimal(offset)+" exceeds size "+decimal(source.Size()))
		return nil, 0, 0
	}
	return source, offset, source.Size() - offset
}

func (c *call) within(offset, size, rest uint64) {
	if size > rest {
		c.fail(buffers.ErrRange, decimal(size)+" bytes at "+decimal(offset)+" exceed size "+decimal(offset+rest))
	}
}

// fits checks size bytes against those of the memory to read into.
func (c *call) fits(size, into uint64) {
	if size > into {
		c.fail(buffers.ErrRange, "memory of "+decimal(into)+" bytes for a read of "+decimal(size))
	}
}

// readSize is the size asked for, or that of the memory to read into, or all there is.
func (c *call) readSize(sizeAt, intoAt int, all uint64) uint64 {
	if c.value(sizeAt).IsUndefined() && !c.value(intoAt).IsUndefined() {
		return c.data(intoAt, "into").Size()
	}
	return c.wholeOr(sizeAt, "size", all)
}

func readTexture(c *call) (any, error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	region, size := c.texels(s)
	into, result := c.destination(10, size)
	return c.promiseRead(r, s, result, func() (buffers.Read, error) { return r.StartTexture(region, into) })
}

// texels are those to read, and how many bytes they are.
func (c *call) texels(s *system) (region buffers.TextureRegion, size uint64) {
	region = c.region(1, s)
	if c.err != nil {
		return region, 0
	}
	f, err := gpu.CheckRegion(c.op, region, gpu.TextureCopySrc)
	if err != nil {
		c.failed(err)
	}
	return region, f.Bytes()
}

// destination is the memory to read size bytes into, the caller's or new, and the value that the read
// resolves with.
func (c *call) destination(i int, size uint64) (buffers.Memory, js.Value) {
	v := c.value(i)
	if c.err == nil && v.IsUndefined() {
		v = c.newMemory(size)
	}
	m := c.memory(v, "into")
	c.fits(size, m.Size())
	if c.err != nil {
		return buffers.Memory{}, v
	}
	return m.Slice(0, size), v
}

func (c *call) newMemory(size uint64) js.Value {
	v, err := construct(js.Global().Get("ArrayBuffer"), size)
	if err != nil {
		c.failed(&buffers.Error{Op: c.op, Label: c.label, Reason: buffers.ErrOutOfMemory, Cause: err})
	}
	return v
}

// promiseRead asks for a read and returns the Promise of result.
func (c *call) promiseRead(r *buffers.ReadbackBuffer, s *system, result js.Value, start func() (buffers.Read, error)) (any, error) {
	if c.err != nil {
		return nil, c.err
	}
	pending, err := start()
	if err != nil {
		return nil, err
	}
	s.flush()
	return promise(c.op, func() (any, error) {
		defer runtime.KeepAlive(r) // a read of a buffer that JavaScript dropped goes on
		return result, pending.Wait(context.Background())
	}), nil
}
