//go:build js && wasm

package main

import (
	"context"
	"runtime"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

// Memory of JavaScript's is uploaded by one call. What a stream delivers is uploaded by uploadStart, then
// uploadNext, or the export uploadTurn, and uploadWrite as often as needed, and uploadFinish; uploadAbort gives up
// at any time.
var uploadFunctions = []function{
	{"upload", uploadData},         // (device, offset, data) => Promise of the number of bytes
	{"uploadStart", uploadStart},   // (device, offset, size expected) => upload
	{"uploadNext", uploadNext},     // (upload, filled) => Promise of a Uint8Array to fill, or of undefined: write instead
	{"uploadWrite", uploadWrite},   // (upload, data) => Promise
	{"uploadFinish", uploadFinish}, // (upload, filled)
	{"uploadAbort", uploadAbort},   // (upload)
}

// upload is one that JavaScript makes in several calls. While one of them waits no other may be made, but
// for the one that gives up.
type upload struct {
	core   *buffers.Upload
	dst    *buffers.DeviceBuffer
	ctx    context.Context
	cancel func()
	waits  bool  // a goroutine does
	asked  bool  // for room, which is not there yet
	failed error // what became of a room that uploadTurn sent
}

// Destroy gives up.
func (u *upload) Destroy() {
	u.cancel()
	if !u.waits {
		u.core.Abort()
	}
}

// wait is the Promise of a part of the upload.
func (u *upload) wait(op string, part func() (any, error)) (any, error) {
	u.waits = true
	return promise(op, func() (any, error) {
		defer u.waited()
		return part()
	}), nil
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

func uploadStart(c *call) (any, error) {
	b, s := object[deviceBuffer](c, 0)
	c.labelled(b.DeviceBuffer)
	offset := c.whole(1, "offset")
	size := c.wholeOr(2, "size", 0)
	if c.err != nil {
		return nil, c.err
	}
	core, err := s.core.NewUpload(b.DeviceBuffer, offset, size)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return handles.add(s, &upload{core: core, dst: b.DeviceBuffer, ctx: ctx, cancel: cancel}), nil
}

func uploadNext(c *call) (any, error) {
	u := c.upload(0)
	filled := c.whole(1, "filled")
	if c.err != nil {
		return nil, c.err
	}
	if u.failed != nil {
		return nil, u.failed
	}
	if filled > 0 {
		if err := embedder.Filled(u.core, filled); err != nil {
			return nil, err
		}
	}
	return u.wait(c.op, func() (any, error) {
		chunk, size, err := embedder.LendChunk(u.ctx, u.core)
		if err != nil || chunk == nil {
			return nil, err
		}
		return chunk.(gpu.RangeMapper).MappedRange(0, size)
	})
}

// turn is uploadNext if that need not wait for a goroutine: see the export uploadTurn.
func (u *upload) turn(filled uint64, number float64) (size float64) {
	if u.waits || u.asked || u.failed != nil {
		return refused
	}
	if filled > 0 {
		if u.failed = embedder.Filled(u.core, filled); u.failed != nil {
			return taken
		}
	}
	chunk, room, waits, err := embedder.LendChunkThen(u.core, func() {
		u.asked = false
		promises.settle.Invoke(number, js.Undefined(), false)
	})
	if u.asked = waits; waits {
		return 0
	}
	if err != nil || webgpu.HandMapped(chunk, buffers.MapWrite, enter, float64(room), 0) != nil {
		return taken
	}
	return float64(room)
}

func uploadWrite(c *call) (any, error) {
	u := c.upload(0)
	m := c.data(1, "data")
	if c.err != nil {
		return nil, c.err
	}
	return u.wait(c.op, func() (any, error) { return js.Undefined(), u.core.Write(u.ctx, m) })
}

func uploadFinish(c *call) (any, error) {
	u := c.upload(0)
	filled := c.whole(1, "filled")
	if c.err != nil {
		return nil, c.err
	}
	handles.remove(c.number(0, "handle"))
	defer u.cancel()
	if filled > 0 {
		if err := embedder.Filled(u.core, filled); err != nil {
			u.core.Abort()
			return nil, err
		}
	}
	return nil, u.core.Finish()
}

// uploadAbort does nothing if the upload has ended.
func uploadAbort(c *call) (any, error) {
	u, _ := object[*upload](c, 0)
	if c.err != nil {
		return nil, nil
	}
	handles.remove(c.number(0, "handle"))
	u.Destroy()
	return nil, nil
}
