//go:build js && wasm

package main

import (
	"math"
	"syscall/js"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var systemFunctions = []function{
	{"open", open},     // (device, budget, onBudget, chunkSize, maxFramesInFlight, logLevel, onLog, onError) => system
	{"submit", submit}, // (system, commands)
	{"stats", stats},   // (system) => object
	{"trim", trim},     // (system)
	{"destroy", func(c *call) (any, error) { _, err := destroyObject(c); return nil, err }}, // (handle of a system or a buffer)
	{"forget", forget}, // (handle, kept, made): the page dropped its object, made there, but for its GPUBuffers if they are kept
}

// system is a buffers.System with what JavaScript has open in it.
type system struct {
	core    *buffers.System
	gpu     *webgpu.Device
	device  *jsbridge.Device
	onError js.Value
	handle  float64
	frame   float64 // handle of the frame that is open, or 0
	adopted []adoptedEncoder
	foreign []adoptedBuffer
	asked   bool // for reads, which the end of the task sends
	closed  chan struct{}
}

// adoptedEncoder is an encoder of the caller's that copies were recorded in.
type adoptedEncoder struct {
	native js.Value
	buffers.Encoder
}

func open(c *call) (any, error) {
	options := buffers.Options{
		HostWrites:        esModule.attached, // to which mapped ranges can be handed
		HostCollects:      true,              // handles keep buffers alive
		Budget:            c.count(1, "budget"),
		OnBudget:          buffers.BudgetPolicy(c.choice(2, "onBudget", "wait", "fail", "fallback")),
		ChunkSize:         c.count(3, "chunkSize"),
		MaxFramesInFlight: int(min(c.count(4, "maxFramesInFlight"), math.MaxInt32)),
		LogLevel:          logLevels[c.choice(5, "logLevel", "info", "debug", "warn", "error")],
	}
	onLog, onError := c.function(6, "onLog"), c.function(7, "onError")
	if c.err != nil {
		return nil, c.err
	}
	if !onLog.IsUndefined() {
		options.Log = logTo(onLog)
	}
	if esModule.attached {
		options.Changed = func() { esModule.changed.Invoke() }
	}
	s := &system{onError: onError, closed: make(chan struct{})}
	if err := s.open(c, options); err != nil {
		return nil, err
	}
	s.handle = handles.add(s, s)
	if esModule.attached {
		esModule.result.Invoke(s.gpu.Creations().Caught())
	}
	go s.watchErrors()
	return s.handle, nil
}

// logLevels are the values of the choice in open.
var logLevels = [...]buffers.Level{
	buffers.LevelInfo, buffers.LevelDebug, buffers.LevelWarn, buffers.LevelError,
}

func (s *system) open(c *call, options buffers.Options) error {
	v := c.value(0)
	if !isObject(v) {
		c.wrongType("device", "a GPUDevice", v)
		return c.err
	}
	device, err := jsbridge.AdoptDevice(v)
	if err != nil {
		c.wrongType("device", "a GPUDevice", v)
		return c.err
	}
	s.device, s.gpu = device, webgpu.Adopt(device)
	s.core, err = buffers.Open(s.gpu, options)
	return err
}

// watchErrors tells the page what the device reports late.
func (s *system) watchErrors() {
	for {
		select {
		case err := <-s.core.Errors():
			if !s.onError.IsUndefined() {
				notify(s.onError, errorValue(handles.maker(err), err))
			}
		case <-s.closed:
			return
		}
	}
}

func submit(c *call) (any, error) {
	s := c.system(0)
	commands := c.commands(c.value(1), s)
	if c.err != nil {
		return nil, c.err
	}
	if err := s.core.Submit(commands...); err != nil {
		return nil, err
	}
	s.submitted()
	return nil, nil
}

// submitted is called after each submit, with which every read went.
func (s *system) submitted() {
	s.adopted, s.foreign = nil, nil
}

func trim(c *call) (any, error) {
	s := c.system(0)
	if c.err == nil {
		s.core.Trim()
	}
	return nil, c.err
}

// destroyer is everything that JavaScript can destroy.
type destroyer interface{ Destroy() }

func destroyObject(c *call) (ended float64, err error) {
	d, _ := object[destroyer](c, 0)
	if c.err != nil {
		return 0, c.err
	}
	handles.remove(c.number(0, "handle"))
	d.Destroy()
	if _, isDevice := d.(deviceBuffer); !isDevice {
		jsbridge.Wake() // who waits for it hears of its end by a context
	}
	return 1, nil
}

func forget(c *call) (any, error) {
	d, _ := object[destroyer](c, 0)
	kept, made := c.flag(1, "kept"), c.longText(2, "made")
	if c.err != nil {
		return nil, c.err
	}
	handles.remove(c.number(0, "handle"))
	b, isBuffer := d.(buffers.Held)
	switch {
	case !isBuffer:
		d.Destroy()
	case kept:
		if d, isDevice := d.(deviceBuffer); isDevice {
			nativeOf(d).JSValue() // is Go's to let go of
		}
		embedder.Release(b)
		collectSoon() // for what Go has of the GPUBuffers
	default:
		embedder.Leaked(b, made)
	}
	return nil, nil
}

// Destroy ends the system and everything of it. The device is the page's.
func (s *system) Destroy() {
	s.core.Destroy()
	s.gpu.Destroy()
	close(s.closed)
	handles.removeOwned(s, func(object any) {
		if d, ok := object.(destroyer); ok && object != any(s) {
			d.Destroy()
		}
	})
	reads.forget()
	writes.forget()
	collectSoon()
}

// collection is the run of Go's collector that is to come.
var collection struct {
	timer *time.Timer
	wait  time.Duration // for it
}

// collectSoon has Go's collector run when the goroutines of what has ended are gone. Until it runs Go keeps the objects
// of JavaScript's that it has met, and by itself it runs when its heap has grown: on a still page never.
func collectSoon() { collectAfter(200 * time.Millisecond) }

func collectAfter(wait time.Duration) {
	c := &collection
	if c.wait = wait; c.timer == nil {
		c.timer = time.AfterFunc(wait, collect)
	} else {
		c.timer.Reset(wait)
	}
}

// collect runs the collector, and a few times more, each after twice as long: what the GPU has yet to answer keeps what
// has asked for it.
func collect() {
	jsbridge.Collect()
	if wait := 2 * collection.wait; wait < 10*time.Second {
		collectAfter(wait)
	}
}

// encoderOf is the encoder of the frame, or the one made for the caller's, which is the same until the
// next submit; nil where v is not a GPUCommandEncoder.
func (s *system) encoderOf(v js.Value) buffers.Encoder {
	if f := s.openFrame(); f != nil && f.encoder != nil && v.Equal(f.native) {
		return f.encoder
	}
	for _, a := range s.adopted {
		if a.native.Equal(v) {
			return a.Encoder
		}
	}
	e, err := jsbridge.AdoptCommandEncoder(v)
	if err != nil {
		return nil
	}
	a := adoptedEncoder{v, s.gpu.AdoptEncoder(e)}
	s.adopted = append(s.adopted, a)
	return a.Encoder
}

// flush has the reads that were asked for sent when the task ends, or with the frame that is open.
func (s *system) flush() {
	if !s.asked {
		_ = s.started(nil)
		later(sendReads)
	}
}
