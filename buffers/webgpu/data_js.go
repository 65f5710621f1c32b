//go:build js && wasm

package webgpu

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// Data is JavaScript's memory: an ArrayBuffer, a SharedArrayBuffer, a typed array or a DataView. Its
// bytes go straight to the GPU or to a mapped range, and back, without passing through Go's.
type Data struct {
	v    js.Value
	made bool // by MakeData: an ArrayBuffer that is never resized
}

var (
	_ gpu.Host     = (*Data)(nil)
	_ gpu.Detacher = (*Data)(nil)
)

// NewData takes a BufferSource; anything else is an error: [gpu.ErrType].
func NewData(v js.Value) (*Data, error) {
	if _, err := jsbridge.ByteLength(v); err != nil {
		return nil, translate("take data", "", err)
	}
	return &Data{v: v}, nil
}

// MakeData makes a zeroed ArrayBuffer of size bytes; [gpu.ErrOutOfMemory] if there is no memory for it.
func MakeData(size uint64) (*Data, error) {
	v, err := jsbridge.NewArrayBuffer(size)
	if err != nil {
		return nil, &gpu.Error{Op: "make data", Reason: gpu.ErrOutOfMemory, Cause: err}
	}
	return &Data{v, true}, nil
}

// ByteLength asks the browser, since the memory may have been transferred or resized.
func (d *Data) ByteLength() uint64 {
	size, err := jsbridge.ByteLength(d.v)
	if err != nil { // a DataView whose memory is detached
		return 0
	}
	return size
}

// CopyTo implements [gpu.Host].
func (d *Data) CopyTo(p []byte, offset uint64) error {
	return translate("copy", "", jsbridge.CopyBytes(p, d.v, offset))
}

// Detach detaches the ArrayBuffer that MakeData has made, if the browser can. Other memory is its owner's.
func (d *Data) Detach() {
	if d.made {
		_ = jsbridge.Detach(d.v)
	}
}

// JSValue returns the BufferSource.
func (d *Data) JSValue() js.Value { return d.v }

// dataOf returns the Data that m is part of, with the offset and size of the part.
func dataOf(op, label string, m gpu.Memory) (data *Data, offset, size uint64, err error) {
	host, offset, size := m.Host()
	data, ok := host.(*Data)
	if !ok {
		return nil, 0, 0, gpu.NewError(op, label, gpu.ErrUnsupported, "host memory of another backend")
	}
	return data, offset, size, nil
}
