package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// DeferredStagingBuffer is mapped when the GPU has memory to spare, written, and uploaded, again and
// again: for streaming at run time.
//
//	MapAsync -> wait -> write... -> UploadTo(encoder, dst) -> submit the encoder -> MapAsync ...
//
// Each MapAsync may take another chunk of the pool, so the next one need not wait for the GPU to finish
// the last.
type DeferredStagingBuffer struct{ *staging }

func newDeferredStagingBuffer(writes *writeBelt, d StagingDescriptor) (*DeferredStagingBuffer, error) {
	shared, err := newStaging(writes, KindDeferredStaging, d)
	if err != nil {
		return nil, err
	}
	shared.core.settled = make(chan error, 1)
	return &DeferredStagingBuffer{shared}, nil
}

// MapAsync asks for memory to write. The channel has a capacity of one and settles exactly once, under the same
// contract as [MappableBuffer.MapAsync]. A map while one is pending is [ErrMapPending], while it is writable
// [ErrMapped]. Without room in the budget it does what [BudgetPolicy] says.
func (b *DeferredStagingBuffer) MapAsync() <-chan error {
	b.core.shared.mu.Lock()
	defer b.core.shared.mu.Unlock()
	c := b.core
	if err := b.mappable(); err != nil {
		refused := make(chan error, 1)
		refused <- err
		return refused
	}
	if len(c.settled) > 0 {
		c.settled = make(chan error, 1)
	}
	c.pending = true
	if !b.tryMap() {
		c.shared.wakeHost()
		go b.mapLater()
	}
	return c.settled
}

func (b *DeferredStagingBuffer) mappable() error {
	if err := b.held.check("map"); err != nil {
		return err
	}
	if b.core.pending {
		return gpu.NewError("map", b.Label(), ErrMapPending, "")
	}
	if b.core.chunk != nil && !b.core.sealed {
		return gpu.NewError("map", b.Label(), ErrMapped, "")
	}
	return nil
}

// tryMap settles the pending map, unless that has to wait for memory.
func (b *DeferredStagingBuffer) tryMap() (settled bool) {
	chunk, err := b.tryLend()
	if err == errShort {
		budget, need := &b.core.shared.budget, b.need()
		if budget.waits(need) {
			return false
		}
		err = budget.refuse("stage", b.Label(), need, nil)
	}
	if err == nil {
		b.core.arm(chunk)
	}
	b.core.settle(err)
	return true
}

// mapLater settles the map when there is memory, unless it is cancelled before.
func (b *DeferredStagingBuffer) mapLater() {
	b.core.shared.mu.Lock()
	defer b.core.shared.mu.Unlock()
	for b.core.pending && !b.tryMap() {
		_ = b.core.shared.wait(context.Background(), b.core.writes)
	}
}

// Map is MapAsync that waits. If ctx ends first, the map is cancelled, and the error of ctx is the Cause of an
// [*Error].
func (b *DeferredStagingBuffer) Map(ctx context.Context) error {
	return gpu.AwaitMap(ctx, b.Label(), b.MapAsync(), b.Unmap)
}

// Unmap gives the memory back. A pending map settles with [ErrMapAborted], even if its memory was there at once, as
// long as nobody has received from its channel. Bytes written and not uploaded are lost.
func (b *DeferredStagingBuffer) Unmap() error {
	b.core.shared.mu.Lock()
	defer b.core.shared.mu.Unlock()
	if b.core.pending {
		b.core.giveUp(b.Label())
		b.core.shared.wake() // ends the wait for its memory
		return nil
	}
	if err := b.writable("unmap"); err != nil {
		return err
	}
	b.core.giveUp(b.Label())
	b.core.disarm()
	return nil
}
