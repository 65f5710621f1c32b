//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// The exports of the WebAssembly instance: JavaScript calls them some hundred times faster than the
// functions of the global object. They take and give numbers alone, and must not block: the goroutine
// that a body waits for would run only after the body has returned.

// refused is what an export returns in place of an error: the function of the same name tells which.
const refused = -1

// tryFrame opens a frame of a system if that need not wait.
//
//go:wasmexport tryFrame
func tryFrame(handle float64) (frame float64) {
	defer leave(&frame)
	s := systemOf(handle)
	if s == nil {
		return refused
	}
	if core := s.core.TryBeginFrame(); core != nil {
		return s.begun(core)
	}
	return refused
}

// standsFor gives what a handle stands for, if that is a T, and the system that it belongs to.
func standsFor[T any](handle float64) (object T, owner *system, ok bool) {
	e, _ := handles.find(handle)
	if e == nil {
		return object, nil, false
	}
	object, ok = e.object.(T)
	return object, e.owner, ok
}

// systemOf is nil if the handle is not that of a system.
func systemOf(handle float64) *system {
	s, _, _ := standsFor[*system](handle)
	return s
}

// awaitFrame resolves the Promise of a number when tryFrame would open a frame, where now it would have to wait,
// and gives 0.
//
//go:wasmexport awaitFrame
func awaitFrame(handle, number float64) (waits float64) {
	defer leave(&waits)
	s := systemOf(handle)
	if s == nil || !isAttached() || !embedder.FrameThen(s.core, func() { promises.settle.Invoke(number, js.Undefined(), false) }) {
		return refused
	}
	return 0
}

// frameEncoder gives the GPUCommandEncoder of a frame, for less than an event of syscall/js costs.
//
//go:wasmexport frameEncoder
func giveEncoder(handle float64) (given float64) {
	defer leave(&given)
	f, _, ok := standsFor[*frame](handle)
	if !ok {
		return refused
	}
	encoder, err := f.nativeEncoder()
	if err != nil {
		return refused
	}
	give.Invoke(encoder)
	return 1
}

// submitFrame submits a frame to which nothing but its own encoder belongs.
//
//go:wasmexport submitFrame
func submitOwnFrame(handle float64) (submitted float64) {
	defer leave(&submitted)
	e, _ := handles.find(handle)
	if e == nil {
		return refused
	}
	s := e.owner
	f := s.openFrame()
	if handle != s.frame || f.core.Submit() != nil {
		return refused
	}
	s.submitted()
	s.endFrame()
	return 1
}

// createDeviceBuffer makes a device buffer of a system. Its label is lent if that has any characters.
//
//go:wasmexport createDeviceBuffer
func makeDeviceBuffer(handle, size, usage, characters float64) (buffer float64) {
	defer leave(&buffer)
	s := systemOf(handle)
	n, isSize := whole(size)
	bits, isUsage := whole(usage)
	u, err := webgpu.UsageFromSpec(bits)
	if s == nil || !isSize || !isUsage || err != nil {
		return refused
	}
	d := buffers.Descriptor{Size: n, Usage: u}
	if characters > 0 {
		d.Label = labelOf(lent.Get("label"))
	}
	b, err := s.core.NewDeviceBuffer(d)
	if err != nil {
		return refused
	}
	return handles.add(s, deviceBuffer{b})
}

// native gives the GPUBuffer of a device buffer or a mappable one, which the ES module keeps to itself.
//
//go:wasmexport native
func giveNative(handle float64) (given float64) {
	defer leave(&given)
	b, _, ok := standsFor[gpuBuffer](handle)
	if !ok {
		return refused
	}
	give.Invoke(nativeOf(b.shared()).JSValue())
	return 1
}

// vouched gives 1 if a device buffer may be read without an error scope: see [buffers.Embedder.Vouched].
//
//go:wasmexport vouched
func vouched(handle float64) (yes float64) {
	if b, _, ok := standsFor[deviceBuffer](handle); ok && embedder.Vouched(b.DeviceBuffer) {
		return 1
	}
	return 0
}

// handOut takes note that the page has the GPUBuffer of a device buffer.
//
//go:wasmexport handOut
func handOut(handle float64) {
	if b, _, ok := standsFor[deviceBuffer](handle); ok {
		_ = b.Native()
	}
}

// destroy ends what a handle stands for: a system, or something of one.
//
//go:wasmexport destroy
func destroyObject(handle float64) (ended float64) {
	defer leave(&ended)
	d, _, ok := standsFor[destroyer](handle)
	if !ok {
		return refused
	}
	handles.remove(handle)
	d.Destroy()
	if _, isDevice := d.(deviceBuffer); !isDevice {
		jsbridge.Wake() // who waits for it hears of its end by a context
	}
	return 1
}

// dynamicUpdate takes size bytes of a dynamic buffer: see [dynamicBuffer.update].
//
//go:wasmexport dynamicUpdate
func dynamicUpdate(handle, size float64) (update float64) {
	defer leave(&update)
	d := dynamicOf(handle)
	n, ok := whole(size)
	if d == nil || !ok {
		return refused
	}
	update, err := d.update(n)
	if err != nil {
		return refused
	}
	return update
}

// dynamicAdvance takes the page of the latest update up to end: see [buffers.Embedder.Advance].
//
//go:wasmexport dynamicAdvance
func dynamicAdvance(handle, end float64) (taken float64) {
	defer leave(&taken)
	d := dynamicOf(handle)
	n, ok := whole(end)
	if d == nil || !ok || embedder.Advance(d.DynamicBuffer, n) != nil {
		return refused
	}
	return end
}

// dynamicPage is the number of the page of the latest update, from 1 on: as long as the page is not detached its memory
// is what dynamicMemory gave for that number. It is 0 if the update is to be written to a mapped range, until the
// submit, which is handed to enter.
//
//go:wasmexport dynamicPage
func dynamicPage(handle float64) (page float64) {
	defer leave(&page)
	d := dynamicOf(handle)
	if d == nil || d.current == nil {
		return refused
	}
	mapped := embedder.Mapped(d.DynamicBuffer)
	if mapped != nil && webgpu.HandMapped(mapped, buffers.MapWrite, enter, float64(d.PageSize()), 0) == nil {
		return 0
	}
	return float64(embedder.Page(d.DynamicBuffer) + 1)
}

// deviceAllow gives how many bytes at a time JavaScript is to write if it is to write size bytes at offset of a
// device buffer itself, by writeBuffer of its GPUQueue: see [buffers.Embedder.AllowWrite].
//
//go:wasmexport deviceAllow
func deviceAllow(handle, offset, size float64) (piece float64) {
	defer leave(&piece)
	b, at, n := deviceOf(handle, offset, size)
	if b == nil {
		return refused
	}
	if p := embedder.AllowWrite(b, at, n); p > 0 {
		return float64(p)
	}
	return refused
}

// deviceWrite writes size bytes of the memory that is lent, from start on, at offset of a device buffer.
//
//go:wasmexport deviceWrite
func deviceWrite(handle, offset, start, size float64) (written float64) {
	defer leave(&written)
	b, at, n := deviceOf(handle, offset, size)
	from, ok := whole(start)
	if b == nil || !ok {
		return refused
	}
	if m, err := lentMemory(); err != nil || b.WriteMemory(at, m.Slice(from, n)) != nil {
		return refused
	}
	return size
}

// deviceOf is nil if the handle is not that of a device buffer, or a number is not whole.
func deviceOf(handle, offset, size float64) (b *buffers.DeviceBuffer, at, n uint64) {
	at, isOffset := whole(offset)
	n, isSize := whole(size)
	if !isOffset || !isSize {
		return nil, 0, 0
	}
	device, _, _ := standsFor[deviceBuffer](handle)
	return device.DeviceBuffer, at, n
}

// taken is what uploadTurn returns if it took what was filled, and uploadNext is to be called for the rest.
const taken = -2

// uploadTurn takes the first bytes of the room of an upload, hands the next one to enter, and gives its size; or 0
// if it is to be called again for it when the Promise of the number resolves.
//
//go:wasmexport uploadTurn
func uploadTurn(handle, filled, number float64) (size float64) {
	defer leave(&size)
	u, _, ok := standsFor[*upload](handle)
	n, isWhole := whole(filled)
	if !ok || !isWhole || !isAttached() {
		return refused
	}
	return u.turn(n, number)
}

// uploadAllow gives how many of size bytes JavaScript is to write itself next, by writeBuffer of its GPUQueue: see
// [buffers.Embedder.AllowUpload].
//
//go:wasmexport uploadAllow
func uploadAllow(handle, size float64) (allowed float64) {
	defer leave(&allowed)
	u, _, ok := standsFor[*upload](handle)
	n, isWhole := whole(size)
	if !ok || !isWhole || u.waits || u.asked {
		return refused
	}
	return float64(embedder.AllowUpload(u.core, n))
}

// ask announces under which number the ES module made the Promise of the function that it calls next, or 0
// if that made none.
//
//go:wasmexport ask
func ask(number float64) {
	if isAttached() {
		promises.number = number
	}
}

// readStart asks for a read of size bytes from offset on of a buffer of the same system, under a number that is
// JavaScript's own. making is 1 if JavaScript makes the memory for them
// when they arrive, and else 0. It returns their number.
//
//go:wasmexport readStart
func readStart(readback, source, offset, size, number, making float64) (bytes float64) {
	defer leave(&bytes)
	r, s, isReadback := standsFor[*buffers.ReadbackBuffer](readback)
	b, owner, isBuffer := standsFor[gpuBuffer](source)
	if !isReadback || !isBuffer || s != owner {
		return refused
	}
	at, isOffset := whole(offset)
	n, isSize := whole(size)
	id, isNumber := whole(number)
	if !isOffset || !isSize || !isNumber || s.started(embedder.StartRead(r, b.shared(), at, n, sinkOf(making != 0), id)) != nil {
		return refused
	}
	return size
}

// readFlush sends the reads that were asked for in the task that ends.
//
//go:wasmexport readFlush
func readFlush() (sent float64) {
	defer leave(&sent)
	if !sendReads() {
		return refused
	}
	return 1
}

// readGap is [buffers.Embedder.Gap] of a readback buffer's system, and 0 of what is no such buffer any more.
//
//go:wasmexport readGap
func readGap(readback, reads float64) (gap float64) {
	defer leave(new(float64)) // a probe may have begun
	r, s, _ := standsFor[*buffers.ReadbackBuffer](readback)
	if r == nil {
		return 0
	}
	return float64(embedder.Gap(s.core, int(reads)))
}

// readLend gives a number for a read that JavaScript makes at once of size bytes, a multiple of 4, of places that it
// knows can be read: see [buffers.Embedder.LendRead]. The chunk for it is the one that was last handed to give for
// that number, now or before. number is the one under which JavaScript hears if nobody is to wait any more.
//
//go:wasmexport readLend
func readLend(readback, size, number float64) (lent float64) {
	defer leave(&lent)
	r, s, ok := standsFor[*buffers.ReadbackBuffer](readback)
	n, isSize := whole(size)
	id, isNumber := whole(number)
	if !ok || s.frame != 0 || !isSize || !isNumber || !isAttached() {
		return refused
	}
	if h := embedder.LendRead(r, n, &reads, id); h != nil {
		return float64(reads.lendChunk(h))
	}
	return refused
}

// readEnded takes the chunks of a read that was lent back. outcome is 0 if each of them was mapped; 1 if a map was
// rejected, which only the end of the device does, or something threw; and 2 if they were not used.
//
//go:wasmexport readEnded
func readEnded(lent, outcome float64) {
	defer leave(new(float64))
	r := reads.lentAs(lent)
	if r == nil {
		return
	}
	reads.lent[int(lent)] = nil
	switch outcome {
	case 0:
		r.End(nil)
	case 2:
		r.GiveUp()
	default:
		r.End(gpu.NewError("read", "", buffers.ErrDeviceLost, ""))
	}
}

// readCancel has JavaScript hear no more of a read.
//
//go:wasmexport readCancel
func readCancel(readback, number float64) {
	defer leave(new(float64))
	r, _, ok := standsFor[*buffers.ReadbackBuffer](readback)
	if id, isNumber := whole(number); ok && isNumber {
		embedder.CancelRead(r, &reads, id)
		embedder.CancelRead(r, newReads, id)
	}
}

// leave is where an export ends that can fail or wake somebody: a fault refuses it, and what is awake runs when the task
// ends.
func leave(result *float64) {
	if recover() != nil {
		*result = refused
	}
	if jsbridge.Woken() {
		wake()
	}
}

func dynamicOf(handle float64) *dynamicBuffer {
	d, _, _ := standsFor[*dynamicBuffer](handle)
	return d
}
