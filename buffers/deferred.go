package buffers

import (
	"context"
	"errors"
)

// DeferredStagingBuffer is mapped when the GPU has memory to spare, written, and uploaded, again and
// again: for streaming at run time.
//
//	MapAsync -> wait -> write... -> UploadTo(encoder, dst) -> submit the encoder -> MapAsync ...
//
// Each MapAsync may take another chunk of the pool, so the next one need not wait for the GPU to finish
// the last.
type DeferredStagingBuffer struct {
	*staging
	settled chan error
	pending bool
	cancel  context.CancelFunc
}

// NewDeferredStagingBuffer makes one; it holds no memory until it is mapped.
func (s *System) NewDeferredStagingBuffer(d StagingDescriptor) (*DeferredStagingBuffer, error) {
	shared, err := s.newStaging(KindDeferredStaging, d)
	if err != nil {
		return nil, err
	}
	return &DeferredStagingBuffer{staging: shared, settled: make(chan error, 1)}, nil
}

// MapAsync asks for memory to write. The channel has a capacity of one and settles exactly once, under
// the same contract as [MappableBuffer.MapAsync]; a map while one is pending is [ErrMapPending], while
// it is writable [ErrMapped].
func (b *DeferredStagingBuffer) MapAsync() <-chan error {
	b.lock()
	defer b.unlock()
	if err := b.mappable(); err != nil {
		refused := make(chan error, 1)
		refused <- err
		return refused
	}
	if len(b.settled) > 0 {
		b.settled = make(chan error, 1)
	}
	b.pending = true
	b.unlock()
	c, err := b.core.sys.lendChunk(noWait, &b.descriptor)
	b.lock()
	if !errors.Is(err, ErrBudget) || !b.core.sys.budget.waits(context.Background(), b.descriptor.padded()) {
		b.finish(c, err)
		return b.settled
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	go b.wait(ctx)
	return b.settled
}

func (b *DeferredStagingBuffer) mappable() error {
	if err := b.held.check("map"); err != nil {
		return err
	}
	if b.pending {
		return NewError("map", b.Label(), ErrMapPending, "")
	}
	if b.core.chunk != nil && !b.core.sealed {
		return NewError("map", b.Label(), ErrMapped, "")
	}
	return nil
}

// wait goes on where memory was not to be had at once.
func (b *DeferredStagingBuffer) wait(ctx context.Context) {
	c, err := b.core.sys.lendChunk(ctx, &b.descriptor)
	b.lock()
	defer b.unlock()
	b.cancel()
	b.cancel = nil
	if ctx.Err() != nil && err != nil {
		err = NewError("map", b.Label(), ErrMapAborted, "")
	}
	b.finish(c, err)
}

// finish settles the map. The lock is held.
func (b *DeferredStagingBuffer) finish(c *chunk, err error) {
	b.pending = false
	if err == nil {
		if err = b.held.check("map"); err != nil {
			b.core.sys.uploads.giveBack(c)
		} else {
			b.core.arm(c)
		}
	}
	b.settled <- err
}

// Map is MapAsync that waits. When ctx ends first the map is cancelled.
func (b *DeferredStagingBuffer) Map(ctx context.Context) error {
	settled := b.MapAsync()
	select {
	case err := <-settled:
		return err
	case <-ctx.Done():
		b.Unmap()
		<-settled
		return ctx.Err()
	}
}

// Unmap gives up the memory: a pending map settles with [ErrMapAborted], and what was written and not
// uploaded is lost.
func (b *DeferredStagingBuffer) Unmap() error {
	b.lock()
	defer b.unlock()
	if b.cancel != nil {
		b.cancel()
		return nil
	}
	if err := b.writable("unmap"); err != nil {
		return err
	}
	b.core.disarm()
	return nil
}

// Destroy implements the teardown of every buffer; a pending map settles with [ErrMapAborted].
func (b *DeferredStagingBuffer) Destroy() {
	b.lock()
	if b.cancel != nil {
		b.cancel()
	}
	b.unlock()
	b.staging.Destroy()
}

// noWait is a context under which nothing waits.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
