//go:build js && wasm

package main

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// The exports of the WebAssembly instance: JavaScript calls them about a thousand times faster than the
// functions of the global object. They take and give numbers alone, and must not block: the goroutine
// that a body waits for would run only after the body has returned.

// An export that refuses returns refused, and hands the reason to the ES module. Some have further results.
const (
	refused    = -1
	byQueue    = -2 // of uploadNext: the upload goes by queue writes
	notAtOnce  = -2 // of readLend and writeLend: there is no chunk now, or it is not for JavaScript to do
	waitsForIt = 0  // a Promise settles when the export is to be called again
)

// How the chunks of a loan are given back: see readEnded.
const (
	chunksMapped = iota
	chunksFailed
	chunksUnused
)

// exportCall is the call of the export that runs. There is one at a time, and it makes no garbage.
var exportCall struct {
	call
	numbers [7]float64
}

// run is an export: it gives what f gives for the numbers, or refused. A fault refuses, too, and what is awake runs when
// the task ends. An error names the operation.
func run(operation string, f func(*call) (float64, error), numbers ...float64) (result float64) {
	defer leave(&result)
	c := &exportCall
	c.call = call{op: operation, numbers: append(c.numbers[:0], numbers...)}
	result, err := f(&c.call)
	if err != nil {
		refuse(operation, err)
		return refused
	}
	return result
}

// refuse hands the reason to the ES module.
func refuse(op string, err error) {
	if esModule.attached {
		_, _ = invoke(esModule.refuse, errorValue(op, err))
	}
}

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
func exportDestroy(handle float64) float64 { return run("destroy", destroyObject, handle) }

// nextFrame opens a frame of a system, and gives its handle; or 0 if it has to wait: then the Promise of the number
// resolves when nextFrame is to be called again.
//
//go:wasmexport nextFrame
func exportNextFrame(handle, number float64) float64 {
	return run("nextFrame", tryFrame, handle, number)
}

// frameEncoder gives the GPUCommandEncoder of a frame.
//
//go:wasmexport frameEncoder
func exportFrameEncoder(handle float64) float64 { return run("frameEncoder", handOverEncoder, handle) }

// submitFrame submits a frame, with the commands that go along if they are more than 0.
//
//go:wasmexport submitFrame
func exportSubmitFrame(handle, commands float64) float64 {
	return run("submitFrame", submitFrameAlong, handle, commands)
}

// createDeviceBuffer makes a device buffer of a system. Its label goes along if that has any characters.
//
//go:wasmexport createDeviceBuffer
func exportCreateDeviceBuffer(handle, size, usage, characters float64) float64 {
	return run("createDeviceBuffer", makeLabelled, handle, size, usage, characters)
}

// tellDeviceBuffer is createDeviceBuffer for a GPUBuffer that the ES module has made: of at most mostChecked bytes, and with
// the usages that the module adds. It then hands the GPUBuffer to keepChecked, with what toldNumber gives: see
// [jsbridge.CreationErrors.Leave].
//
//go:wasmexport tellDeviceBuffer
func tellDeviceBuffer(handle, size, usage, characters float64) float64 {
	return run("createDeviceBuffer", takeMade, handle, size, usage, characters)
}

//go:wasmexport toldNumber
func exportToldNumber() float64 { return float64(toldNumber) }

// countPassed counts device buffers of a system that were destroyed before the module was told of them: see
// [buffers.Embedder.CountPassed].
//
//go:wasmexport countPassed
func exportCountPassed(handle, passed, most, bytes float64) float64 {
	return run("countPassed", countPassed, handle, passed, most, bytes)
}

// native gives the GPUBuffer of a device buffer or a mappable one, which the ES module keeps to itself.
//
//go:wasmexport native
func exportNative(handle float64) float64 { return run("native", handOverNative, handle) }

// vouched gives 1 if a device buffer may be read without an error scope: see [buffers.Embedder.Vouched].
//
//go:wasmexport vouched
func vouched(handle float64) (yes float64) {
	if b, _, ok := standsFor[deviceBuffer](handle); ok && embedder.Vouched(b.DeviceBuffer) {
		return 1
	}
	return 0
}

// deviceMayWrite gives 1 if a device buffer may be written to: see [buffers.Embedder.MayWrite].
//
//go:wasmexport deviceMayWrite
func deviceMayWrite(handle float64) (yes float64) {
	if b, _, ok := standsFor[deviceBuffer](handle); ok && embedder.MayWrite(b.DeviceBuffer) {
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

// dynamicUpdate takes size bytes of a dynamic buffer: see [dynamicBuffer.update].
//
//go:wasmexport dynamicUpdate
func exportDynamicUpdate(handle, size float64) float64 {
	return run("dynamicUpdate", updateDynamic, handle, size)
}

// dynamicAdvance takes the page of the latest update up to end: see [buffers.Embedder.Advance].
//
//go:wasmexport dynamicAdvance
func dynamicAdvance(handle, end float64) float64 {
	return run("dynamicUpdate", advanceDynamic, handle, end)
}

// dynamicPage is the number of the page of the latest update, from 1 on: as long as the page is not detached its memory
// is what dynamicMemory gave for that number. It is 0 if the update is to be written to the mapped range that is given,
// until the submit.
//
//go:wasmexport dynamicPage
func dynamicPage(handle float64) float64 { return run("dynamicMemory", pageOfDynamic, handle) }

// deviceAllow gives how many bytes at a time JavaScript is to write of size bytes at offset of a device buffer: see
// [buffers.Embedder.AllowWrite]. follows is 1 if another write or upload has just ended, mayWait for an upload. The number is
// positive for
// writeBuffer of its GPUQueue, and 0 if deviceWrite says why not. It is -1 less the number of a chunk, as writeLend gives it,
// if the first bytes are to fill that chunk, and the next ones others of about its size.
//
//go:wasmexport deviceAllow
func deviceAllow(handle, offset, size, follows, mayWait float64) float64 {
	return run("write", allowWrite, handle, offset, size, follows, mayWait)
}

// sharedAllow gives 1 if uploads of size bytes together are to share a chunk of writeLend, and 0 if they go by writeBuffer:
// see [buffers.Embedder.AllowShared]. The handle is of one of their buffers. past is isCopied and isTouched, row is 1 if another
// write or upload has just ended, and 2 if they are the first of several chunks. whole is the size of what goes by writeBuffer
// instead. more is the size of what follows them, and goes through chunks if they do.
//
//go:wasmexport sharedAllow
func sharedAllow(handle, size, past, row, whole, more float64) float64 {
	return run("upload", allowShared, handle, size, past, row, whole, more)
}

// countMade gives how many buffers of a system were made so far, for confirmMade.
//
//go:wasmexport countMade
func countMade(handle float64) float64 { return run("upload", countMadeBuffers, handle) }

// confirmMade takes note that it is known of so many buffers whether there was memory: see [buffers.Embedder.ConfirmMade].
//
//go:wasmexport confirmMade
func confirmMade(handle, made float64) float64 {
	return run("upload", confirmMadeBuffers, handle, made)
}

// addCopy takes note that JavaScript copies into a device buffer.
//
//go:wasmexport addCopy
func addCopy(handle float64) {
	if b, _, ok := standsFor[deviceBuffer](handle); ok {
		embedder.AddCopy(b.DeviceBuffer)
	}
}

// writeLend gives a number for a chunk that JavaScript fills, sends and maps again, of size bytes or more: see
// [buffers.Embedder.LendWrite]. The handle is of a device buffer. The chunk is the one that was last given for that number,
// now or before. It gives notAtOnce if there is none. hasToWin is 1 if JavaScript makes a queue write then, and else 0.
//
//go:wasmexport writeLend
func writeLend(handle, size, hasToWin float64) float64 {
	return run("write", lendWrite, handle, size, hasToWin)
}

// writeEnded takes the chunk back. failed is 0 if it is mapped again.
//
//go:wasmexport writeEnded
func writeEnded(number, failed float64) float64 { return run("write", endWrite, number, failed) }

// deviceWrite writes size bytes of the memory that goes along, from start on, at offset of a device buffer.
//
//go:wasmexport deviceWrite
func deviceWrite(handle, offset, start, size float64) float64 {
	return run("write", writeAlong, handle, offset, start, size)
}

// uploadStart begins an upload of a stream to a device buffer, of size bytes if that is known, else 0, and gives its handle.
//
//go:wasmexport uploadStart
func uploadStart(device, offset, size float64) float64 {
	return run("uploadStart", startUpload, device, offset, size)
}

// uploadNext takes the first bytes of the mapped range of an upload, which were written in so many microseconds, gives the
// next range, and returns its size. It returns 0 if it is to be called again when the Promise of the number resolves, with nothing filled; and byQueue if
// the rest goes by uploadAllow and uploadWrite.
//
//go:wasmexport uploadNext
func uploadNext(handle, filled, microseconds, number float64) float64 {
	return run("uploadNext", nextRange, handle, filled, microseconds, number)
}

// uploadAllow gives how many of size bytes JavaScript is to write itself next, by writeBuffer of its GPUQueue: see
// [buffers.Embedder.AllowUpload]. It gives 0 if uploadWrite is to write them, or to say why not.
//
//go:wasmexport uploadAllow
func uploadAllow(handle, size float64) float64 { return run("uploadWrite", allowUpload, handle, size) }

// uploadWrite writes size bytes of the memory that goes along, from start on, where an upload has come to. It returns 0:
// the Promise of the number settles with the write.
//
//go:wasmexport uploadWrite
func uploadWrite(handle, start, size, number float64) float64 {
	return run("uploadWrite", writeUpload, handle, start, size, number)
}

// uploadFinish takes the first bytes of the mapped range, which were written in so many microseconds, and ends an upload.
//
//go:wasmexport uploadFinish
func uploadFinish(handle, filled, microseconds float64) float64 {
	return run("uploadFinish", finishUpload, handle, filled, microseconds)
}

// uploadAbort gives an upload up, if it has not ended.
//
//go:wasmexport uploadAbort
func uploadAbort(handle float64) float64 { return run("uploadAbort", abortUpload, handle) }

// readStart asks for a read of size bytes from offset on of a buffer of the same system, or of the GPUBuffer that goes
// along, under a number that is JavaScript's own. Without a size it reads what there is. making is 1 if JavaScript makes
// the memory for the bytes when they arrive, and else 0. It returns their number.
//
//go:wasmexport readStart
func readStart(readback, source, offset, size, number, making float64) float64 {
	return run("readStart", startRead, readback, source, offset, size, number, making)
}

// readFlush sends the reads that were asked for in the task that ends.
//
//go:wasmexport readFlush
func readFlush() float64 {
	return run("readFlush", func(*call) (float64, error) {
		sendReads()
		return 1, nil
	})
}

// readGap is [buffers.Embedder.Gap] of a readback buffer's system, and 0 of what is no such buffer any more.
//
//go:wasmexport readGap
func readGap(readback, reads float64) float64 { return run("readGap", gapOfReads, readback, reads) }

// readLend gives a number for a read that JavaScript makes at once of size bytes, a multiple of 4, of places that it
// knows can be read: see [buffers.Embedder.LendRead]. The chunk for it is the one that was last given for that number,
// now or before. number is the one under which JavaScript hears if nobody is to wait any more. It gives notAtOnce if
// readStart is to be called. Each read that is made with the chunk is counted by readMade.
//
//go:wasmexport readLend
func readLend(readback, size, number float64) float64 {
	return run("readLend", lendRead, readback, size, number)
}

// readMade counts a read of size bytes that was made with the chunk of readLend, and whose map took so many milliseconds.
//
//go:wasmexport readMade
func readMade(loan, size, ms float64) float64 {
	return run("readMade", countRead, loan, size, ms)
}

// readEnded takes the chunks of a read that was lent back. outcome is 0 if each of them was mapped; 1 if a map was
// rejected, which only the end of the device does, or something threw; and 2 if they were not used.
//
//go:wasmexport readEnded
func readEnded(loan, outcome float64) float64 { return run("readEnded", endLoan, loan, outcome) }

// readCancel has JavaScript hear no more of a read.
//
//go:wasmexport readCancel
func readCancel(readback, number float64) float64 {
	return run("readCancel", cancelRead, readback, number)
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
