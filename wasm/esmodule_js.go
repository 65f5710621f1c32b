//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var esModuleFunctions = []function{
	{"attach", attach}, // (object of the ES module's: see esModule) => the sizes that it must know
}

// esModule is what the ES module serves this one with. Exports take and give numbers alone: everything else goes through
// these. All but arguments are functions, and must not call the module.
var esModule struct {
	attached    bool
	arguments   js.Value // an object, whose properties label, memory, source and commands go along with a call
	result      js.Value // (object): the GPUBuffer or GPUCommandEncoder that an export gives
	mappedRange js.Value // (ArrayBuffer, size, 0): the mapped range that an export gives
	newError    js.Value // (code, function, label, text, cause) => Error, which knows the functions by names of its own
	refuse      js.Value // (error): why an export refuses
	settle      js.Value // (number, value, failed): settles the Promise of a number
	deliver     js.Value // (ArrayBuffer of a chunk, address of numbers, count of parts): see readSink
	fail        js.Value // (number, error): ends a read
	lend        js.Value // (number, loan, GPUBuffer, offset, size, piece, chunks, GPUBuffer for the rest, scoped): see readSink
	changed     js.Value // (): what it keeps of buffers may be wrong by now: see [buffers.Options].Changed
	resume      js.Value // (): has the goroutines run that are awake when the task ends
}

// attach takes what the ES module serves the module with, and gives the sizes that both must agree on.
func attach(c *call) (any, error) {
	host := c.value(0)
	if !isObject(host) {
		c.wrongType("the ES module", "an object", host)
		return nil, c.err
	}
	e := &esModule
	arguments := c.member(host, "arguments", js.TypeObject)
	callback := c.member(host, "callback", js.TypeFunction)
	for _, f := range [...]struct {
		name string
		to   *js.Value
	}{
		{"result", &e.result}, {"mappedRange", &e.mappedRange}, {"newError", &e.newError}, {"refuse", &e.refuse}, {"settle", &e.settle}, {"deliver", &e.deliver},
		{"fail", &e.fail}, {"lend", &e.lend}, {"changed", &e.changed}, {"resume", &e.resume},
	} {
		*f.to = c.member(host, f.name, js.TypeFunction)
	}
	if c.err != nil {
		return nil, c.err
	}
	e.arguments, e.attached = arguments, true
	jsbridge.SetCallbacks(callback)
	return agreed(), nil
}

// member is a property of an object.
func (c *call) member(object js.Value, name string, want js.Type) js.Value {
	v, err := property(object, name)
	if c.err == nil && (err != nil || !is(v, want)) {
		c.wrongType(name, "a "+want.String(), v)
	}
	return v
}

// agreed are what the ES module must know: sizes in bytes, numbers by which both call something, and calls that
// it makes itself.
func agreed() js.Value {
	o := newObject()
	reads, writes, piece := embedder.Sizes()
	o.Set("chosenFrom", float64(reads))
	o.Set("smallest", float64(writes))
	o.Set("queuePiece", float64(piece))
	o.Set("polls", webgpu.Polls)
	o.Set("fused", jsbridge.FusedCalls())
	o.Set("mostChecked", float64(webgpu.MostChecked()))
	o.Set("longestLabel", maxLabel)
	o.Set("numbersOfAPart", numbersOfAPart)
	o.Set("byQueue", byQueue)
	o.Set("chunksMapped", chunksMapped)
	o.Set("chunksFailed", chunksFailed)
	o.Set("chunksUnused", chunksUnused)
	return o
}

// argument is a value that goes along with a call of an export.
func argument(name string) js.Value { return esModule.arguments.Get(name) }

// argumentMemory is the part of the memory that goes along.
func (c *call) argumentMemory(start, size uint64) buffers.Memory {
	if c.err != nil {
		return buffers.Memory{}
	}
	m := c.memory(argument("memory"), "data")
	if c.err == nil && (start > m.Size() || size > m.Size()-start) {
		c.fail(buffers.ErrRange, decimal(size)+" bytes at "+decimal(start)+" exceed the "+decimal(m.Size())+" of the data")
	}
	if c.err != nil {
		return buffers.Memory{}
	}
	return m.Slice(start, size)
}

// wake has the goroutines run that are awake when the task ends.
func wake() {
	if esModule.attached {
		esModule.resume.Invoke()
	} else {
		later(func() {})
	}
}
