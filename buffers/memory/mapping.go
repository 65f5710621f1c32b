package memory

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// MappableBuffer is a Buffer that the CPU can map.
type MappableBuffer struct{ Buffer }

var (
	_ gpu.MappableBuffer = (*MappableBuffer)(nil)
	_ gpu.HostMapper     = (*MappableBuffer)(nil)
	_ gpu.ByteMapper     = (*MappableBuffer)(nil)
)

// MapAsync asks for a mapping, which settles when the GPU is done with the buffer.
func (b *MappableBuffer) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	settled := b.channels.take()
	token, err := b.begin(mode, offset, size)
	if err != nil {
		b.channels.settle(settled, err)
		return settled
	}
	t := d.timeline.task()
	longer, failure := d.faults.mapping()
	t.buffer, t.token, t.settled, t.failure = &b.Buffer, token, settled, failure
	b.pending = t
	d.enqueueBeside(t, d.options.Map.of(size)+longer)
	return settled
}

func (b *MappableBuffer) begin(mode gpu.MapMode, offset, size uint64) (token uint64, err error) {
	if err := b.device.enter("map", b.Label()); err != nil {
		return 0, err
	}
	if err := gpu.CheckCreated("map", locked{&b.Buffer}); err != nil {
		return 0, err
	}
	return b.life.BeginMap(b, mode, offset, size)
}

// completeMap is the moment at which the GPU has the mapping ready, cancelled or not.
func (b *Buffer) completeMap(t *task) {
	failure := t.failure
	if b.failure != nil {
		failure = gpu.NewError("map", b.Label(), gpu.ErrOutOfMemory, "there was no memory for the buffer")
	}
	err := b.life.EndMap(b, t.token, failure)
	if t.settled == nil {
		return
	}
	if err == nil {
		b.fill()
	}
	b.settle(err)
}

// fill copies the contents that the GPU sees into the mapped range.
func (b *Buffer) fill() {
	_, offset, size := b.life.Range()
	if uint64(cap(b.mapped)) < size {
		b.mapped = make([]byte, size)
	}
	b.mapped = b.mapped[:size]
	move(b.mapped, b.contents[offset:offset+size])
}

// abort settles a cancelled map. Its completion is still to come.
func (b *Buffer) abort() {
	if b.pending != nil {
		b.settle(gpu.NewError("map", b.Label(), gpu.ErrMapAborted, ""))
	}
}

func (b *Buffer) settle(err error) {
	b.channels.settle(b.pending.settled, err)
	b.pending.settled = nil
	b.pending = nil
}

// Unmap writes the mapped range back, all of it, or cancels the map.
func (b *MappableBuffer) Unmap() error {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	state := b.life.State()
	mode, offset, _ := b.life.Range()
	if err := b.life.Unmap(b); err != nil {
		return d.orLost("unmap", b.Label(), err)
	}
	b.abort()
	if state == gpu.Mapped && mode == gpu.MapWrite && b.contents != nil {
		move(b.contents[offset:], b.mapped)
	}
	return d.alive("unmap", b.Label())
}

// WriteAt copies p into the mapped range.
func (b *MappableBuffer) WriteAt(p []byte, offset int64) (int, error) {
	if err := b.write(gpu.Bytes(p), offset); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadAt copies from the mapped range into p.
func (b *MappableBuffer) ReadAt(p []byte, offset int64) (int, error) {
	if err := b.read(gpu.Bytes(p), offset); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteMemoryAt copies m into the mapped range.
func (b *MappableBuffer) WriteMemoryAt(m gpu.Memory, offset uint64) error {
	return b.write(m, signed(offset))
}

// ReadMemoryAt copies from the mapped range into m.
func (b *MappableBuffer) ReadMemoryAt(m gpu.Memory, offset uint64) error {
	return b.read(m, signed(offset))
}

// MappedBytes returns a part of the mapped range.
func (b *MappableBuffer) MappedBytes(offset, size uint64) ([]byte, error) {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.access("mapped bytes", false, signed(offset), size)
}

// signed keeps an offset that no buffer reaches out of range.
func signed(offset uint64) int64 { return int64(min(offset, 1<<63-1)) }

func (b *MappableBuffer) write(m gpu.Memory, offset int64) error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	p, err := b.access("write", true, offset, m.Size())
	if err != nil {
		return err
	}
	return load("write", b.Label(), p, m)
}

func (b *MappableBuffer) read(m gpu.Memory, offset int64) error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	p, err := b.access("read", false, offset, m.Size())
	if err != nil {
		return err
	}
	return save("read", b.Label(), p, m)
}

// access returns the part of the mapped range for a read or write.
func (b *MappableBuffer) access(op string, write bool, offset int64, size uint64) ([]byte, error) {
	if err := b.life.CheckAccess(op, b, write, offset, size); err != nil {
		return nil, b.device.orLost(op, b.Label(), err)
	}
	_, start, _ := b.life.Range()
	at := uint64(offset) - start
	return b.mapped[at : at+size : at+size], nil
}
