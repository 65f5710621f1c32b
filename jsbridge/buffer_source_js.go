//go:build js && wasm

package jsbridge

import (
	"strconv"
	"syscall/js"
)

var (
	arrayBufferLength  = method{class: "ArrayBuffer", name: "byteLength", attribute: true}
	sharedBufferLength = method{class: "SharedArrayBuffer", name: "byteLength", attribute: true}
	typedArrayBuffer   = method{class: "Uint8Array", name: "buffer", attribute: true}
	typedArrayOffset   = method{class: "Uint8Array", name: "byteOffset", attribute: true}
	typedArrayLength   = method{class: "Uint8Array", name: "byteLength", attribute: true}
	dataViewBuffer     = method{class: "DataView", name: "buffer", attribute: true}
	dataViewOffset     = method{class: "DataView", name: "byteOffset", attribute: true}
	dataViewLength     = method{class: "DataView", name: "byteLength", attribute: true}
)

// A span is a range of bytes of an ArrayBuffer or SharedArrayBuffer.
type span struct {
	buffer       js.Value
	offset, size uint64
}

// spanOf is the range that an ArrayBuffer, a typed array or a DataView
// covers. It asks the browser's own getters, never the value's own
// properties.
//
// See https://webidl.spec.whatwg.org/#AllowSharedBufferSource.
func spanOf(op string, v js.Value) (span, error) {
	find := bufferSpan
	if isView(v) {
		find = viewSpan
	}
	s, err := find(v)
	if err != nil {
		return span{}, wrongKind(op, "BufferSource", v)
	}
	return s, nil
}

var arrayBufferIsView = js.Global().Get("ArrayBuffer").Get("isView")

func isView(v js.Value) bool { return arrayBufferIsView.Invoke(v).Bool() }

func bufferSpan(v js.Value) (span, error) {
	size, err := arrayBufferLength.call(v)
	if err != nil {
		size, err = sharedBufferLength.call(v)
	}
	if err != nil {
		return span{}, err
	}
	return span{v, 0, uint64(size.Float())}, nil
}

func viewSpan(v js.Value) (span, error) {
	s, err := spanBy(v, &typedArrayBuffer, &typedArrayOffset, &typedArrayLength)
	if err != nil {
		return spanBy(v, &dataViewBuffer, &dataViewOffset, &dataViewLength)
	}
	return s, nil
}

func spanBy(v js.Value, buffer, offset, length *method) (span, error) {
	b, err := buffer.call(v)
	if err != nil {
		return span{}, err
	}
	at, err := offset.call(v)
	if err != nil {
		return span{}, err
	}
	size, err := length.call(v)
	if err != nil {
		return span{}, err
	}
	return span{b, uint64(at.Float()), uint64(size.Float())}, nil
}

// part is size bytes of the span from offset on.
func (s span) part(op string, offset, size uint64) (span, error) {
	if offset > s.size || size > s.size-offset {
		return span{}, outOfRange(op, "data", offset, size, s.size)
	}
	return span{s.buffer, s.offset + offset, size}, nil
}

// bytes is a Uint8Array over the span.
func (s span) bytes() (js.Value, error) {
	return newUint8Array(s.buffer, s.offset, s.size)
}

func partOf(op string, v js.Value, offset, size uint64) (span, error) {
	s, err := spanOf(op, v)
	if err != nil {
		return span{}, err
	}
	return s.part(op, offset, size)
}

func outOfRange(op, what string, offset, size, limit uint64) *Error {
	message := what + ": " + strconv.FormatUint(size, 10) + " bytes at " + strconv.FormatUint(offset, 10) +
		" exceed " + strconv.FormatUint(limit, 10)
	return &Error{Op: op, Name: string(ErrRange), Message: message, Cause: js.Undefined()}
}

var uint8Array = method{class: "Uint8Array", name: "constructor"}

// newUint8Array is new Uint8Array(args...).
func newUint8Array(args ...any) (array js.Value, err error) {
	defer catch(&uint8Array, &err)
	if uint8Array.fn.IsUndefined() {
		uint8Array.fn = js.Global().Get("Uint8Array")
	}
	return uint8Array.fn.New(args...), nil
}
