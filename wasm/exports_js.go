//go:build js && wasm

package main

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// The exports of the WebAssembly instance: JavaScript calls them some hundred times faster than the
// functions of the global object. They take and give numbers alone, and must not block: the goroutine
// that a body waits for would run only after the body has returned.

// An export that refuses returns refused, and hands the reason to the ES module. Some have further results.
const (
	refused    = -1
	byQueue    = -2 // of uploadNext: the upload goes by queue writes
	notAtOnce  = -2 // of readLend: the read has to wait, or is not for JavaScript to make
	waitsForIt = 0  // a Promise settles when the export is to be called again
)

// exportCall is the call of the export that runs. There is one at a time, and it makes no garbage.
var exportCall struct {
	call
	numbers [7]float64
}

// exported is a call of an export.
func exported(op string, numbers ...float64) *call {
	c := &exportCall
	c.call = call{op: op, numbers: append(c.numbers[:0], numbers...)}
	return &c.call
}

// answer is the result of an export: what it gives, or refused.
func (c *call) answer(result float64, err error) float64 {
	if err == nil {
		return result
	}
	refuse(c.op, err)
	return refused
}

// refuse hands the reason to the ES module.
func refuse(op string, err error) {
	if esModule.attached {
		_, _ = invoke(esModule.refuse, errorValue(op, err))
	}
}

// leave is where an export ends that can fail or wake somebody: a fault refuses it, and what is awake runs when the task
// ends.
func leave(result *float64) {
	if thrown := recover(); thrown != nil {
		*result = refused
		refuse(exportCall.op, &internalError{exportCall.op, thrown})
	}
	if jsbridge.Woken() {
		wake()
	}
}

// needsModule fails if there is no ES module.
func (c *call) needsModule() {
	if !esModule.attached {
		c.fail(buffers.ErrState, "no ES module is attached")
	}
}

// settleLater is a function that resolves the Promise of a number.
func settleLater(number float64) func() {
	return func() { esModule.settle.Invoke(number, nil, false) }
}

// ask announces under which number the ES module made the Promise of the function that it calls next, or 0
// if that made none.
//
//go:wasmexport ask
func ask(number float64) {
	if esModule.attached {
		promises.number = number
	}
}

// destroy ends what a handle stands for: a system, or something of one.
//
//go:wasmexport destroy
func exportDestroy(handle float64) (ended float64) {
	defer leave(&ended)
	c := exported("destroy", handle)
	return c.answer(1, destroyObject(c))
}

// nextFrame opens a frame of a system, and gives its handle; or 0 if it has to wait: then the Promise of the number
// resolves when nextFrame is to be called again.
//
//go:wasmexport nextFrame
func exportNextFrame(handle, number float64) (frame float64) {
	defer leave(&frame)
	c := exported("nextFrame", handle, number)
	s := c.system(0)
	c.needsModule()
	if c.err != nil {
		return c.answer(0, c.err)
	}
	for {
		if core := s.core.TryBeginFrame(); core != nil {
			return s.begun(core)
		}
		if waits, err := embedder.FrameThen(s.core, settleLater(number)); waits || err != nil {
			return c.answer(waitsForIt, err)
		}
	}
}

// frameEncoder gives the GPUCommandEncoder of a frame.
//
//go:wasmexport frameEncoder
func exportFrameEncoder(handle float64) (given float64) {
	defer leave(&given)
	c := exported("frameEncoder", handle)
	c.needsModule()
	encoder, err := frameEncoder(c)
	if err == nil {
		esModule.result.Invoke(encoder)
	}
	return c.answer(1, err)
}

// submitFrame submits a frame, with the commands that go along if they are more than 0.
//
//go:wasmexport submitFrame
func exportSubmitFrame(handle, commands float64) (submitted float64) {
	defer leave(&submitted)
	c := exported("submitFrame", handle, commands)
	f, s := c.frame(0)
	var further []buffers.Encoder
	if c.err == nil && commands > 0 {
		further = c.commands(argument("commands"), s)
	}
	return c.answer(1, c.submit(f, s, further))
}

// createDeviceBuffer makes a device buffer of a system. Its label goes along if that has any characters.
//
//go:wasmexport createDeviceBuffer
func exportCreateDeviceBuffer(handle, size, usage, characters float64) (buffer float64) {
	defer leave(&buffer)
	c := exported("createDeviceBuffer", handle, size, usage)
	if characters > 0 {
		c.label = labelOf(argument("label"))
	}
	return c.answer(c.makeDeviceBuffer(c.system(0), 1))
}

// native gives the GPUBuffer of a device buffer or a mappable one, which the ES module keeps to itself.
//
//go:wasmexport native
func exportNative(handle float64) (given float64) {
	defer leave(&given)
	c := exported("native", handle)
	b, _ := object[gpuBuffer](c, 0)
	c.needsModule()
	if c.err == nil {
		esModule.result.Invoke(nativeOf(b.shared()).JSValue())
	}
	return c.answer(1, c.err)
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

// standsFor gives what a handle stands for, if that is a T, and the system that it belongs to.
func standsFor[T any](handle float64) (object T, owner *system, ok bool) {
	e, _ := handles.find(handle)
	if e == nil {
		return object, nil, false
	}
	object, ok = e.object.(T)
	return object, e.owner, ok
}

// dynamicUpdate takes size bytes of a dynamic buffer: see [dynamicBuffer.update].
//
//go:wasmexport dynamicUpdate
func exportDynamicUpdate(handle, size float64) (update float64) {
	defer leave(&update)
	c := exported("dynamicUpdate", handle, size)
	return c.answer(updateDynamic(c))
}

// dynamicAdvance takes the page of the latest update up to end: see [buffers.Embedder.Advance].
//
//go:wasmexport dynamicAdvance
func dynamicAdvance(handle, end float64) (taken float64) {
	defer leave(&taken)
	c := exported("dynamicUpdate", handle, end)
	d, n := c.dynamic(), c.whole(1, "end")
	if c.err == nil {
		c.failed(embedder.Advance(d.DynamicBuffer, n))
	}
	return c.answer(end, c.err)
}

// dynamicPage is the number of the page of the latest update, from 1 on: as long as the page is not detached its memory
// is what dynamicMemory gave for that number. It is 0 if the update is to be written to the mapped range that is given,
// until the submit.
//
//go:wasmexport dynamicPage
func dynamicPage(handle float64) (page float64) {
	defer leave(&page)
	c := exported("dynamicMemory", handle)
	d := c.dynamic()
	switch {
	case c.err != nil:
		return c.answer(0, c.err)
	case d.current == nil:
		return c.answer(0, c.notUpdated())
	}
	mapped := embedder.Mapped(d.DynamicBuffer)
	if mapped != nil && webgpu.HandMapped(mapped, buffers.MapWrite, esModule.mappedRange, float64(d.PageSize()), 0) == nil {
		return 0
	}
	return float64(embedder.Page(d.DynamicBuffer) + 1)
}

// deviceAllow gives how many bytes at a time JavaScript is to write if it is to write size bytes at offset of a
// device buffer itself, by writeBuffer of its GPUQueue: see [buffers.Embedder.AllowWrite]. It gives 0 if deviceWrite is
// to write them, or to say why not.
//
//go:wasmexport deviceAllow
func deviceAllow(handle, offset, size float64) (piece float64) {
	defer leave(&piece)
	at, isOffset := whole(offset)
	n, isSize := whole(size)
	device, _, isDevice := standsFor[deviceBuffer](handle)
	if !isOffset || !isSize || !isDevice {
		return 0
	}
	return float64(embedder.AllowWrite(device.DeviceBuffer, at, n))
}

// deviceWrite writes size bytes of the memory that goes along, from start on, at offset of a device buffer.
//
//go:wasmexport deviceWrite
func deviceWrite(handle, offset, start, size float64) (written float64) {
	defer leave(&written)
	c := exported("write", handle, offset, start, size)
	b, _ := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	at := c.whole(1, "offset")
	m := c.argumentMemory(c.whole(2, "dataOffset"), c.whole(3, "size"))
	if c.err == nil {
		c.failed(b.WriteMemory(at, m))
	}
	return c.answer(size, c.err)
}

// uploadStart begins an upload of a stream to a device buffer, of size bytes if that is known, else 0.
//
//go:wasmexport uploadStart
func exportUploadStart(device, offset, size float64) (handle float64) {
	defer leave(&handle)
	return exported("uploadStart", device, offset, size).startUpload()
}

// uploadNext takes the first bytes of the mapped range of an upload, gives the next range, and returns its size. It
// returns 0 if it is to be called again when the Promise of the number resolves, with nothing filled; and byQueue if
// the rest goes by uploadAllow and uploadWrite.
//
//go:wasmexport uploadNext
func exportUploadNext(handle, filled, number float64) (size float64) {
	defer leave(&size)
	c := exported("uploadNext", handle, filled, number)
	u, n := c.upload(0), c.whole(1, "filled")
	c.needsModule()
	if c.err != nil {
		return c.answer(0, c.err)
	}
	return c.answer(u.next(n, number))
}

// uploadAllow gives how many of size bytes JavaScript is to write itself next, by writeBuffer of its GPUQueue: see
// [buffers.Embedder.AllowUpload]. It gives 0 if uploadWrite is to write them, or to say why not.
//
//go:wasmexport uploadAllow
func uploadAllow(handle, size float64) (allowed float64) {
	defer leave(&allowed)
	u, _, ok := standsFor[*upload](handle)
	n, isWhole := whole(size)
	if !ok || !isWhole || u.waits {
		return 0
	}
	return float64(embedder.AllowUpload(u.core, n))
}

// uploadWrite writes size bytes of the memory that goes along, from start on, where an upload has come to. It returns 0:
// the Promise of the number settles with the write.
//
//go:wasmexport uploadWrite
func exportUploadWrite(handle, start, size, number float64) (waits float64) {
	defer leave(&waits)
	c := exported("uploadWrite", handle, start, size, number)
	u := c.upload(0)
	m := c.argumentMemory(c.whole(1, "start"), c.whole(2, "size"))
	c.needsModule()
	if c.err == nil {
		u.wait(number, c.op, func() error { return u.core.Write(u.ctx, m) })
	}
	return c.answer(waitsForIt, c.err)
}

// uploadFinish takes the first bytes of the mapped range, and ends an upload.
//
//go:wasmexport uploadFinish
func exportUploadFinish(handle, filled float64) (finished float64) {
	defer leave(&finished)
	c := exported("uploadFinish", handle, filled)
	u, n := c.upload(0), c.whole(1, "filled")
	if c.err == nil {
		handles.remove(handle)
		c.failed(u.finish(n))
	}
	return c.answer(1, c.err)
}

// uploadAbort gives an upload up, if it has not ended.
//
//go:wasmexport uploadAbort
func exportUploadAbort(handle float64) {
	defer leave(new(float64))
	if u, _, ok := standsFor[*upload](handle); ok {
		handles.remove(handle)
		u.Destroy()
	}
}

// readStart asks for a read of size bytes from offset on of a buffer of the same system, or of the GPUBuffer that goes
// along, under a number that is JavaScript's own. Without a size it reads what there is. making is 1 if JavaScript makes
// the memory for the bytes when they arrive, and else 0. It returns their number.
//
//go:wasmexport readStart
func readStart(readback, source, offset, size, number, making float64) (bytes float64) {
	defer leave(&bytes)
	c := exported("readStart", readback, source, offset, size, number)
	r, s := object[*buffers.ReadbackBuffer](c, 0)
	c.labelled(r)
	from, at, rest := c.source(s)
	n := c.wholeOr(3, "size", rest)
	c.within(at, n, rest)
	id := c.whole(4, "number")
	if c.err == nil {
		c.failed(s.started(embedder.StartRead(r, from, at, n, sinkOf(making != 0), id)))
	}
	return c.answer(float64(n), c.err)
}

// readFlush sends the reads that were asked for in the task that ends.
//
//go:wasmexport readFlush
func readFlush() (sent float64) {
	defer leave(&sent)
	exported("readFlush")
	sendReads()
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
// knows can be read: see [buffers.Embedder.LendRead]. The chunk for it is the one that was last given for that number,
// now or before. number is the one under which JavaScript hears if nobody is to wait any more. It gives notAtOnce if
// readStart is to be called.
//
//go:wasmexport readLend
func readLend(readback, size, number float64) (lent float64) {
	defer leave(&lent)
	r, s, ok := standsFor[*buffers.ReadbackBuffer](readback)
	n, isSize := whole(size)
	id, isNumber := whole(number)
	if !ok || s.frame != 0 || !isSize || !isNumber || !esModule.attached {
		return notAtOnce
	}
	if h := embedder.LendRead(r, n, &reads, id); h != nil {
		return float64(reads.lendChunk(h))
	}
	return notAtOnce
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
