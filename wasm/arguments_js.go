//go:build js && wasm

package main

import (
	"strconv"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// data is a BufferSource, which JavaScript keeps: no byte of it comes into Go's memory.
func (c *call) data(i int, name string) buffers.Memory { return c.memory(c.value(i), name) }

func (c *call) memory(v js.Value, name string) buffers.Memory {
	if c.err != nil {
		return buffers.Memory{}
	}
	if !isObject(v) {
		c.wrongType(name, "an ArrayBuffer or a view", v)
		return buffers.Memory{}
	}
	d, err := webgpu.NewData(v)
	if err != nil {
		c.fail(buffers.ErrType, name+" must be an ArrayBuffer or a view, not another object")
		return buffers.Memory{}
	}
	m := buffers.HostMemory(d)
	if m.Size() == 0 && isDetached(v) {
		c.fail(buffers.ErrType, name+" is detached")
	}
	return m
}

// isDetached tries to view the memory of a BufferSource, which fails if it is detached.
func isDetached(v js.Value) bool {
	memory := v
	if b, err := property(v, "buffer"); err == nil && isObject(b) {
		memory = b
	}
	_, err := construct(js.Global().Get("Uint8Array"), memory)
	return err != nil
}

// part is the part of m that optional arguments offset and size name, all by default.
func (c *call) part(m buffers.Memory, offsetAt, sizeAt int) buffers.Memory {
	offset := c.wholeOr(offsetAt, "dataOffset", 0)
	if offset > m.Size() {
		c.fail(buffers.ErrRange, "dataOffset "+decimal(offset)+" exceeds its "+decimal(m.Size())+" bytes")
		return buffers.Memory{}
	}
	size := c.wholeOr(sizeAt, "size", m.Size()-offset)
	if c.err == nil && size > m.Size()-offset {
		c.fail(buffers.ErrRange, decimal(size)+" bytes at "+decimal(offset)+" exceed the "+decimal(m.Size())+" of the data")
	}
	if c.err != nil {
		return buffers.Memory{}
	}
	return m.Slice(offset, size)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// buffer is a handle of a buffer of the system's, or a GPUBuffer of its device. An export is given 0 for the latter,
// which goes along.
func (c *call) buffer(i int, s *system, name string) buffers.Buffer {
	v := c.value(i)
	switch {
	case c.err != nil:
		return nil
	case c.numbers != nil && c.numbers[i] == 0:
		return c.native(argument("source"), s, name)
	case c.numbers == nil && !is(v, js.TypeNumber):
		return c.native(v, s, name)
	}
	if b := own[gpuBuffer](c, i, s, name); c.err == nil {
		return b.shared()
	}
	return nil
}

// gpuBuffer is what a GPUBuffer stands behind.
type gpuBuffer interface{ shared() buffers.Buffer }

// own is what a handle of the system's stands for. That of another system is refused, on whatever device: if it is
// the same, the GPUBuffer can be given.
func own[T any](c *call, i int, s *system, name string) T {
	o, owner := c.handle(i)
	t, ok := o.(T)
	if !ok {
		c.fail(buffers.ErrType, name+" is an object of another kind")
	} else if owner != s {
		c.fail(buffers.ErrWrongDevice, "the handle is another system's")
	}
	return t
}

func (c *call) native(v js.Value, s *system, name string) buffers.Buffer {
	if isObject(v) {
		if b := s.foreignBuffer(v); b != nil {
			return b
		}
	}
	c.wrongType(name, "a buffer", v)
	return nil
}

// adoptedBuffer is a GPUBuffer of the caller's, which stays the same to the core until its reads are sent: so these
// share copies.
type adoptedBuffer struct {
	native js.Value
	buffers.Buffer
}

// foreignBuffer is nil if v is no GPUBuffer.
func (s *system) foreignBuffer(v js.Value) buffers.Buffer {
	for _, a := range s.foreign {
		if a.native.Equal(v) {
			return a.Buffer
		}
	}
	b, err := jsbridge.AdoptBuffer(v)
	if err != nil {
		return nil
	}
	a := adoptedBuffer{v, s.gpu.AdoptBuffer(b)}
	s.foreign = append(s.foreign, a)
	return a.Buffer
}

// encoder is a GPUCommandEncoder, of the frame or of the caller's.
func (c *call) encoder(i int, s *system) buffers.Encoder {
	if c.err != nil {
		return nil
	}
	return c.encoderOf(c.value(i), s, "encoder", "a GPUCommandEncoder")
}

func (c *call) encoderOf(v js.Value, s *system, name, want string) buffers.Encoder {
	if isObject(v) {
		if e := s.encoderOf(v); e != nil {
			return e
		}
	}
	c.wrongType(name, want, v)
	return nil
}

// commands are GPUCommandBuffers and GPUCommandEncoders.
func (c *call) commands(v js.Value, s *system) []buffers.Encoder {
	elements := c.elements(v, "commands")
	if c.err != nil {
		return nil
	}
	encoders := make([]buffers.Encoder, 0, len(elements))
	for _, v := range elements {
		encoders = append(encoders, c.command(v, s))
		if c.err != nil {
			return nil
		}
	}
	return encoders
}

func (c *call) command(v js.Value, s *system) buffers.Encoder {
	if isObject(v) {
		if b, err := jsbridge.AdoptCommandBuffer(v); err == nil {
			return s.gpu.AdoptCommandBuffer(b)
		}
	}
	return c.encoderOf(v, s, "a command", "a GPUCommandBuffer or a GPUCommandEncoder")
}

// region is a texture and, in the eight arguments after it, mip level, origin, size and aspect.
func (c *call) region(i int, s *system) buffers.TextureRegion {
	r := buffers.TextureRegion{Texture: c.texture(i, s)}
	if c.err != nil {
		return r
	}
	r.MipLevel = c.word(i+1, "mipLevel", 0)
	r.Origin = buffers.Origin{X: c.word(i+2, "x", 0), Y: c.word(i+3, "y", 0), Layer: c.word(i+4, "layer", 0)}
	r.Aspect = buffers.TextureAspect(c.choice(i+8, "aspect", "all", "depth-only", "stencil-only"))
	if c.value(i + 5).IsUndefined() {
		info := r.Texture.Info()
		r.Extent = info.Level(r.MipLevel)
		return r
	}
	r.Extent = buffers.Extent{Width: c.word(i+5, "width", 0), Height: c.word(i+6, "height", 1), Layers: c.word(i+7, "layers", 1)}
	return r
}

func (c *call) texture(i int, s *system) buffers.Texture {
	v := c.value(i)
	if c.err == nil && isObject(v) {
		if t, err := jsbridge.AdoptTexture(v); err == nil {
			return s.gpu.AdoptTexture(t)
		}
	}
	c.wrongType("texture", "a GPUTexture", v)
	return nil
}
