//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"unsafe"
)

// A chunk is a buffer that is mapped again and again to carry data to the GPU
// or back. What is done with one each time crosses to JavaScript once, and
// makes no value of Go's.

// Send unmaps a chunk that is mapped for writing, copies its first size bytes
// to dst at the offset in a submit of its own, and maps the first mapped bytes
// again, with what follows then. Where it fails the chunk is in no known
// state, and fit only to be destroyed.
func (d *Device) Send(chunk *Buffer, mapped uint64, dst *Buffer, offset, size uint64, then Followup) (<-chan error, error) {
	taken := chunk.mapping.taken
	chunk.mapping.end()
	s := takeSlot()
	s.expectMap(chunk, part{0, mapped}, then.Token, then.Then)
	s.notify = then.Notify
	_, err := compositeSend.call(d.v, d.queue.v, chunk.v, uint32(taken), mapped, dst.v, offset, size, s.plain, s.reject.Value)
	return s.attached(err)
}

// FillAndSend is Send of p, of which every byte is copied to the beginning of
// the chunk first. No range of the chunk's mapping may have been taken.
func (d *Device) FillAndSend(p []byte, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (settled <-chan error, err error) {
	err = goMemory.lend(p, func(data js.Value, at uint64) error {
		settled, err = d.fillAndSend(span{data, at, uint64(len(p))}, chunk, mapped, dst, offset, then)
		return err
	})
	return settled, err
}

// FillAndSendFrom is FillAndSend of size bytes of a JavaScript BufferSource
// from byte dataOffset on, which never pass through Go's memory.
func (d *Device) FillAndSendFrom(data js.Value, dataOffset, size uint64, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (<-chan error, error) {
	from, err := partOf("Device.FillAndSendFrom", data, dataOffset, size)
	if err != nil {
		return nil, err
	}
	return d.fillAndSend(from, chunk, mapped, dst, offset, then)
}

func (d *Device) fillAndSend(from span, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (<-chan error, error) {
	s := takeSlot()
	s.expectMap(chunk, part{0, mapped}, then.Token, then.Then)
	s.notify = then.Notify
	_, err := compositeFill.call(from.buffer, from.offset, d.v, d.queue.v, chunk.v, mapped, dst.v, offset, from.size, s.plain, s.reject.Value)
	return s.attached(err)
}

// Untaken reports whether no range of the mapping was taken yet.
func (b *Buffer) Untaken() bool { return b.mapping.taken == 0 }

// BeginFetch begins the copies into a chunk that [Device.Fetch] ends. Between
// the two there are calls of [Device.AddFetch] and no others.
func (d *Device) BeginFetch() error {
	_, err := compositeBegin.call(d.v)
	return err
}

// AddFetch copies ranges of a buffer into a chunk. Each is three whole numbers:
// where in src it begins, where in the chunk, and how many bytes it has.
func (d *Device) AddFetch(src, chunk *Buffer, ranges []float64) error {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(ranges))), 8*len(ranges))
	return goMemory.lend(bytes, func(data js.Value, at uint64) error {
		_, err := compositeAdd.call(src.v, chunk.v, data, at, len(bytes))
		return err
	})
}

// Fetch submits the copies and maps the first size bytes of the chunk for
// reading. Its completion is all that hears of the map.
func (d *Device) Fetch(chunk *Buffer, size, token uint64, then Completion) error {
	s := takeSlot()
	s.expectMap(chunk, part{0, size}, token, then)
	s.silent = true
	_, err := compositeFetch.call(d.queue.v, chunk.v, size, s.plain, s.reject.Value)
	_, err = s.attached(err)
	return err
}
