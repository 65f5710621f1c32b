package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// ReadPolicy says what a ReadbackBuffer does when reads are asked for faster than they complete.
type ReadPolicy uint8

const (
	// ReadAll completes every read, in the order asked for.
	ReadAll ReadPolicy = iota
	// ReadLatest drops a read that waits to be mapped when a newer one is asked for; it settles with
	// [ErrStale] and costs no map.
	ReadLatest
)

// ReadbackDescriptor describes a ReadbackBuffer.
type ReadbackDescriptor struct {
	Label  string
	Policy ReadPolicy
	// MaxInFlight is how many reads of a ReadLatest buffer may be with the GPU; 0 means 2.
	MaxInFlight int
}

// ReadbackBuffer brings results from the GPU to the CPU: of computations, queries, pictures.
//
// A read gives the bytes that its source has when it is sent, or fails: nothing that is written or submitted later
// is read. Reads that are sent together share a chunk of memory and one map, and reads of neighbouring ranges one
// copy. What finds no chunk when it is sent is copied on the GPU at that moment, at most [Options].Budget bytes in
// all, and goes through a ring of chunks from there; beyond that it fails with [ErrBudget]. Offsets and sizes need
// no alignment.
//
// If the GPU refuses a copy, because the source was destroyed by others or belongs to another device, the read fails
// with [ErrValidation]. It fails alone, but for reads of DeviceBuffers whose native object was handed out: those
// that are sent together fail together.
type ReadbackBuffer struct {
	held *handle
	core *readbackCore
}

// readbackCore is the part that outlives the handle until it is freed.
type readbackCore struct {
	belt        *readBelt
	policy      ReadPolicy
	maxInFlight int
	inFlight    int // reads that are with the GPU, in part or whole
}

// NewReadbackBuffer makes a ReadbackBuffer. It holds no memory while nothing is read.
func (s *System) NewReadbackBuffer(d ReadbackDescriptor) (*ReadbackBuffer, error) {
	if d.MaxInFlight < 0 {
		return nil, gpu.NewError("create", d.Label, ErrRange, "a negative number of reads in flight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	core := &readbackCore{belt: &s.reads, policy: d.Policy, maxInFlight: orDefault(d.MaxInFlight, 2)}
	return &ReadbackBuffer{s.hold(KindReadback, d.Label, 0, func(fate) { s.reads.abandon(core) }), core}, nil
}

func (r *ReadbackBuffer) holds() *holding { return r.held.holding }

// Label is the one it was made with.
func (r *ReadbackBuffer) Label() string { return r.held.label }

// Destroy ends what is pending with [ErrDestroyed]; the memory it was to be read into is the caller's
// again.
func (r *ReadbackBuffer) Destroy() { r.held.destroy() }

// Read copies len(p) bytes of src at offset into p, as they are after everything submitted so far. When
// ctx ends first, p is not written after Read returned.
func (r *ReadbackBuffer) Read(ctx context.Context, src Buffer, offset uint64, p []byte) error {
	read, err := r.Start(src, offset, Bytes(p))
	if err != nil {
		return err
	}
	r.Flush()
	return read.Wait(ctx)
}

// ReadTexture copies the texels of a region into p, row by row without padding; of a
// compressed format, by rows of blocks.
func (r *ReadbackBuffer) ReadTexture(ctx context.Context, region TextureRegion, p []byte) error {
	read, err := r.StartTexture(region, Bytes(p))
	if err != nil {
		return err
	}
	r.Flush()
	return read.Wait(ctx)
}

// Start asks for a read of src at offset into m, which it fills. It is sent with the next submit of the
// System, after everything in it, by Flush, or by Wait; if a frame is open, when that is submitted or discarded, or by
// Flush. m must not be used until Wait returned. A read of 0 bytes has ended at once.
func (r *ReadbackBuffer) Start(src Buffer, offset uint64, m Memory) (Read, error) {
	return r.start(func(x *reading) error {
		x.dst = m
		return x.describe(src, offset, m.Size())
	})
}

func (x *reading) describe(src Buffer, offset, size uint64) error {
	x.name, x.src, x.offset, x.size, x.rowBytes, x.pitch = src.Label(), src, offset, size, size, size
	return checkReadable(Unwrap(src), offset, size)
}

// StartTexture is Start for the texels of a region, row by row without padding.
func (r *ReadbackBuffer) StartTexture(region TextureRegion, m Memory) (Read, error) {
	return r.start(func(x *reading) error {
		x.dst = m
		if err := x.describeTexels(region); err != nil {
			return err
		}
		if m.Size() != x.size {
			return gpu.NewError("read texture", region.Texture.Label(), ErrRange, "memory of "+gpu.Decimal(m.Size())+" bytes for a region of "+gpu.Decimal(x.size))
		}
		return nil
	})
}

func (x *reading) describeTexels(region TextureRegion) error {
	f, err := gpu.CheckRegion("read texture", region, gpu.TextureCopySrc)
	x.name, x.region, x.texels = region.Texture.Label(), region, f
	x.rowBytes, x.pitch, x.size = f.RowBytes, rowPitch(f.RowBytes), f.Bytes()
	return err
}

func checkReadable(src Buffer, offset, size uint64) error {
	if err := gpu.CheckUse("read", src, UsageCopySrc); err != nil {
		return err
	}
	tail := src.Size() &^ 3
	if offset <= tail && size <= tail-offset {
		return nil
	}
	if err := gpu.CheckSpan("read", src, offset, size, 1, 1); err != nil || size == 0 {
		return err
	}
	return gpu.NewError("read", src.Label(), ErrAlignment, "copies move 4 bytes, so those from "+gpu.Decimal(tail)+" on of a buffer of "+
		gpu.Decimal(src.Size())+" cannot be read")
}

func (r *ReadbackBuffer) start(describe func(*reading) error) (Read, error) {
	b := r.core.belt
	b.sys.mu.Lock()
	defer b.sys.mu.Unlock()
	if err := r.held.check("read"); err != nil {
		return Read{}, err
	}
	x := b.newReading(r)
	if err := describe(x); err != nil {
		b.recycle(x)
		return Read{}, err
	}
	if x.size == 0 {
		b.settle(x, nil)
		b.dequeue()
		return Read{x, x.turn}, nil
	}
	if r.core.policy == ReadLatest {
		b.dropStale(r.core)
	}
	x.inFrame = b.sys.frames.current.open
	b.queue = append(b.queue, x)
	return Read{x, x.turn}, nil
}

// Flush sends the reads that were asked for, ahead of the next submit.
func (r *ReadbackBuffer) Flush() {
	b := r.core.belt
	b.sys.mu.Lock()
	defer b.sys.mu.Unlock()
	for _, x := range b.queue {
		if x.owner == r.core {
			x.released = true
		}
	}
	b.pump()
}

// FlushReads sends the reads that were asked for of all ReadbackBuffers, ahead of the next submit. It
// reports whether all of them are with the GPU, so that maps are going to settle.
func (s *System) FlushReads() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.sendAll(true)
	return len(s.reads.queue) == 0 && len(s.reads.inFlight)+len(s.reads.lent) > 0
}

// Read is a read that was asked for. Wait for it, or cancel it, once.
type Read struct {
	reading *reading
	turn    uint64
}

// Wait returns when the memory is filled, or the read failed. When ctx ends first the read is cancelled.
// In either case the memory is the caller's again. A read that was not sent is sent now; if it goes with a frame that
// is open, the log tells of it after a second.
func (r Read) Wait(ctx context.Context) error {
	settled, err := r.claim((*readBelt).await)
	if err != nil {
		return err
	}
	select {
	case err = <-settled:
	case <-ctx.Done():
		label := r.reading.name // which stays
		if err = r.reading.belt.cancel(r.reading); err == nil {
			err = gpu.CausedBy("read", label, ctx.Err())
		} else if err == errLanded {
			err = nil
		}
	}
	r.recycle()
	return err
}

// Cancel gives the read up. The memory is the caller's again.
func (r Read) Cancel() {
	if _, err := r.claim(func(*readBelt, *reading) {}); err == nil {
		r.reading.belt.cancel(r.reading)
		r.recycle()
	}
}

// claim makes sure that a read is waited for once, and then calls f.
func (r Read) claim(f func(*readBelt, *reading)) (<-chan error, error) {
	if r.reading == nil {
		return nil, gpu.NewError("wait", "", ErrState, "there is no read")
	}
	s := r.reading.belt.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.reading.turn != r.turn || r.reading.claimed {
		return nil, gpu.NewError("wait", "", ErrState, "the read was waited for, or cancelled, before")
	}
	r.reading.claimed = true
	f(r.reading.belt, r.reading)
	return r.reading.settled, nil
}

func (r Read) recycle() {
	s := r.reading.belt.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	r.reading.belt.recycle(r.reading)
}
