//go:build js && wasm

package jsbridge

import (
	"strconv"
	"syscall/js"
)

var (
	bufferMapAsync       = method{class: "GPUBuffer", name: "mapAsync"}
	bufferGetMappedRange = method{class: "GPUBuffer", name: "getMappedRange"}
	bufferUnmap          = method{class: "GPUBuffer", name: "unmap"}
	typedArraySet        = method{class: "Uint8Array", name: "set"}
)

// MapMode is what a buffer is mapped for.
//
// See https://www.w3.org/TR/webgpu/#namespacedef-gpumapmode.
type MapMode uint32

// The modes.
const (
	MapModeRead  MapMode = 0x0001
	MapModeWrite MapMode = 0x0002
)

// A mapping is the part of a buffer that was mapped last. Its mapped range is
// taken from the browser once, whole, when Go first copies to or from it,
// since ranges must not overlap, and kept until unmap.
type mapping struct {
	part
	taken    js.Value // the ArrayBuffer of the whole part, or undefined
	window   js.Value // a Uint8Array over taken from windowAt to the end, or undefined
	windowAt uint64
}

// A part is a range of bytes of a buffer.
type part struct{ offset, size uint64 }

func (p part) holds(offset, size uint64) bool {
	return offset >= p.offset && offset-p.offset <= p.size && size <= p.size-(offset-p.offset)
}

func (m *mapping) begin(p part) { *m = mapping{part: p} }

func (m *mapping) end() { m.taken, m.window = js.Undefined(), js.Undefined() }

// take takes the whole mapped range, unless that is done.
func (b *Buffer) take(op string, offset, size uint64) error {
	m := &b.mapping
	if !m.holds(offset, size) {
		return outOfRange(op, "mapped part at "+strconv.FormatUint(m.offset, 10), offset, size, m.size)
	}
	if !m.taken.IsUndefined() {
		return m.attached(op)
	}
	taken, err := b.MappedRange(m.offset, m.size)
	if err == nil {
		m.taken = taken
	}
	return err
}

// attached fails where the range was detached behind this package's back, as
// the end of a device does. The copies of syscall/js don't catch the
// exception that a detached array throws: it would end the program.
func (m *mapping) attached(op string) error {
	length, err := arrayBufferLength.call(m.taken)
	if err != nil {
		return err
	}
	if uint64(length.Float()) != m.size {
		return &Error{Op: op, Name: string(ErrOperation), Message: "the mapped range is detached", Cause: js.Undefined()}
	}
	return nil
}

// windowFor is a Uint8Array over the mapped part from the offset on.
func (b *Buffer) windowFor(op string, offset, size uint64) (js.Value, error) {
	if err := b.take(op, offset, size); err != nil {
		return js.Undefined(), err
	}
	m := &b.mapping
	at := offset - m.offset
	if !m.window.IsUndefined() && m.windowAt == at {
		return m.window, nil
	}
	window, err := newUint8Array(m.taken, at)
	if err == nil {
		m.window, m.windowAt = window, at
	}
	return window, err
}

func (b *Buffer) mappedSpan(op string, offset, size uint64) (span, error) {
	if err := b.take(op, offset, size); err != nil {
		return span{}, err
	}
	return span{b.mapping.taken, offset - b.mapping.offset, size}, nil
}

// MapAsync asks for size bytes from the offset on (multiples of 4 and 8) to
// be mapped. The channel receives once: nil, or the error, one that
// JavaScript threw at once included. Receive from it once only: it serves
// another map afterwards. Unmap and Destroy abort a map that is pending with
// [ErrAbort], and so does the loss of the device.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-mapasync.
func (b *Buffer) MapAsync(mode MapMode, offset, size uint64) <-chan error {
	promise, err := bufferMapAsync.call(b.v, uint32(mode), offset, size)
	if err != nil {
		return failed(err)
	}
	return settleMap(promise, &b.mapping, part{offset, size})
}

// MappedRange gives the browser's own ArrayBuffer over a part of what is
// mapped, offset by bytes from the buffer's beginning. It is detached when the
// buffer is unmapped.
//
// Ranges of one mapping must not overlap, and the copying methods take the
// whole of it: a mapping is used through them or through MappedRange.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-getmappedrange.
func (b *Buffer) MappedRange(offset, size uint64) (js.Value, error) {
	return bufferGetMappedRange.call(b.v, offset, size)
}

// WriteMapped copies p into the mapped part, offset by bytes from the
// buffer's beginning.
func (b *Buffer) WriteMapped(p []byte, offset uint64) error {
	window, err := b.windowFor("Buffer.WriteMapped", offset, uint64(len(p)))
	if err != nil {
		return err
	}
	js.CopyBytesToJS(window, p)
	return nil
}

// ReadMapped copies from the mapped part into p, offset by bytes from the
// buffer's beginning.
func (b *Buffer) ReadMapped(p []byte, offset uint64) error {
	window, err := b.windowFor("Buffer.ReadMapped", offset, uint64(len(p)))
	if err != nil {
		return err
	}
	js.CopyBytesToGo(p, window)
	return nil
}

// WriteMappedFrom copies size bytes of a JavaScript BufferSource, from byte
// dataOffset on, into the mapped part. They never pass through Go's memory.
func (b *Buffer) WriteMappedFrom(data js.Value, dataOffset, size, offset uint64) error {
	const op = "Buffer.WriteMappedFrom"
	from, err := partOf(op, data, dataOffset, size)
	if err != nil {
		return err
	}
	to, err := b.mappedSpan(op, offset, size)
	if err != nil {
		return err
	}
	return copySpan(to, from)
}

// ReadMappedTo copies size bytes of the mapped part into a JavaScript
// BufferSource, from byte dataOffset on.
func (b *Buffer) ReadMappedTo(data js.Value, dataOffset, size, offset uint64) error {
	const op = "Buffer.ReadMappedTo"
	to, err := partOf(op, data, dataOffset, size)
	if err != nil {
		return err
	}
	from, err := b.mappedSpan(op, offset, size)
	if err != nil {
		return err
	}
	return copySpan(to, from)
}

func copySpan(to, from span) error {
	target, err := to.bytes()
	if err != nil {
		return err
	}
	source, err := from.bytes()
	if err != nil {
		return err
	}
	_, err = typedArraySet.call(target, source)
	return err
}

// Unmap gives the mapped part to the GPU and detaches its ranges. A map that
// is pending is aborted. It is idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-unmap.
func (b *Buffer) Unmap() {
	b.mapping.end()
	_, _ = bufferUnmap.call(b.v)
}
