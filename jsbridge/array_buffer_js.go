//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	arrayBuffer         = method{class: "ArrayBuffer", name: "constructor"}
	arrayBufferTransfer = method{class: "ArrayBuffer", name: "transfer"}
)

// NewArrayBuffer makes a zeroed ArrayBuffer of size bytes. It returns the
// error that JavaScript throws if it has not as many.
func NewArrayBuffer(size uint64) (buffer js.Value, err error) {
	defer catch(&arrayBuffer, &err)
	if arrayBuffer.fn.IsUndefined() {
		arrayBuffer.fn = js.Global().Get("ArrayBuffer")
	}
	return arrayBuffer.fn.New(size), nil
}

// Detach detaches an ArrayBuffer, whose memory is free from then on.
//
// See https://tc39.es/ecma262/#sec-arraybuffer.prototype.transfer.
func Detach(buffer js.Value) error {
	_, err := arrayBufferTransfer.call(buffer, 0)
	return err
}

// WriteArrayBuffer is WriteBufferFrom of an ArrayBuffer, in one crossing. The
// browser checks the range, not Go.
func (q *Queue) WriteArrayBuffer(b *Buffer, offset uint64, data js.Value, dataOffset, size uint64) error {
	_, err := queueWriteBuffer.call(q.v, b.value(), offset, data, dataOffset, size)
	return err
}
