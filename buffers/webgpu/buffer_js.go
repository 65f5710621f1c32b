//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// buffer is a GPUBuffer.
type buffer struct {
	device *Device
	bridge *jsbridge.Buffer // made, unless the buffer was adopted
	made   jsbridge.Buffer
	usage  gpu.Usage
	life   gpu.Lifecycle
	// adopted: the caller made it and maps it, so the browser knows the state, not life.
	adopted bool

	token uint64 // of the last map
	// outlived: that map was still pending, and was cancelled only after the device was lost.
	outlived bool
}

var _ gpu.Buffer = (*buffer)(nil)

func (b *buffer) Label() string    { return b.bridge.Label() }
func (b *buffer) Size() uint64     { return b.bridge.Size() }
func (b *buffer) Usage() gpu.Usage { return b.usage }

// Native returns a [*jsbridge.Buffer].
func (b *buffer) Native() any { return b.bridge }

func (b *buffer) State() gpu.State {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.state()
}

func (b *buffer) state() gpu.State {
	state := b.life.State()
	switch {
	case b.adopted && state == gpu.Ready:
		return browserStates[b.bridge.MapState()]
	case state == gpu.Mapped && b.device.loss.destroyed:
		return gpu.Ready
	}
	return state
}

var browserStates = map[jsbridge.MapState]gpu.State{
	jsbridge.Unmapped:   gpu.Ready,
	jsbridge.MapPending: gpu.MapPending,
	jsbridge.Mapped:     gpu.Mapped,
}

func (b *buffer) Valid() bool {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.life.State() != gpu.Destroyed && b.failure() == nil && b.device.loss.detail == ""
}

// Destroy aborts a pending map, whose channel settles when the browser rejects it.
func (b *buffer) Destroy() {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	b.noteCancel()
	if b.device.relayTo == b {
		b.device.endRelay()
	}
	if b.life.Destroy() && !b.adopted {
		b.device.failures.drop(b) // which asks for the GPUBuffer
		b.bridge.Destroy()
	}
}

// noteCancel is called before any cancellation of a map. A map ended by the loss of the device settles with the loss,
// whatever is done with its buffer before the browser rejects the promise.
func (b *buffer) noteCancel() {
	if b.life.State() == gpu.MapPending && b.device.loss.detail != "" {
		b.outlived = true
	}
}

// locked is a buffer for the core's checks while the device's lock is held.
type locked struct{ *buffer }

func (b locked) State() gpu.State { return b.state() }
func (b locked) Failure() error   { return b.failure() }

func (b *buffer) base() *buffer { return b }

// own returns the device's own buffer inside of b.
func (d *Device) own(op string, b gpu.Buffer) (*buffer, error) {
	if mine, ok := gpu.Unwrap(b).(interface{ base() *buffer }); ok && mine.base().device == d {
		return mine.base(), nil
	}
	return nil, gpu.NewError(op, b.Label(), gpu.ErrWrongDevice, "")
}

// BufferOf returns the buffer in jsbridge's terms, for bind groups and passes; nil if b is of another backend. Leave
// mapping, unmapping and destroying it to b.
func BufferOf(b gpu.Buffer) *jsbridge.Buffer {
	bridge, _ := b.Native().(*jsbridge.Buffer)
	return bridge
}
