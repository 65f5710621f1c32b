//go:build js && wasm

package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
)

var calibrationFunctions = []function{
	{"explain", explain},                 // (system, operation, size, device or dynamic buffer) => object
	{"calibrate", calibrate},             // (system) => Promise
	{"calibration", calibration},         // (system) => object
	{"loadCalibration", loadCalibration}, // (system, copyCost, [operation, path, size, bytesPerSecond, ...])
}

// operations are as [Operation.String] has them.
var operations = [...]string{buffers.OpUpload.String(), buffers.OpFlush.String(), buffers.OpReadback.String(), buffers.OpBurst.String(),
	buffers.OpFrame.String()}

func explain(c *call) (any, error) {
	s := c.system(0)
	if c.value(1).IsUndefined() {
		c.wrongType("operation", "a string", c.value(1))
	}
	op := buffers.Operation(c.choice(1, "operation", operations[:]...))
	size := c.whole(2, "size")
	dst := c.written(3, s)
	if c.err != nil {
		return nil, c.err
	}
	x := s.core.Explain(op, size, dst)
	o := newObject()
	o.Set("operation", x.Operation.String())
	o.Set("size", float64(x.Size))
	o.Set("path", x.Path)
	o.Set("reason", x.Reason)
	o.Set("copies", x.Copies)
	o.Set("bytesPerSecond", x.BytesPerSecond)
	o.Set("alternatives", rates(x.Alternatives))
	return o, nil
}

// written is a buffer that the engine writes to, nil if it was left out.
func (c *call) written(i int, s *system) buffers.Destination {
	v := c.value(i)
	switch {
	case v.IsUndefined():
		return nil
	case !is(v, js.TypeNumber):
		c.wrongType("buffer", "a DeviceBuffer or a DynamicBuffer", v)
		return nil
	}
	return own[buffers.Destination](c, i, s, "buffer")
}

func rates(list []buffers.Rate) js.Value {
	array := js.Global().Get("Array").New(len(list))
	for i, r := range list {
		o := newObject()
		o.Set("operation", r.Operation)
		o.Set("path", r.Path)
		o.Set("size", float64(r.Size))
		o.Set("bytesPerSecond", r.BytesPerSecond)
		array.SetIndex(i, o)
	}
	return array
}

func calibrate(c *call) (any, error) {
	s := c.system(0)
	if c.err != nil {
		return nil, c.err
	}
	return promise(c.op, func() (any, error) { return nil, s.core.Calibrate(context.Background()) }), nil
}

func calibration(c *call) (any, error) {
	s := c.system(0)
	if c.err != nil {
		return nil, c.err
	}
	kept := s.core.Calibration()
	o := newObject()
	o.Set("copyCost", milliseconds(kept.CopyCost))
	o.Set("rates", rates(kept.Rates))
	return o, nil
}

// loadCalibration passes over what cannot be: a calibration may come from where strangers write to.
func loadCalibration(c *call) (any, error) {
	s := c.system(0)
	copyCost := c.number(1, "copyCost")
	list := c.list(2, "rates")
	if c.err != nil {
		return nil, c.err
	}
	loaded := buffers.Calibration{CopyCost: sane(copyCost)}
	for len(list) >= 4 {
		r := &call{op: c.op, values: list[:4]}
		list = list[4:]
		rate := buffers.Rate{Operation: r.text(0, "operation"), Path: r.text(1, "path"), Size: r.whole(2, "size"), BytesPerSecond: r.number(3, "rate")}
		if r.err == nil && rate.BytesPerSecond > 0 && rate.BytesPerSecond < 1e15 {
			loaded.Rates = append(loaded.Rates, rate)
		}
	}
	s.core.Load(loaded)
	return nil, nil
}

// sane is the cost of a copy, given in milliseconds; 0, which is unknown, if it cannot be.
func sane(copyCost float64) time.Duration {
	if copyCost > 0 && copyCost < 1000 {
		return time.Duration(copyCost * float64(time.Millisecond))
	}
	return 0
}
