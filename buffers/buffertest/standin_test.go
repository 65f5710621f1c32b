package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// standIn is a device in memory whose buffers or queue are wrapped.
type standIn struct {
	*memory.Device
	wrapBuffer func(gpu.MappableBuffer) gpu.MappableBuffer
	queue      gpu.Queue
}

func withBuffers(wrap func(gpu.MappableBuffer) gpu.MappableBuffer) func(*memory.Device) gpu.Device {
	return func(d *memory.Device) gpu.Device {
		return &standIn{Device: d, wrapBuffer: wrap, queue: d.Queue()}
	}
}

func withQueue(wrap func(gpu.Queue) gpu.Queue) func(*memory.Device) gpu.Device {
	return func(d *memory.Device) gpu.Device {
		same := func(b gpu.MappableBuffer) gpu.MappableBuffer { return b }
		return &standIn{Device: d, wrapBuffer: same, queue: wrap(d.Queue())}
	}
}

func (d *standIn) Queue() gpu.Queue { return d.queue }

func (d *standIn) CreateMappableBuffer(desc *gpu.Descriptor) (gpu.MappableBuffer, error) {
	b, err := d.Device.CreateMappableBuffer(desc)
	if err != nil {
		return nil, err
	}
	return wrapped{d.wrapBuffer(b), b}, nil
}

func (d *standIn) hold() func() {
	d.Hold()
	return d.Release
}

// inMemory finds the device in memory of any stand-in.
func inMemory(d gpu.Device) *standIn {
	switch d := d.(type) {
	case *standIn:
		return d
	case *submitsMapped:
		return &standIn{Device: d.Device}
	case *complains:
		return &standIn{Device: d.Device}
	case *immortal:
		return &standIn{Device: d.Device}
	default:
		return &standIn{Device: d.(*memory.Device)}
	}
}

// wrapped lets the device in memory find its own buffer.
type wrapped struct {
	gpu.MappableBuffer
	inner gpu.Buffer
}

func (w wrapped) Unwrap() gpu.Buffer { return w.inner }

func (w wrapped) MappedBytes(offset, size uint64) ([]byte, error) {
	return w.MappableBuffer.(gpu.ByteMapper).MappedBytes(offset, size)
}

// staleCompletion settles a map with the completion of the cancelled one before it.
type staleCompletion struct {
	gpu.MappableBuffer
	cancelled bool
}

func (b *staleCompletion) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	settled := b.MappableBuffer.MapAsync(mode, offset, size)
	if !b.cancelled {
		return settled
	}
	b.cancelled = false
	early := make(chan error, 1)
	early <- nil
	return early
}

func (b *staleCompletion) Unmap() error {
	b.cancelled = b.State() == gpu.MapPending
	return b.MappableBuffer.Unmap()
}

// neverFails is a buffer whose creation never failed, whatever the device says.
type neverFails struct{ gpu.MappableBuffer }

func (neverFails) Failure() error { return nil }

// lastWrite keeps one write a mapping.
type lastWrite struct {
	gpu.MappableBuffer
	last   []byte
	offset int64
}

func (b *lastWrite) WriteAt(p []byte, offset int64) (int, error) {
	b.last, b.offset = append([]byte(nil), p...), offset
	return len(p), nil
}

func (b *lastWrite) Unmap() error {
	b.MappableBuffer.WriteAt(b.last, b.offset)
	return b.MappableBuffer.Unmap()
}

type paddedWrite struct{ gpu.MappableBuffer }

func (b paddedWrite) WriteAt(p []byte, offset int64) (int, error) {
	padded := append([]byte(nil), p...)
	for len(padded)%4 != 0 {
		padded = append(padded, 0)
	}
	_, err := b.MappableBuffer.WriteAt(padded, offset)
	return len(p), err
}

type zeroedMapping struct{ gpu.MappableBuffer }

func (b zeroedMapping) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	err := <-b.MappableBuffer.MapAsync(mode, offset, size)
	if err == nil && mode == gpu.MapWrite {
		_, err = b.WriteAt(make([]byte, size), int64(offset))
	}
	return settledWith(err)
}

type wholeMapping struct{ gpu.MappableBuffer }

func (b wholeMapping) MapAsync(mode gpu.MapMode, _, _ uint64) <-chan error {
	return b.MappableBuffer.MapAsync(mode, 0, b.Size())
}

type alwaysMapped struct{ gpu.MappableBuffer }

func (b alwaysMapped) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	settled := b.MappableBuffer.MapAsync(mode, offset, size)
	success := make(chan error, 1)
	go func() {
		<-settled
		success <- nil
	}()
	return success
}

type settlesTwice struct{ gpu.MappableBuffer }

func (b settlesTwice) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	err := <-b.MappableBuffer.MapAsync(mode, offset, size)
	twice := settledWith(err)
	go func() { twice <- err }()
	return twice
}

type neverAborts struct{ gpu.MappableBuffer }

func (b neverAborts) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	settled, mapped := b.MappableBuffer.MapAsync(mode, offset, size), make(chan error, 1)
	go func() {
		if err := <-settled; err == nil {
			mapped <- nil
		}
	}()
	return mapped
}

type partialRead struct{ gpu.MappableBuffer }

func (b partialRead) ReadAt(p []byte, offset int64) (int, error) {
	if left := int64(b.Size()) - offset; left > 0 && left < int64(len(p)) {
		n, _ := b.MappableBuffer.ReadAt(p[:left], offset)
		_, err := b.MappableBuffer.ReadAt(p, offset)
		return n - 1, err
	}
	return b.MappableBuffer.ReadAt(p, offset)
}

func settledWith(err error) chan error {
	settled := make(chan error, 1)
	settled <- err
	return settled
}

// submitsMapped unmaps what is in the way of a submit.
type submitsMapped struct {
	*memory.Device
	made []gpu.MappableBuffer
}

func (d *submitsMapped) CreateMappableBuffer(desc *gpu.Descriptor) (gpu.MappableBuffer, error) {
	b, err := d.Device.CreateMappableBuffer(desc)
	d.made = append(d.made, b)
	return b, err
}

func (d *submitsMapped) Queue() gpu.Queue { return unmapsFirst{d.Device.Queue(), d} }

type unmapsFirst struct {
	gpu.Queue
	device *submitsMapped
}

func (q unmapsFirst) Submit(encoders ...gpu.Encoder) error {
	for _, b := range q.device.made {
		if b.State() == gpu.Mapped {
			b.Unmap()
		}
	}
	return q.Queue.Submit(encoders...)
}

type immortal struct{ *memory.Device }

func (*immortal) Destroy() {}

// complains reports an error after each write.
type complains struct{ *memory.Device }

func (d *complains) Queue() gpu.Queue { return complainingQueue{d.Device.Queue(), d.Device} }

type complainingQueue struct {
	gpu.Queue
	device *memory.Device
}

func (q complainingQueue) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	q.device.Report(errOwn)
	return q.Queue.WriteBuffer(dst, offset, m)
}

type submitsOneByOne struct{ gpu.Queue }

func (q submitsOneByOne) Submit(encoders ...gpu.Encoder) error {
	for _, e := range encoders {
		if err := q.Queue.Submit(e); err != nil {
			return err
		}
	}
	return nil
}

type roundsWrites struct{ gpu.Queue }

func (q roundsWrites) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	p, _ := m.Bytes()
	for len(p)%4 != 0 {
		p = append(p[:len(p):len(p)], 0)
	}
	return q.Queue.WriteBuffer(dst, offset, gpu.Bytes(p))
}

// keepsBytes writes at the next submit what it was given before.
type keepsBytes struct {
	gpu.Queue
	writes []func() error
}

func (q *keepsBytes) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	q.writes = append(q.writes, func() error { return q.Queue.WriteBuffer(dst, offset, m) })
	return nil
}

func (q *keepsBytes) Submit(encoders ...gpu.Encoder) error {
	for _, write := range q.writes {
		if err := write(); err != nil {
			return err
		}
	}
	q.writes = nil
	return q.Queue.Submit(encoders...)
}

// lateSubmit hands a submit to the GPU when the next call comes.
type lateSubmit struct {
	gpu.Queue
	kept []gpu.Encoder
}

func (q *lateSubmit) Submit(encoders ...gpu.Encoder) error {
	err := q.flush()
	q.kept = append(q.kept, encoders...)
	return err
}

func (q *lateSubmit) WorkDone() <-chan error {
	q.flush()
	return q.Queue.WorkDone()
}

func (q *lateSubmit) flush() error {
	kept := q.kept
	q.kept = nil
	return q.Queue.Submit(kept...)
}

type tellsWithin struct {
	gpu.Queue
	gpu.ChunkQueue
}

func (q tellsWithin) FillChunk(chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	mapped, err := q.ChunkQueue.FillChunk(chunk, m, dst, offset, nil)
	if err != nil || notify == nil {
		return mapped, err
	}
	outcome := <-mapped
	notify()
	return settledWith(outcome), nil
}

type knowsItsOwn struct{ gpu.Queue }

func (q knowsItsOwn) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	if _, isOuter := dst.(outer); isOuter {
		return gpu.NewError("write", dst.Label(), gpu.ErrWrongDevice, "")
	}
	return q.Queue.WriteBuffer(dst, offset, m)
}

type hastyWorkDone struct{ gpu.Queue }

func (hastyWorkDone) WorkDone() <-chan error { return settledWith(nil) }

type nameless struct{ gpu.Queue }

func (q nameless) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	if err := q.Queue.WriteBuffer(dst, offset, m); err != nil {
		return gpu.NewError("write", "", gpu.ErrRange, "out of range")
	}
	return nil
}

type ownErrors struct{ gpu.Queue }

func (q ownErrors) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	if err := q.Queue.WriteBuffer(dst, offset, m); err != nil {
		return errOwn
	}
	return nil
}

type oneReason struct{ gpu.Queue }

func (q oneReason) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	if err := q.Queue.WriteBuffer(dst, offset, m); err != nil {
		return gpu.NewError("write", dst.Label(), gpu.ErrState, "")
	}
	return nil
}

// lenient says of each scoped submit that the GPU took it.
type lenient struct{ gpu.Queue }

func (q lenient) SubmitScoped(encoders ...gpu.Encoder) (<-chan error, error) {
	_, err := q.Queue.SubmitScoped(encoders...)
	verdict := make(chan error, 1)
	verdict <- nil
	return verdict, err
}

// unscoped has OnError hear of what a scope is to catch.
type unscoped struct{ gpu.Queue }

func (q unscoped) SubmitScoped(encoders ...gpu.Encoder) (<-chan error, error) {
	verdict := make(chan error, 1)
	verdict <- gpu.NewError("submit", "", gpu.ErrValidation, "somewhere")
	return verdict, q.Submit(encoders...)
}

type copiedView struct{ gpu.MappableBuffer }

func (b copiedView) MappedBytes(offset, size uint64) ([]byte, error) {
	p, err := b.MappableBuffer.(gpu.ByteMapper).MappedBytes(offset, size)
	return append([]byte(nil), p...), err
}
