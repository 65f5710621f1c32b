package memory

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Buffer is memory of the GPU. The device's lock guards its mutable fields.
type Buffer struct {
	device     *Device
	descriptor gpu.Descriptor

	life     gpu.Lifecycle
	contents []byte        // as the GPU sees them; nil if there was no memory for it
	mapped   []byte        // the mapped range as the CPU sees it
	uses     int           // commands that name it and have not run
	freeAt   time.Duration // when the last of uses is due
	failure  error         // why there is no memory for it, or nil
	reported bool          // OnError has taken failure
	pending  *task         // the unsettled map
	of       *Buffer       // its origin if it was adopted, whose memory it has; or nil
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

// state returns the current state. That of an adopted buffer does not show whether its owner has destroyed it.
func (b *Buffer) state() gpu.State {
	state := b.life.State()
	if b.of != nil && state == gpu.Ready && b.of.life.State() != gpu.Destroyed {
		return b.of.life.State()
	}
	return state
}

// Adopt returns another owner of b, who can use it, but neither maps nor destroys it. He does not learn that its first
// owner destroys it, until commands use it, as in a browser.
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

// Failure is the device's lack of memory, once OnError has taken it.
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

// Contents returns a copy of what the GPU sees now, whatever the state; nil when it is freed.
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

// free frees the memory if nothing needs it any more.
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

// locked is a Buffer for the core's checks while the device's lock is held.
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
