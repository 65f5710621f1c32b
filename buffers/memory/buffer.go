package memory

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Buffer is memory of the GPU. The device's lock guards what changes of it.
type Buffer struct {
	device     *Device
	descriptor gpu.Descriptor

	life     gpu.Lifecycle
	contents []byte        // what the GPU sees; nil if there was no memory for it
	mapped   []byte        // what the CPU sees of the mapped range
	uses     int           // commands that name it and have not run
	freeAt   time.Duration // when the last of these is due
	failure  error         // why there is no memory for it, or nil
	reported bool          // failure was told to OnError
	pending  *task         // the map that has not settled
	of       *Buffer       // what it was adopted from, whose memory it has; or nil
	channels channels
}

var _ gpu.Buffer = (*Buffer)(nil)

func (b *Buffer) init() {
	b.life.Create(&b.descriptor)
	if b.failure == nil {
		b.contents = make([]byte, b.Size())
	}
	if b.descriptor.MappedAtCreation {
		b.mapped = make([]byte, b.Size())
	}
}

func (b *Buffer) Label() string    { return b.descriptor.Label }
func (b *Buffer) Size() uint64     { return b.descriptor.Size }
func (b *Buffer) Usage() gpu.Usage { return b.descriptor.Usage }

// Native is the buffer itself, a [*Buffer].
func (b *Buffer) Native() any { return b }

func (b *Buffer) State() gpu.State {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.state()
}

// state of an adopted buffer does not tell whether its owner has destroyed it.
func (b *Buffer) state() gpu.State {
	state := b.life.State()
	if b.of != nil && state == gpu.Ready && b.of.life.State() != gpu.Destroyed {
		return b.of.life.State()
	}
	return state
}

// Adopt gives another owner of b: one who can use it, but neither maps nor destroys it, and does not hear that its
// first owner does. That comes to light with the commands that use it, as in a browser.
func (d *Device) Adopt(b *Buffer) gpu.Buffer {
	adopted := &Buffer{device: d, descriptor: b.descriptor, of: b}
	adopted.life.Create(&gpu.Descriptor{})
	return adopted
}

func (b *Buffer) Valid() bool {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.life.State() != gpu.Destroyed && b.device.loss == notLost && !b.reported
}

// Failure is that the device ran out of memory, once OnError has heard of it.
func (b *Buffer) Failure() error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.knownFailure()
}

func (b *Buffer) knownFailure() error {
	if !b.reported {
		return nil
	}
	return b.failure
}

// Contents is a copy of what the GPU sees now, whatever the state; nil when it is freed.
func (b *Buffer) Contents() []byte {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return append([]byte(nil), b.contents...)
}

// Destroy frees the memory when the GPU is done with it.
func (b *Buffer) Destroy() {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	if !b.life.Destroy() {
		return
	}
	if b.of != nil {
		return
	}
	b.abort()
	b.mapped = nil
	delete(b.device.buffers, b)
	b.free()
}

// free gives the memory back if nothing needs it any more.
func (b *Buffer) free() {
	if b.life.State() != gpu.Destroyed || b.uses > 0 || b.contents == nil {
		return
	}
	b.contents = nil
	if b.device.loss == notLost {
		b.device.bytes -= b.Size()
	}
}

// retain and release count the commands that have yet to run.
func (b *Buffer) retain(until time.Duration) {
	b.uses++
	b.freeAt = until
}

func (b *Buffer) release() {
	b.uses--
	b.free()
}

// locked is a Buffer seen by the core's checks while the device's lock is held.
type locked struct{ *Buffer }

func (b locked) State() gpu.State { return b.state() }
func (b locked) Failure() error   { return b.knownFailure() }

func (b *Buffer) base() *Buffer { return b }

// own returns the device's own buffer inside of b.
func (d *Device) own(op string, b gpu.Buffer) (*Buffer, error) {
	if mine, ok := gpu.Unwrap(b).(interface{ base() *Buffer }); ok && mine.base().device == d {
		return mine.base(), nil
	}
	return nil, gpu.NewError(op, b.Label(), gpu.ErrWrongDevice, "")
}
