//go:build js && wasm

package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// Memory of JavaScript's is uploaded by one call. A stream is uploaded by the ES module, through the exports
// uploadStart, uploadNext, uploadAllow and uploadWrite as often as needed, and uploadFinish; uploadAbort gives up at any
// time.
var uploadFunctions = []function{
	{"upload", uploadData}, // (device, offset, data) => Promise of the number of bytes
}

// upload is one that JavaScript makes in several calls. While one of them waits no other may be made, but
// for the one that gives up.
type upload struct {
	core    *buffers.Upload
	dst     *buffers.DeviceBuffer
	ctx     context.Context
	cancel  func()
	waits   bool // a goroutine does
	asked   bool // for memory, which is not there yet
	byQueue bool // a goroutine found that it goes so
}

// Destroy gives up.
func (u *upload) Destroy() {
	u.cancel()
	if !u.waits {
		u.core.Abort()
	}
}

// wait does a part of the upload in a goroutine, and settles the Promise of the number.
func (u *upload) wait(number float64, op string, part func() error) {
	u.waits = true
	promises.number = number
	jsbridge.Wake() // an export does not run goroutines
	promise(op, func() (any, error) {
		defer u.waited()
		return nil, part()
	})
}

func (u *upload) waited() {
	u.waits = false
	if u.ctx.Err() != nil {
		u.core.Abort()
	}
	runtime.KeepAlive(u.dst) // a buffer that JavaScript dropped is written to the end
}

// upload is one that is under way, and waits for nothing.
func (c *call) upload(i int) *upload {
	u, _ := object[*upload](c, i)
	if c.err != nil {
		return nil
	}
	c.labelled(u.dst)
	if u.waits || u.asked {
		c.fail(buffers.ErrState, "an earlier call for the same upload has not settled")
	}
	return u
}

func uploadData(c *call) (any, error) {
	b, s := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	offset := c.whole(1, "offset")
	m := c.data(2, "data")
	if c.err != nil {
		return nil, c.err
	}
	p, settle := newPromise(c.op)
	embedder.UploadThen(s.core, b.DeviceBuffer, offset, m, func(err error) {
		runtime.KeepAlive(b)
		if err == nil {
			settle(float64(m.Size()), nil)
		} else {
			later(func() { settle(nil, err) }) // the error factory is the page's, and may call the module
		}
	})
	return p, nil
}

func startUpload(c *call) (handle float64, err error) {
	b, s := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	offset, size := c.whole(1, "offset"), c.whole(2, "size")
	if c.err != nil {
		return 0, c.err
	}
	core, err := s.core.NewUpload(b.DeviceBuffer, offset, size)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return handles.add(s, &upload{core: core, dst: b.DeviceBuffer, ctx: ctx, cancel: cancel}), nil
}

func nextRange(c *call) (size float64, err error) {
	u, filled := c.upload(0), c.whole(1, "filled")
	c.needsModule()
	if c.err != nil {
		return 0, c.err
	}
	return u.next(filled, c.microseconds(2), c.number(3, "number"))
}

// microseconds is a time that JavaScript has measured.
func (c *call) microseconds(i int) time.Duration {
	return time.Duration(min(c.whole(i, "microseconds"), 1e9)) * time.Microsecond
}

// next takes the first bytes of the mapped range, and gives the next one: see the export uploadNext.
func (u *upload) next(filled uint64, took time.Duration, number float64) (float64, error) {
	if filled > 0 {
		if err := embedder.Filled(u.core, filled, took); err != nil {
			return 0, err
		}
	}
	if u.byQueue {
		return byQueue, nil
	}
	chunk, size, waits, err := embedder.LendChunkThen(u.core, func() {
		u.asked = false
		settleLater(number)()
	})
	switch {
	case waits:
		u.asked = true
		return waitsForIt, nil
	case errors.Is(err, buffers.ErrBusy):
		u.wait(number, "uploadNext", func() error {
			chunk, _, err := embedder.LendChunk(u.ctx, u.core)
			u.byQueue = err == nil && chunk == nil
			return err
		})
		return waitsForIt, nil
	case err != nil:
		return 0, err
	case chunk == nil:
		return byQueue, nil
	}
	if err := webgpu.HandMapped(chunk, buffers.MapWrite, esModule.mappedRange, float64(size), 0); err != nil {
		// No page can unmap the chunk: its device was destroyed, which the browser has yet to tell.
		return 0, gpu.NewError("upload", u.dst.Label(), buffers.ErrDeviceLost, "the mapped memory is gone with its device")
	}
	return float64(size), nil
}

func allowUpload(c *call) (allowed float64, err error) {
	u, n := c.upload(0), c.whole(1, "size")
	if c.err != nil {
		return 0, nil // uploadWrite says why
	}
	return float64(embedder.AllowUpload(u.core, n)), nil
}

func writeUpload(c *call) (waits float64, err error) {
	u := c.upload(0)
	m := c.argumentMemory(c.whole(1, "start"), c.whole(2, "size"))
	c.needsModule()
	if c.err != nil {
		return 0, c.err
	}
	u.wait(c.number(3, "number"), c.op, func() error { return u.core.Write(u.ctx, m) })
	return waitsForIt, nil
}

func finishUpload(c *call) (finished float64, err error) {
	u, filled, took := c.upload(0), c.whole(1, "filled"), c.microseconds(2)
	if c.err != nil {
		return 0, c.err
	}
	handles.remove(c.number(0, "handle"))
	return 1, u.finish(filled, took)
}

func abortUpload(c *call) (ended float64, err error) {
	handle := c.number(0, "handle")
	if u, _, ok := standsFor[*upload](handle); ok {
		handles.remove(handle)
		u.Destroy()
	}
	return 1, nil
}

// finish takes the first bytes of the mapped range, and ends the upload.
func (u *upload) finish(filled uint64, took time.Duration) error {
	defer u.cancel()
	if filled > 0 {
		if err := embedder.Filled(u.core, filled, took); err != nil {
			u.core.Abort()
			return err
		}
	}
	return u.core.Finish()
}
