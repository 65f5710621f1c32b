package buffers

import (
	"sync/atomic"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// DeviceBuffer is memory that only the GPU uses: vertices, indices, uniforms, storage. It cannot be
// mapped. Its handle stays the same when Grow replaces the GPU buffer behind it.
type DeviceBuffer struct {
	held handle
	core *deviceCore
}

var _ Buffer = (*DeviceBuffer)(nil)

// deviceCore is the part that outlives the handle until it is freed.
type deviceCore struct {
	holding
	first      currentBuffer
	engine     *engine
	current    atomic.Pointer[currentBuffer]
	generation atomic.Uint64
	growths    []*growth              // those of unknown outcome, in order
	latest     *growth                // or nil
	failed     atomic.Pointer[growth] // the last one that failed
	wrapped    bool                   // its memory is somebody else's
}

func newDeviceBuffer(e *engine, d Descriptor) (*DeviceBuffer, error) {
	s := e.shared
	if d.Usage&(UsageMapRead|UsageMapWrite) != 0 || d.MappedAtCreation {
		return nil, gpu.NewError("create", d.Label, ErrUsage, "a DeviceBuffer is never mapped: stage into it, or make a MappableBuffer")
	}
	if d.Usage == 0 {
		return nil, d.Validate(s.limits)
	}
	d.Usage |= UsageCopySrc | UsageCopyDst
	d.Size = roundUp4(d.Size)
	if err := d.Validate(s.limits); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	core := &deviceCore{holding: holding{shared: s, kind: KindDevice, label: d.Label, bytes: d.Size}, engine: e}
	core.holding.free = core.free
	if err := s.createBuffer(d, &core.first); err != nil {
		return nil, err
	}
	core.current.Store(&core.first)
	b := &DeviceBuffer{handle{&core.holding}, core}
	b.held.begin()
	return b, nil
}

func (b *DeviceBuffer) holds() *holding { return b.held.holding }

// Unwrap returns the GPU buffer behind the handle now, for backends: see [DeviceBuffer.Native].
func (b *DeviceBuffer) Unwrap() Buffer { return b.core.current.Load().Buffer }

func (b *DeviceBuffer) history() *choice.History { return &b.core.current.Load().history }

func (b *DeviceBuffer) historyFor(uint64) choice.History { return *b.history() }

// historyOf returns the history of a DeviceBuffer. For any other buffer it returns one that only says Touched.
func historyOf(b Buffer) *choice.History {
	if d, ok := b.(*DeviceBuffer); ok {
		return d.history()
	}
	return &choice.History{Touched: true}
}

func (b *DeviceBuffer) Label() string  { return b.held.label }
func (b *DeviceBuffer) Size() uint64   { return b.Unwrap().Size() }
func (b *DeviceBuffer) Usage() Usage   { return b.Unwrap().Usage() }
func (b *DeviceBuffer) State() State   { return b.Unwrap().State() }
func (b *DeviceBuffer) Valid() bool    { return b.Unwrap().Valid() }
func (b *DeviceBuffer) Failure() error { return b.Unwrap().Failure() }

// Native returns the backend's own object. From then on the System cannot know whether others have destroyed it, so the
// GPU has to confirm reads from the buffer.
func (b *DeviceBuffer) Native() any {
	current := b.core.current.Load()
	current.handed.Store(true)
	return current.Native()
}

// Destroy implements [Buffer].
func (b *DeviceBuffer) Destroy() { b.held.destroy() }

// Generation counts how often the GPU buffer was replaced, by Grow or by one that failed. A bind group made for another
// generation refers to a destroyed buffer.
func (b *DeviceBuffer) Generation() uint64 { return b.core.generation.Load() }

// Write copies p to the buffer at offset, ahead of everything submitted later. Offset and length must be
// multiples of 4. p is the caller's again at once.
func (b *DeviceBuffer) Write(offset uint64, p []byte) error { return b.WriteMemory(offset, Bytes(p)) }

// WriteMemory is Write from memory that may be the host's.
func (b *DeviceBuffer) WriteMemory(offset uint64, m Memory) error {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.held.check("write"); err != nil {
		return err
	}
	dst := b.Unwrap()
	if err := gpu.CheckWrite(dst, offset, m.Size()); err != nil {
		return err
	}
	if m.Size() == 0 {
		return nil
	}
	return named(b.core.engine.write(dst, b.history(), offset, m), "write", b.Label())
}

func (b *DeviceBuffer) behind() *currentBuffer { return b.core.current.Load() }
