//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var attachFunctions = []function{
	{"setErrorFactory", setErrorFactory}, // (factory): see errorFactory
	{"attach", attach},                   // (lent, settle, resolver, enter, give, changed, resume): of the ES module's
}

// What goes along with a call of an export, which takes and gives numbers alone.
var (
	lent  js.Value // an object of the ES module's, whose property memory is an ArrayBuffer, and label a string
	enter js.Value // a function of the ES module's, (ArrayBuffer, size, 0), which is given the room that is lent
	give  js.Value // a function of the ES module's, which is given a GPUBuffer or a GPUCommandEncoder
)

// resume is a function of the ES module's, which has the goroutines run that are awake when the task ends.
var resume js.Value

// changed is a function of the ES module's, which is told that what it keeps of buffers may be wrong by now: see
// [buffers.Options].Changed.
var changed js.Value

func setErrorFactory(c *call) (any, error) {
	factory := c.function(0, "factory")
	if c.err == nil {
		errorFactory = factory
	}
	return nil, c.err
}

// attach takes what the ES module serves the module with: lent, the settle of promises, a resolver, for which see
// [jsbridge.SetCallbacks], enter, give, changed and resume.
func attach(c *call) (any, error) {
	lender, settle, resolver, entrance := c.value(0), c.function(1, "settle"), c.function(2, "resolver"), c.function(3, "enter")
	if !isObject(lender) {
		c.wrongType("lent", "an object", lender)
	}
	if c.err != nil {
		return nil, c.err
	}
	lent, promises.settle, enter, give, changed, resume = lender, settle, entrance, c.function(4, "give"), c.function(5, "changed"), c.function(6, "resume")
	jsbridge.SetCallbacks(resolver)
	return nil, nil
}

// isAttached reports whether there is an ES module: what needs its functions is refused else.
func isAttached() bool { return promises.settle.Type() == js.TypeFunction }

// wake has the goroutines run that are awake when the task ends.
func wake() {
	if is(resume, js.TypeFunction) {
		resume.Invoke()
	} else {
		later(func() {})
	}
}

func lentMemory() (buffers.Memory, error) {
	d, err := webgpu.NewData(lent.Get("memory"))
	if err != nil {
		return buffers.Memory{}, err
	}
	return buffers.HostMemory(d), nil
}
