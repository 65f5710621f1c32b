//go:build js && wasm

package jsbridge

import (
	"sync"
	"syscall/js"
)

var (
	queueSubmit        = method{class: "GPUQueue", name: "submit"}
	queueWorkDone      = method{class: "GPUQueue", name: "onSubmittedWorkDone"}
	queueWriteBuffer   = method{class: "GPUQueue", name: "writeBuffer"}
	queueWriteTexture  = method{class: "GPUQueue", name: "writeTexture"}
	queueCopyFromImage = method{class: "GPUQueue", name: "copyExternalImageToTexture"}
)

// Queue runs command buffers and writes in the order they are given.
//
// See https://www.w3.org/TR/webgpu/#gpuqueue.
type Queue struct{ v js.Value }

// JSValue is the GPUQueue.
func (q *Queue) JSValue() js.Value { return q.v }

// WriteBuffer writes p at the offset, both multiples of four bytes. The
// browser has taken its copy when WriteBuffer returns: p is the caller's
// again. It reads Go's memory without a copy of its own if it can, and
// allocates nothing.
//
// NOTE: a range outside the buffer is reported later, through error scopes,
// not here.
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueue-writebuffer.
func (q *Queue) WriteBuffer(b *Buffer, offset uint64, p []byte) error {
	return goMemory.lend(p, func(data js.Value, at uint64) error {
		_, err := queueWriteBuffer.call(q.v, b.value(), offset, data, at, len(p))
		return err
	})
}

// WriteBufferFrom writes size bytes of data, an ArrayBuffer, a typed array or
// a DataView, from byte dataOffset on. They never pass through Go's memory.
func (q *Queue) WriteBufferFrom(b *Buffer, offset uint64, data js.Value, dataOffset, size uint64) error {
	from, err := partOf(queueWriteBuffer.op(), data, dataOffset, size)
	if err != nil {
		return err
	}
	_, err = queueWriteBuffer.call(q.v, b.value(), offset, from.buffer, from.offset, from.size)
	return err
}

// WriteTexture writes p, laid out as layout says, into a texture. p is the
// caller's again when WriteTexture returns.
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueue-writetexture.
func (q *Queue) WriteTexture(to *TexelCopyTextureInfo, p []byte, layout TexelCopyBufferLayout, size Extent3D) error {
	return goMemory.lend(p, func(data js.Value, at uint64) error {
		view, err := newUint8Array(data, at, len(p))
		if err != nil {
			return err
		}
		return q.writeTexture(to, view, layout, size)
	})
}

// WriteTextureFrom writes data, an ArrayBuffer, a typed array or a DataView,
// laid out as layout says, into a texture. Its bytes never pass through Go's
// memory.
func (q *Queue) WriteTextureFrom(to *TexelCopyTextureInfo, data js.Value, layout TexelCopyBufferLayout, size Extent3D) error {
	return q.writeTexture(to, data, layout, size)
}

func (q *Queue) writeTexture(to *TexelCopyTextureInfo, data js.Value, layout TexelCopyBufferLayout, size Extent3D) error {
	_, err := queueWriteTexture.call(q.v, to.value(), data, layout.value(), size.value())
	return err
}

// CopyExternalImageToTexture copies an ImageBitmap, a canvas, a video frame
// or an image element into a texture whose usage holds
// [TextureUsageRenderAttachment].
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueue-copyexternalimagetotexture.
func (q *Queue) CopyExternalImageToTexture(source js.Value, to *TexelCopyTextureInfo, size Extent3D) error {
	image := newObject()
	image.Set("source", source)
	_, err := queueCopyFromImage.call(q.v, image.Value, to.value(), size.value())
	return err
}

// Submit hands command buffers over; each can be submitted once. Submitting
// none is allowed. It allocates nothing.
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueue-submit.
func (q *Queue) Submit(commands ...*CommandBuffer) error {
	submission.Lock()
	defer submission.Unlock()
	list := submission.fill(commands)
	_, err := queueSubmit.call(q.v, list)
	submission.empty()
	return err
}

// WorkDone receives once, when everything submitted so far is done: nil, or
// why it can't be known. Receive from it once only.
//
// NOTE: after a crash of the GPU process Chromium rejects with
// OperationError, although the specification resolves (measured).
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueue-onsubmittedworkdone.
func (q *Queue) WorkDone() <-chan error {
	s := takeSlot()
	s.op = &queueWorkDone
	_, err := fusedWorkDone.call(q.v, s.plain, s.reject.Value)
	settled, err := s.attached(err)
	if err != nil {
		return failed(err)
	}
	return settled
}

// submission is the one JavaScript array that every Submit fills and empties.
var submission commandList

type commandList struct {
	sync.Mutex
	array     js.Value
	push      js.Value
	setLength js.Value
}

func (l *commandList) fill(commands []*CommandBuffer) js.Value {
	if l.array.IsUndefined() {
		l.make()
	}
	for _, c := range commands {
		l.push.Invoke(c.v)
	}
	return l.array
}

func (l *commandList) make() {
	l.array = js.Global().Get("Array").New()
	l.push = l.array.Get("push").Call("bind", l.array)
	l.setLength = js.Global().Get("Reflect").Get("set").Call("bind", nil, l.array, "length")
}

func (l *commandList) empty() { l.setLength.Invoke(0) }
