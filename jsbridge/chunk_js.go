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
// again, with what follows then. If it fails the chunk is in no known
// state, and fit only to be destroyed.
func (d *Device) Send(chunk *Buffer, mapped uint64, dst *Buffer, offset, size uint64, then Followup) (<-chan error, error) {
	taken := chunk.mapping.taken
	chunk.mapping.end()
	s := takeSlot()
	s.expectMap(chunk, part{0, mapped})
	s.follow(then)
	_, err := fusedSend.call(d.v, d.queue.v, chunk.v, uint32(taken), mapped, dst.v, offset, size, s.plain, s.reject.Value)
	return s.attached(err)
}

// FillAndSend is Send of p, of which every byte is copied to the beginning of
// the chunk first. No range of the chunk's mapping may have been taken.
func (d *Device) FillAndSend(p []byte, chunk *Buffer, mapped uint64, dst *Buffer, offset uint64, then Followup) (settled <-chan error, err error) {
	err = goMemory.lend(p, func(data js.Value, at uint64) error {
		settled, err = d.fillAndSend(span{data, at, uint64(len(p))}, chunk, mapped, dst, offset, false, then)
		return err
	})
	return settled, err
}

// FillAndSendFrom is FillAndSend of size bytes of a JavaScript BufferSource
// from byte dataOffset on, which never pass through Go's memory. The chunk
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
	_, err := fusedFill.call(from.buffer, from.offset, d.v, d.queue.v, chunk.v, mapped, dst.v, offset, from.size, relays, s.plain, s.reject.Value)
	return s.attached(err)
}

// relaying is the device that a relay is of, or nil. There is one at a time.
var relaying *Device

// Relay has the chunks that relay carry size bytes of a JavaScript BufferSource,
// from byte dataOffset on, to dst at the offset, without a crossing: each whose
// map resolves, and that holds a piece, carries the next one, and what waits for
// the map hears of it when nothing is left. It reports whether it does: not
// while another relay is under way.
//
// What the browser throws ends the relay, and the map of the chunk that was to
// carry a piece fails.
func (d *Device) Relay(data js.Value, dataOffset, size, piece uint64, dst *Buffer, offset uint64) bool {
	from, err := partOf("Device.Relay", data, dataOffset, size)
	if err != nil || relaying != nil {
		return false
	}
	if _, err = fusedRelay.call(from.buffer, from.offset, size, piece, d.v, d.queue.v, dst.v, offset); err != nil {
		return false
	}
	relaying = d
	return true
}

// EndRelay ends the relay, unless it has ended, and gives the number of bytes that
// were left.
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

// Copies are what goes from one buffer into a chunk: three whole numbers for
// each range, where in the buffer it begins, where in the chunk, and how many
// bytes it has.
type Copies struct {
	From   *Buffer
	Ranges []float64
}

// A FetchStep says what copies into a chunk begin with.
type FetchStep int

// The steps.
const (
	FetchGoesOn FetchStep = iota // behind other copies of the same group
	FetchGroup                   // with a group of copies, which is submitted by itself
	FetchFirst                   // with the first group
)

// AddFetch records copies into a chunk, ahead of those of [Device.Fetch]. Between
// the first and the last of a fetch there are calls of AddFetch and EndFetchGroup,
// and no others.
func (d *Device) AddFetch(chunk *Buffer, c Copies, step FetchStep) error {
	return c.lend(func(data js.Value, at uint64, size int) error {
		_, err := fusedAdd.call(d.v, int(step), c.From.v, chunk.v, data, at, size)
		return err
	})
}

// EndFetchGroup submits the copies of a group, within an error scope of its own if
// they are scoped. The last group is ended by Fetch.
func (d *Device) EndFetchGroup(scoped bool) error {
	_, err := fusedCopies.call(d.v, d.queue.v, scoped)
	return err
}

// A Fetch is how the copies into a chunk end: they are submitted, and the first
// Size bytes of the chunk mapped for reading. Then is all that hears of the map,
// once the scopes are answered, too. What they caught are the [Verdicts] of its
// error.
type Fetch struct {
	Scoped bool // the last group is
	Size   uint64
	Followup
	Polls int // see [Device.Poll]
}

// Verdicts are what the scopes of a fetch caught, in order, nil for those that
// caught nothing, if err says so of a chunk that is mapped; else there are none.
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
// soon as the one before was answered; by itself it polls after a while. It
// ends when a mapped range is taken; the last call counts.
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
		_, err := fusedFetch.call(d.v, int(step), c.From.v, chunk.v, data, at, size, d.queue.v, f.Scoped, f.Size, f.Polls, s.plain, s.reject.Value)
		return err
	}))
	return err
}

func (c Copies) lend(f func(data js.Value, at uint64, size int) error) error {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(c.Ranges))), 8*len(c.Ranges))
	return goMemory.lend(bytes, func(data js.Value, at uint64) error { return f(data, at, len(bytes)) })
}
