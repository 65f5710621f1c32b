//go:build js && wasm

package main

import (
	"math"
	"runtime"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

var readbackFunctions = []function{
	{"createReadbackBuffer", "create", createReadbackBuffer}, // (system, label, policy, maxInFlight) => buffer
	{"read", "read", read},                       // (readback, source, offset, size, into, signal) => Promise of the data
	{"readTexture", "read texture", readTexture}, // (readback, texture, mip level, origin and size in 3 numbers each, into, signal) => Promise
}

func createReadbackBuffer(c *call) (any, error) {
	s := c.system(0)
	d := buffers.ReadbackDescriptor{
		Label:       c.named(1),
		Policy:      buffers.ReadPolicy(c.choice(2, "policy", "all", "latest")),
		MaxInFlight: int(min(c.wholeOr(3, "maxInFlight", 0), math.MaxInt32)),
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
	source := c.buffer(1, s, "source")
	offset := c.wholeOr(2, "offset", 0)
	if c.err != nil {
		return nil, c.err
	}
	if offset > source.Size() {
		c.fail(buffers.ErrRange, "offset "+decimal(offset)+" exceeds size "+decimal(source.Size()))
	}
	size := c.readSize(3, 4, source.Size()-offset)
	if c.err == nil && size > source.Size()-offset {
		c.fail(buffers.ErrRange, decimal(size)+" bytes at "+decimal(offset)+" exceed size "+decimal(source.Size()))
	}
	into, result := c.destination(4, size)
	return c.startRead(r, s, 5, result, func() (buffers.Read, error) { return r.Start(source, offset, into) })
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
	region := c.region(1, s)
	if c.err != nil {
		return nil, c.err
	}
	e := region.Extent
	layout := buffers.TexelLayout{BytesPerRow: uint32(uint64(e.Width) * region.Texture.TexelSize()), RowsPerImage: e.Height}
	size, err := buffers.CheckTexels(c.op, layout, region)
	if err != nil {
		return nil, err
	}
	into, result := c.destination(9, size)
	return c.startRead(r, s, 10, result, func() (buffers.Read, error) { return r.StartTexture(region, into) })
}

// destination is the memory to read size bytes into, the caller's or new, and the value that the read
// resolves with.
func (c *call) destination(i int, size uint64) (buffers.Memory, js.Value) {
	v := c.value(i)
	if c.err == nil && v.IsUndefined() {
		v = c.newMemory(size)
	}
	m := c.memory(v, "into")
	if c.err == nil && size > m.Size() {
		c.fail(buffers.ErrRange, "memory of "+decimal(m.Size())+" bytes for a read of "+decimal(size))
	}
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

// startRead asks for a read and returns the Promise of result.
func (c *call) startRead(r *buffers.ReadbackBuffer, s *system, signalAt int, result js.Value, start func() (buffers.Read, error)) (any, error) {
	ctx, done := c.signal(signalAt)
	if c.err != nil {
		return nil, c.err
	}
	pending, err := start()
	if err != nil {
		return nil, done(err)
	}
	s.flush(r)
	return promise(c.op, func() (any, error) {
		defer runtime.KeepAlive(r) // a read of a buffer that JavaScript dropped goes on
		return result, done(pending.Wait(ctx))
	}), nil
}
