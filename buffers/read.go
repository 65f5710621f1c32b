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

// readbackCore is the part that outlives the handle until it is freed.
type readbackCore struct {
	belt        *readBelt
	policy      ReadPolicy
	maxInFlight int
	inFlight    int // reads that are with the GPU, in part or whole
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
	s := r.reading.belt.shared
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
	s := r.reading.belt.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	r.reading.belt.recycle(r.reading)
}

func (x *reading) describe(src Buffer, offset, size uint64) error {
	x.name, x.src, x.offset, x.size, x.rowBytes, x.pitch = src.Label(), src, offset, size, size, size
	return checkReadable(Unwrap(src), offset, size)
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

// start asks for a read that describe fills in, for a buffer that is held.
func (b *readBelt) start(owner *readbackCore, held *handle, describe func(*reading) error) (Read, error) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	if err := held.check("read"); err != nil {
		return Read{}, err
	}
	x := b.newReading(owner, held)
	if err := describe(x); err != nil {
		b.recycle(x)
		return Read{}, err
	}
	if x.size == 0 {
		b.settle(x, nil)
		b.dequeue()
		return Read{x, x.turn}, nil
	}
	if owner.policy == ReadLatest {
		b.dropStale(owner)
	}
	x.inFrame = b.frameOpen
	b.queue = append(b.queue, x)
	return Read{x, x.turn}, nil
}

// flush sends the reads of one owner.
func (b *readBelt) flush(owner *readbackCore) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	for _, x := range b.queue {
		if x.owner == owner {
			x.released = true
		}
	}
	b.pump()
}
