//go:build js && wasm

package main

import (
	"slices"
	"syscall/js"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

// The reads of the ES module. JavaScript numbers them, copies what they bring from the mapped chunk to
// where it belongs, and makes and settles their Promises; a chunk crosses once, whatever the number of
// reads in it. It has what was asked for in a task sent when the task ends.
var readFunctions = []function{
	{"takeReads", takeReads},               // (deliver, settle, lend): see readSink
	{"readStart", startRead},               // (readback, source, offset, size, number, whether memory is made) => size
	{"readTextureStart", startTextureRead}, // (readback, texture, mip level, origin and size in 3 numbers each, aspect, size of into, number) => size
	{"readFlush", flushReads},              // ()
}

// reads is where the reads that JavaScript numbers go.
var reads readSink

// newReads is the same for reads into memory that JavaScript makes when they arrive.
var newReads = makingSink{&reads}

type makingSink struct{ *readSink }

var _ buffers.MakingSink = makingSink{}

func (makingSink) MakesMemory() {}

// sinkOf is where a read goes.
func sinkOf(making bool) buffers.Sink {
	if making {
		return newReads
	}
	return &reads
}

// readSink tells JavaScript of what landed. Its functions must not call the module.
type readSink struct {
	deliver js.Value // (ArrayBuffer of the chunk, address of numbers in the module's memory, count of parts)
	settle  js.Value // (number, error)
	lend    js.Value // (number, lent, GPUBuffer, offset, size, piece, chunks, GPUBuffer for the rest, whether the copies are scoped): JavaScript is to make the read
	numbers []float64
	lent    []*buffers.HostRead      // by number; nil if there is none
	known   []buffers.MappableBuffer // by the same: the chunk that JavaScript knows by it
}

var _ buffers.HostSink = (*readSink)(nil)

// Deliver gives six numbers for each part, in the order of the fields of a Delivery.
func (k *readSink) Deliver(chunk buffers.MappableBuffer, parts []buffers.Delivery) error {
	k.numbers = k.numbers[:0]
	for i := range parts {
		p := &parts[i]
		k.numbers = append(k.numbers, float64(p.ID), float64(p.Offset), float64(p.At), float64(p.Pitch), float64(p.RowBytes), float64(p.Rows))
	}
	address := uintptr(unsafe.Pointer(unsafe.SliceData(k.numbers)))
	return webgpu.HandMapped(chunk, buffers.MapRead, k.deliver, float64(address), float64(len(parts)))
}

// Settle tells of failures alone: JavaScript counts what it was given.
func (k *readSink) Settle(number uint64, err error) {
	if err != nil {
		_, _ = invoke(k.settle, number, errorValue("read", err))
	}
}

// Lend makes a few objects for JavaScript, which a long read takes long enough for.
func (k *readSink) Lend(r *buffers.HostRead) {
	number := k.add(r)
	chunks := make([]any, len(r.Chunks))
	for i, c := range r.Chunks {
		chunks[i] = nativeOf(c).JSValue()
	}
	rest := js.Undefined()
	if r.Rest != nil {
		rest = nativeOf(r.Rest).JSValue()
	}
	_, _ = invoke(k.lend, float64(r.ID), number, nativeOf(r.Src).JSValue(), float64(r.Offset), float64(r.Size), float64(r.Piece), chunks, rest, r.Scoped)
}

// add gives a read that is lent its number.
func (k *readSink) add(r *buffers.HostRead) (number int) {
	number = slices.Index(k.lent, nil)
	if number < 0 {
		number = len(k.lent)
		k.lent, k.known = append(k.lent, nil), append(k.known, nil)
	}
	k.lent[number] = r
	return number
}

// lendChunk gives the number of a read that JavaScript makes with one chunk. Unless it knows the chunk by that number
// from before, the chunk is handed to give.
func (k *readSink) lendChunk(r *buffers.HostRead) (number int) {
	number = k.add(r)
	if chunk := r.Chunks[0]; k.known[number] != chunk {
		k.known[number] = chunk
		give.Invoke(nativeOf(chunk).JSValue())
	}
	return number
}

// forget lets go of the chunks, some of which are of a system that has ended. The others are handed over anew.
func (k *readSink) forget() { clear(k.known) }

// lentAs is the read that was lent under a number, or nil.
func (k *readSink) lentAs(number float64) *buffers.HostRead {
	if i, ok := whole(number); ok && i < uint64(len(k.lent)) {
		return k.lent[i]
	}
	return nil
}

func takeReads(c *call) (any, error) {
	deliver, settle, lend := c.function(0, "deliver"), c.function(1, "settle"), c.function(2, "lend")
	if c.err == nil {
		reads.deliver, reads.settle, reads.lend = deliver, settle, lend
	}
	return nil, c.err
}

func startRead(c *call) (any, error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	source, offset, rest := c.source(s)
	size := c.wholeOr(3, "size", rest)
	c.within(offset, size, rest)
	number, making := c.whole(4, "number"), c.flag(5, "making")
	if c.err != nil {
		return nil, c.err
	}
	return size, s.started(embedder.StartRead(r, source, offset, size, sinkOf(making), number))
}

func startTextureRead(c *call) (any, error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	region, size := c.texels(s)
	c.fits(size, c.wholeOr(10, "into", size))
	number := c.whole(11, "number")
	if c.err != nil {
		return nil, c.err
	}
	return size, s.started(embedder.StartTexture(r, region, &reads, number))
}

// asked are the systems with reads that the end of the task sends.
var asked []*system

// started takes note of a read that was asked for.
func (s *system) started(err error) error {
	if err == nil && !s.asked {
		s.asked = true
		asked = append(asked, s)
	}
	return err
}

// sendReads is called when a task ends. Reads of a system whose frame is open by then wait for the frame.
// It reports whether all others are with the GPU.
func sendReads() bool {
	all := true
	for i, s := range asked {
		asked[i], s.asked, s.foreign = nil, false, nil
		if s.frame != 0 {
			embedder.RemindOfFrame(s.core)
		} else if !embedder.FlushReads(s.core) {
			all = false
		}
	}
	asked = asked[:0]
	return all
}

// flushReads is called where the export of that name could not send all: goroutines that wait for
// memory run when a function such as this one returns, not when an export does.
func flushReads(*call) (any, error) {
	sendReads()
	return nil, nil
}
