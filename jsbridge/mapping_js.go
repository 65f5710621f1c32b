//go:build js && wasm

package jsbridge

import (
	"strconv"
	"syscall/js"
)

var (
	bufferMapAsync       = method{class: "GPUBuffer", name: "mapAsync"}
	bufferGetMappedRange = method{class: "GPUBuffer", name: "getMappedRange"}
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

// A mapping is the part of a buffer that was mapped last. Go's first copy to or
// from it takes the whole mapped range from the browser, since ranges must not
// overlap. The range is kept until unmap.
type mapping struct {
	part
	taken keptNumber // or 0
}

// A part is a range of bytes of a buffer.
type part struct{ offset, size uint64 }

func (p part) holds(offset, size uint64) bool {
	return offset >= p.offset && offset-p.offset <= p.size && size <= p.size-(offset-p.offset)
}

func (m *mapping) begin(p part) { *m = mapping{part: p} }

// end gives the number up; the unmap drops the range kept under it.
func (m *mapping) end() {
	if m.taken != 0 {
		kept.give(m.taken)
		m.taken = 0
	}
}

// take takes the whole mapped range, unless it is taken already.
func (b *Buffer) take(op string, offset, size uint64) error {
	m := &b.mapping
	if !m.holds(offset, size) {
		return outOfRange(op, "mapped part at "+strconv.FormatUint(m.offset, 10), offset, size, m.size)
	}
	if m.taken != 0 {
		return nil
	}
	n := kept.number()
	if _, err := fusedTake.call(uint32(n), b.value(), m.offset, m.size); err != nil {
		kept.give(n)
		return err
	}
	m.taken = n
	return nil
}

// mappedError says so if a copy failed because the range was detached behind
// this package's back, as by the end of a device.
func (b *Buffer) mappedError(op string, err error) error {
	if err == nil {
		return nil
	}
	if taken, _ := fusedRange.call(uint32(b.mapping.taken)); isObject(taken) {
		if length, _ := arrayBufferLength.call(taken); length.Type() == js.TypeNumber && uint64(length.Float()) != b.mapping.size {
			return &Error{Op: op, Name: string(ErrOperation), Message: "the mapped range is detached", Cause: js.Undefined()}
		}
	}
	return err
}

// MapAsync asks for a map of size bytes, a multiple of 4, from the offset on, a
// multiple of 8. The channel receives once: nil or the error, including one
// that JavaScript threw at once. Receive from it once only: it serves another
// map afterwards. Unmap, Destroy and the loss of the device abort a pending
// map with [ErrAbort].
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-mapasync.
func (b *Buffer) MapAsync(mode MapMode, offset, size uint64) <-chan error {
	settled, err := b.mapAsync(mode, part{offset, size}, 0, nil)
	if err != nil {
		return failed(err)
	}
	return settled
}

// queue is undefined for a buffer that was adopted.
func (b *Buffer) queue() js.Value {
	if b.device == nil {
		return js.Undefined()
	}
	return b.device.queue.v
}

func (b *Buffer) mapAsync(mode MapMode, p part, token uint64, then Completion) (<-chan error, error) {
	s := takeSlot()
	s.expectMap(b, p)
	s.token, s.then = token, then
	_, err := fusedMap.call(b.queue(), b.value(), uint32(mode), p.offset, p.size, s.plain, s.reject.Value)
	return s.attached(err)
}

// MappedRange gives the browser's own ArrayBuffer over size bytes of the mapped
// part, from the buffer's byte offset on. It is detached when the buffer is
// unmapped.
//
// Ranges of one mapping must not overlap, and the copying methods take the
// whole of it. So a mapping is used through them or through MappedRange.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-getmappedrange.
func (b *Buffer) MappedRange(offset, size uint64) (js.Value, error) {
	return bufferGetMappedRange.call(b.value(), offset, size)
}

// WriteMapped copies p into the mapped part, from the buffer's byte offset on.
func (b *Buffer) WriteMapped(p []byte, offset uint64) error {
	const op = "Buffer.WriteMapped"
	if err := b.take(op, offset, uint64(len(p))); err != nil {
		return err
	}
	return goMemory.lend(p, func(data js.Value, at uint64) error {
		return b.store(op, offset, data, at, uint64(len(p)))
	})
}

// ReadMapped fills p from the mapped part, from the buffer's byte offset on.
func (b *Buffer) ReadMapped(p []byte, offset uint64) error {
	const op = "Buffer.ReadMapped"
	if err := b.take(op, offset, uint64(len(p))); err != nil {
		return err
	}
	return goMemory.lendToWrite(p, func(data js.Value, at uint64) error {
		return b.load(op, offset, data, at, uint64(len(p)))
	})
}

// WriteMappedFrom copies size bytes of a JavaScript BufferSource, from byte
// dataOffset on, into the mapped part. They never pass through Go's memory.
func (b *Buffer) WriteMappedFrom(data js.Value, dataOffset, size, offset uint64) error {
	const op = "Buffer.WriteMappedFrom"
	from, err := partOf(op, data, dataOffset, size)
	if err != nil {
		return err
	}
	if err := b.take(op, offset, size); err != nil {
		return err
	}
	return b.store(op, offset, from.buffer, from.offset, size)
}

// ReadMappedTo copies size bytes of the mapped part into a JavaScript
// BufferSource, from byte dataOffset on.
func (b *Buffer) ReadMappedTo(data js.Value, dataOffset, size, offset uint64) error {
	const op = "Buffer.ReadMappedTo"
	to, err := partOf(op, data, dataOffset, size)
	if err != nil {
		return err
	}
	if err := b.take(op, offset, size); err != nil {
		return err
	}
	return b.load(op, offset, to.buffer, to.offset, size)
}

func (b *Buffer) store(op string, offset uint64, from js.Value, at, size uint64) error {
	m := &b.mapping
	_, err := fusedStore.call(uint32(m.taken), offset-m.offset, from, at, size)
	return b.mappedError(op, err)
}

func (b *Buffer) load(op string, offset uint64, to js.Value, at, size uint64) error {
	m := &b.mapping
	_, err := fusedLoad.call(uint32(m.taken), offset-m.offset, to, at, size)
	return b.mappedError(op, err)
}

// Unmap gives the mapped part to the GPU and detaches its ranges. A map that
// is pending is aborted. It is idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-unmap.
func (b *Buffer) Unmap() {
	taken := b.mapping.taken
	b.mapping.end()
	_, _ = fusedUnmap.call(b.value(), uint32(taken))
}
