//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"unsafe"
)

// A chunk is a buffer that is mapped again and again to carry data to the GPU
// or back. Each use crosses to JavaScript once and makes no value of Go's.

// Send unmaps a chunk that is mapped for writing and copies its first size
// bytes to dst at the offset, in a submit of its own. It then maps the first
// mapped bytes again, with the given followup. If Send fails, the chunk is in
// no known state and can only be destroyed.
func (d *Device) Send(chunk *Buffer, mapped uint64, dst *Buffer, offset, size uint64, then Followup) (<-chan error, error) {
	taken := chunk.mapping.taken
	chunk.mapping.end()
	s := takeSlot()
	s.expectMap(chunk, part{0, mapped})
	s.follow(then)
	_, err := fusedSend.call(d.v, d.queue.v, chunk.value(), uint32(taken), mapped, dst.value(), offset, size, s.plain, s.reject.Value)
	return s.attached(err)
}

// FillAndSend copies p to the beginning of the chunk and sends those bytes, as
// Send does. No range of the chunk's mapping may have been taken.
func (d *Device) FillAndSend(p []byte, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (settled <-chan error, err error) {
	err = goMemory.lend(p, func(data js.Value, at uint64) error {
		settled, err = d.fillAndSend(span{data, at, uint64(len(p))}, chunk, mapped, dst, offset, false, then)
		return err
	})
	return settled, err
}

// FillAndSendFrom is FillAndSend of size bytes of a JavaScript BufferSource
// from byte dataOffset on. They never pass through Go's memory. The chunk
// relays: see [Device.Relay].
func (d *Device) FillAndSendFrom(data js.Value, dataOffset, size uint64, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (<-chan error, error) {
	from, err := partOf("Device.FillAndSendFrom", data, dataOffset, size)
	if err != nil {
		return nil, err
	}
	return d.fillAndSend(from, chunk, mapped, dst, offset, true, then)
}

func (d *Device) fillAndSend(from span, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, relays bool, then Followup) (<-chan error, error) {
	s := takeSlot()
	s.expectMap(chunk, part{0, mapped})
	s.follow(then)
	_, err := fusedFill.call(from.buffer, from.offset, d.v, d.queue.v, chunk.value(), mapped, dst.value(), offset, from.size, relays, s.plain, s.reject.Value)
	return s.attached(err)
}

// relaying is the device whose relay is under way, or nil.
var relaying *Device

// Relay has the chunks that relay carry size bytes of a JavaScript BufferSource,
// from byte dataOffset on, to dst at the offset, without a crossing. A chunk
// that holds a piece carries the next one as soon as its map resolves. Once
// nothing is left, the waiter for the map hears of it. Relay reports whether it
// began: it does not while another relay is under way.
//
// If the browser throws, the relay ends, and the map of the chunk that was to
// carry a piece fails.
func (d *Device) Relay(data js.Value, dataOffset, size, piece uint64, dst *Buffer, offset uint64) bool {
	from, err := partOf("Device.Relay", data, dataOffset, size)
	if err != nil || relaying != nil {
		return false
	}
	if _, err = fusedRelay.call(from.buffer, from.offset, size, piece, d.v, d.queue.v, dst.value(), offset); err != nil {
		return false
	}
	relaying = d
	return true
}

// EndRelay ends the relay, unless it has ended, and gives the number of bytes
// that were left.
func (d *Device) EndRelay() (left uint64) {
	if relaying == d {
		relaying = nil
		left, _ := fusedEndRelay.call()
		d.unsent = uint64(left.Float())
	}
	return d.unsent
}

// Untaken reports whether no range of the mapping was taken yet.
func (b *Buffer) Untaken() bool { return b.mapping.taken == 0 }

// Copies go from one buffer into a chunk. Each range is three whole numbers:
// its offset in the buffer, its offset in the chunk, and its size, in bytes.
type Copies struct {
	From   *Buffer
	Ranges []float64
}

// A FetchStep says whether copies into a chunk begin a group.
type FetchStep int

// The steps.
const (
	FetchGoesOn FetchStep = iota // they follow other copies of their group
	FetchGroup                   // they begin a group, which has a submit of its own
	FetchFirst                   // they begin the first group
)

// AddFetch records copies into a chunk, ahead of those of [Device.Fetch].
// Between the first call of a fetch and its last come calls of AddFetch and
// EndFetchGroup only.
func (d *Device) AddFetch(chunk *Buffer, c Copies, step FetchStep) error {
	return c.lend(func(data js.Value, at uint64, size int) error {
		_, err := fusedAdd.call(d.v, int(step), c.From.value(), chunk.value(), data, at, size)
		return err
	})
}

// EndFetchGroup submits the copies of a group, if scoped within an error scope
// of their own. Fetch ends the last group.
func (d *Device) EndFetchGroup(scoped bool) error {
	_, err := fusedCopies.call(d.v, d.queue.v, scoped)
	return err
}

// A Fetch says how the copies into a chunk end: they are submitted, and the
// first Size bytes of the chunk are mapped for reading. The Followup alone
// hears of the map, once the error scopes are answered too. [Verdicts] takes
// from its error what they caught.
type Fetch struct {
	Scoped bool // the last group has an error scope
	Size   uint64
	Followup
	Polls int // see [Device.Poll]
}

// Verdicts are what the scopes of a fetch caught, in order, nil for a scope
// that caught nothing. There are none unless err is that of a fetch whose chunk
// is mapped.
func Verdicts(err error) (verdicts []error) {
	e, ok := err.(*Error)
	if !ok || !js.Global().Get("Array").Call("isArray", e.Cause).Bool() {
		return nil
	}
	for i := range e.Cause.Length() - 1 { // the last is the map's
		verdicts = append(verdicts, scopeError(e.Cause.Index(i)))
	}
	return verdicts
}

// Poll has the browser poll so many times whether the GPU is done, each time as
// soon as the poll before was answered. By itself it polls after a while.
// Polling ends when a mapped range is taken. The last call of Poll counts.
func (d *Device) Poll(times int) {
	_, _ = fusedPoll.call(d.v, times)
}

// Fetch records the last copies into a chunk and does what f says.
func (d *Device) Fetch(chunk *Buffer, c Copies, step FetchStep, f Fetch) error {
	s := takeSlot()
	s.expectMap(chunk, part{0, f.Size})
	s.follow(f.Followup)
	s.silent = true
	_, err := s.attached(c.lend(func(data js.Value, at uint64, size int) error {
		_, err := fusedFetch.call(d.v, int(step), c.From.value(), chunk.value(), data, at, size, d.queue.v, f.Scoped, f.Size, f.Polls, s.plain, s.reject.Value)
		return err
	}))
	return err
}

func (c Copies) lend(f func(data js.Value, at uint64, size int) error) error {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(c.Ranges))), 8*len(c.Ranges))
	return goMemory.lend(bytes, func(data js.Value, at uint64) error { return f(data, at, len(bytes)) })
}
