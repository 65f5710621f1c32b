//go:build js && wasm

package main

import (
	"slices"
	"syscall/js"
	"time"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

// The reads of the ES module. JavaScript numbers them, copies what they bring from the mapped chunk to
// where it belongs, and makes and settles their Promises; a chunk crosses once, whatever the number of
// reads in it. It has what was asked for in a task sent when the task ends.
var readFunctions = []function{
	{"readTextureStart", startTextureRead}, // (readback, texture, mip level, origin and size in 3 numbers each, aspect, size of into, number) => size
}

// numbersOfAPart is how many numbers tell of a part of a chunk: the fields of a Delivery, in order.
const numbersOfAPart = 6

// reads is where the reads that JavaScript numbers go.
var reads readSink

// newReads is the same for reads into memory that JavaScript makes when they arrive.
var newReads = makingSink{&reads}

type makingSink struct{ *readSink }

var _ host.MakingSink = makingSink{}

func (makingSink) MakesMemory() {}

// sinkOf is where a read goes.
func sinkOf(making bool) host.Sink {
	if making {
		return newReads
	}
	return &reads
}

// readSink tells the ES module of what landed. The functions that it calls must not call this module.
type readSink struct {
	numbers []float64
	loans   []*host.Read             // by number; nil if there is none
	known   []buffers.MappableBuffer // by the same: the chunk that JavaScript knows by it
}

var _ host.ReadingSink = (*readSink)(nil)

// Deliver gives the numbers of each part.
func (k *readSink) Deliver(chunk buffers.MappableBuffer, parts []host.Delivery) error {
	k.numbers = k.numbers[:0]
	for i := range parts {
		p := &parts[i]
		k.numbers = append(k.numbers, float64(p.ID), float64(p.Offset), float64(p.At), float64(p.Pitch), float64(p.RowBytes), float64(p.Rows))
	}
	address := uintptr(unsafe.Pointer(unsafe.SliceData(k.numbers)))
	return webgpu.HandMapped(chunk, buffers.MapRead, esModule.deliver, float64(address), float64(len(parts)))
}

// Settle tells of failures alone: JavaScript counts what it was given.
func (k *readSink) Settle(number uint64, err error) {
	if err != nil {
		_, _ = invoke(esModule.fail, number, errorValue("read", err))
	}
}

// Lend makes a few objects for JavaScript, which a long read takes long enough for.
func (k *readSink) Lend(r *host.Read) {
	number := k.add(r)
	chunks := make([]any, len(r.Chunks))
	for i, c := range r.Chunks {
		chunks[i] = nativeOf(c).JSValue()
	}
	rest := js.Undefined()
	if r.Rest != nil {
		rest = nativeOf(r.Rest).JSValue()
	}
	_, _ = invoke(esModule.lend, float64(r.ID), number, nativeOf(r.Src).JSValue(), float64(r.Offset), float64(r.Size), float64(r.Piece), chunks, rest, r.Scoped)
}

// add gives a read that is lent its number.
func (k *readSink) add(r *host.Read) (number int) {
	number = slices.Index(k.loans, nil)
	if number < 0 {
		number = len(k.loans)
		k.loans, k.known = append(k.loans, nil), append(k.known, nil)
	}
	k.loans[number] = r
	return number
}

// lendChunk gives the number of a read that JavaScript makes with one chunk. Unless it knows the chunk by that number
// from before, the chunk is a result.
func (k *readSink) lendChunk(r *host.Read) (number int) {
	number = k.add(r)
	if chunk := r.Chunks[0]; k.known[number] != chunk {
		k.known[number] = chunk
		esModule.result.Invoke(nativeOf(chunk).JSValue())
	}
	return number
}

// forget lets go of the chunks, some of which are of a system that has ended. The others are handed over anew.
func (k *readSink) forget() { clear(k.known) }

// loan is the read that was lent under a number, or nil.
func (k *readSink) loan(number float64) *host.Read {
	if i, ok := whole(number); ok && i < uint64(len(k.loans)) {
		return k.loans[i]
	}
	return nil
}

// takeLoan is loan. The number is free again.
func (k *readSink) takeLoan(number float64) *host.Read {
	r := k.loan(number)
	if r != nil {
		k.loans[int(number)] = nil
	}
	return r
}

func startRead(c *call) (size float64, err error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	source, offset, rest := c.source(s)
	n := c.wholeOr(3, "size", rest)
	c.within(offset, n, rest)
	number, making := c.whole(4, "number"), c.number(5, "making") != 0
	if c.err != nil {
		return 0, c.err
	}
	return float64(n), s.started(embedder.StartRead(r, source, offset, n, sinkOf(making), number))
}

func gapOfReads(c *call) (gap float64, err error) {
	r, s, _ := standsFor[*buffers.ReadbackBuffer](c.number(0, "readback"))
	if r == nil {
		return 0, nil
	}
	return float64(embedder.Gap(s.core, int(c.number(1, "reads")))), nil
}

func lendRead(c *call) (loan float64, err error) {
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	size, number := c.whole(1, "size"), c.whole(2, "number")
	if c.err != nil || s.frame != 0 || !esModule.attached {
		return notAtOnce, nil
	}
	if h := embedder.LendRead(r, size, &reads, number); h != nil {
		return float64(reads.lendChunk(h)), nil
	}
	return notAtOnce, nil
}

func countRead(c *call) (counted float64, err error) {
	r := reads.loan(c.number(0, "loan"))
	size, ms := c.whole(1, "size"), c.number(2, "ms")
	if c.err != nil || r == nil {
		return 0, c.err
	}
	r.Made(size, time.Duration(ms*float64(time.Millisecond)))
	return 1, nil
}

func endLoan(c *call) (ended float64, err error) {
	r := reads.takeLoan(c.number(0, "loan"))
	switch {
	case r == nil:
		return 0, nil
	case c.number(1, "outcome") == chunksMapped:
		r.End(nil)
	case c.number(1, "outcome") == chunksUnused:
		r.GiveUp()
	default:
		r.End(gpu.NewError("read", "", buffers.ErrDeviceLost, ""))
	}
	return 1, nil
}

func cancelRead(c *call) (cancelled float64, err error) {
	r, _ := object[*buffers.ReadbackBuffer](c, 0)
	number := c.whole(1, "number")
	if c.err != nil {
		return 0, nil
	}
	embedder.CancelRead(r, &reads, number)
	embedder.CancelRead(r, newReads, number)
	return 1, nil
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
func sendReads() {
	for i, s := range asked {
		asked[i], s.asked, s.foreign = nil, false, nil
		if s.frame != 0 {
			embedder.RemindOfFrame(s.core)
		} else {
			embedder.FlushReads(s.core)
		}
	}
	asked = asked[:0]
}
