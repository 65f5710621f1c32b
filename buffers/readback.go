package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// ReadbackDescriptor describes a ReadbackBuffer.
type ReadbackDescriptor struct {
	Label  string
	Policy ReadPolicy
	// MaxInFlight is the most reads of a ReadLatest buffer that may be with the GPU; 0 means 2.
	MaxInFlight int
}

// ReadbackBuffer brings results from the GPU to the CPU: of computations, queries, pictures.
//
// A read gives the bytes that its source has when it is sent, or fails: nothing that is written or submitted later is
// read. Reads that are sent together share a chunk of memory and one map, and reads of neighbouring ranges one copy. A
// read that finds no chunk when it is sent is copied on the GPU at that moment, and goes through a ring of chunks from
// there. Such copies take at most [Options].Budget bytes in all; beyond that a read fails with [ErrBudget]. Offsets and
// sizes need no alignment.
//
// If the GPU refuses a copy, because the source was destroyed by others or belongs to another device, the read fails
// with [ErrValidation]. It fails alone, except for reads of DeviceBuffers whose native object was handed out: those
// that are sent together fail together.
type ReadbackBuffer struct {
	held *handle
	core *readbackCore
	belt *readBelt
}

func newReadbackBuffer(reads *readBelt, d ReadbackDescriptor) (*ReadbackBuffer, error) {
	if d.MaxInFlight < 0 {
		return nil, gpu.NewError("create", d.Label, ErrRange, "a negative number of reads in flight")
	}
	s := reads.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	core := &readbackCore{policy: d.Policy, maxInFlight: orDefault(d.MaxInFlight, 2)}
	return &ReadbackBuffer{s.hold(KindReadback, d.Label, 0, func(fate) { reads.abandon(core) }), core, reads}, nil
}

func (r *ReadbackBuffer) holds() *holding { return r.held.holding }

// Label returns the label that it was made with.
func (r *ReadbackBuffer) Label() string { return r.held.label }

// Destroy ends pending reads with [ErrDestroyed]; their memory is the caller's again.
func (r *ReadbackBuffer) Destroy() { r.held.destroy() }

// Read copies len(p) bytes of src at offset into p, as they are after everything submitted so far. If ctx ends first, p
// is not written after Read returned.
func (r *ReadbackBuffer) Read(ctx context.Context, src Buffer, offset uint64, p []byte) error {
	read, err := r.Start(src, offset, Bytes(p))
	if err != nil {
		return err
	}
	r.Flush()
	return read.Wait(ctx)
}

// ReadTexture copies the texels of a region into p, row by row without padding; rows of blocks for a compressed format.
func (r *ReadbackBuffer) ReadTexture(ctx context.Context, region TextureRegion, p []byte) error {
	read, err := r.StartTexture(region, Bytes(p))
	if err != nil {
		return err
	}
	r.Flush()
	return read.Wait(ctx)
}

// Start asks for a read of src at offset into m, which it fills. The read is sent by Flush, by Wait, or with the next
// submit of the System, after everything in it. If a frame is open, only its Submit or Discard, or Flush, sends it. m
// must not be used until Wait returned. A read of 0 bytes has ended at once.
func (r *ReadbackBuffer) Start(src Buffer, offset uint64, m Memory) (Read, error) {
	return r.belt.start(r.core, r.held, func(x *reading) error {
		x.dst = m
		return x.describe(src, offset, m.Size())
	})
}

// StartTexture is Start for the texels of a region, row by row without padding.
func (r *ReadbackBuffer) StartTexture(region TextureRegion, m Memory) (Read, error) {
	return r.belt.start(r.core, r.held, func(x *reading) error {
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

// ReadSlice reads len(p) Ts of src from the byte offset on.
func ReadSlice[T any](ctx context.Context, r *ReadbackBuffer, src Buffer, offset uint64, p []T) error {
	bytes, err := wgsl.BytesOf(p)
	if err != nil {
		return err
	}
	return r.Read(ctx, src, offset, bytes)
}

// Flush sends the reads asked for, ahead of the next submit.
func (r *ReadbackBuffer) Flush() { r.belt.flush(r.core) }
