//go:build js && wasm

package main

import (
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var frameFunctions = []function{
	{"beginFrame", beginFrame}, // (system) => frame
	{"nextFrame", nextFrame},   // (system) => Promise of a frame
	{"frameEncoder", func(c *call) (any, error) { return frameEncoder(c) }}, // (frame) => GPUCommandEncoder
	{"use", use},                   // (frame, buffers)
	{"submitFrame", submitFrame},   // (frame, commands)
	{"discardFrame", discardFrame}, // (frame)
}

// frame is the frame that is open, under a handle of its own, so that one that ended is told from it.
type frame struct {
	core    *buffers.Frame
	encoder buffers.Encoder
	native  js.Value
}

func beginFrame(c *call) (any, error) {
	s := c.system(0)
	if c.err != nil {
		return nil, c.err
	}
	return s.begin(buffers.NoWait)
}

func nextFrame(c *call) (any, error) {
	s := c.system(0)
	if c.err != nil {
		return nil, c.err
	}
	return promise(c.op, func() (any, error) { return s.begin(context.Background()) }), nil
}

func (s *system) begin(ctx context.Context) (any, error) {
	core, err := s.core.BeginFrame(ctx)
	if err != nil {
		return nil, err
	}
	return s.begun(core), nil
}

// tryFrame is the export nextFrame.
func tryFrame(c *call) (handle float64, err error) {
	s := c.system(0)
	c.needsModule()
	if c.err != nil {
		return 0, c.err
	}
	number := c.number(1, "number")
	for {
		if core := s.core.TryBeginFrame(); core != nil {
			return s.begun(core), nil
		}
		if waits, err := embedder.FrameThen(s.core, settleLater(number)); waits || err != nil {
			return waitsForIt, err
		}
	}
}

func (s *system) begun(core *buffers.Frame) float64 {
	embedder.FlushReads(s.core) // what was asked for before the frame does not wait for it
	s.frame = handles.add(s, &frame{core: core})
	return s.frame
}

// openFrame is nil if none is open.
func (s *system) openFrame() *frame {
	e, _ := handles.find(s.frame)
	if e == nil {
		return nil
	}
	return e.object.(*frame)
}

// endFrame is called when the frame was submitted or discarded.
func (s *system) endFrame() {
	handles.remove(s.frame)
	s.frame = 0
}

// frame is the frame of a handle. One that ended is not open any more.
func (c *call) frame(i int) (*frame, *system) {
	f, s := object[*frame](c, i)
	if buffers.Code(c.err) == "destroyed" {
		c.err = gpu.NewError(c.op, "", buffers.ErrState, "the frame was submitted or discarded")
	}
	return f, s
}

// frameEncoder is the GPUCommandEncoder of a frame that is open.
func frameEncoder(c *call) (js.Value, error) {
	f, _ := c.frame(0)
	if c.err != nil {
		return js.Value{}, c.err
	}
	e, err := f.core.Encoder()
	if err == nil && f.encoder == nil {
		f.encoder, f.native = e, webgpu.EncoderOf(e).JSValue()
	}
	return f.native, err
}

// handOverEncoder is the export frameEncoder.
func handOverEncoder(c *call) (float64, error) {
	c.needsModule()
	encoder, err := frameEncoder(c)
	if err == nil {
		esModule.result.Invoke(encoder)
	}
	return 1, err
}

func use(c *call) (any, error) {
	f, s := c.frame(0)
	list := c.list(1, "buffers")
	if c.err != nil {
		return nil, c.err
	}
	named := &call{op: c.op, values: list}
	for i := range list {
		b := named.buffer(i, s, "buffer")
		if named.err != nil {
			return nil, named.err
		}
		f.core.Use(gpu.AccessRead|gpu.AccessWrite, b)
	}
	return nil, nil
}

func submitFrame(c *call) (any, error) {
	f, s := c.frame(0)
	return nil, c.submit(f, s, c.commands(c.value(1), s))
}

// submitFrameAlong is the export submitFrame.
func submitFrameAlong(c *call) (float64, error) {
	f, s := c.frame(0)
	var further []buffers.Encoder
	if c.err == nil && c.number(1, "commands") > 0 {
		further = c.commands(argument("commands"), s)
	}
	return 1, c.submit(f, s, further)
}

func (c *call) submit(f *frame, s *system, commands []buffers.Encoder) error {
	if c.err != nil {
		return c.err
	}
	if err := f.core.Submit(commands...); err != nil {
		return err
	}
	s.submitted()
	s.endFrame()
	return nil
}

// discardFrame drops the frame. Reads asked for in it are sent all the same.
func discardFrame(c *call) (any, error) {
	f, s := c.frame(0)
	if c.err != nil {
		return nil, c.err
	}
	f.core.Discard()
	s.endFrame()
	return nil, nil
}
