package buffers

import "context"

// ImmediateStagingBuffer is written by the CPU the moment it is made, piece by piece, and then uploaded:
// for the first load of resources and for static data.
//
//	write... -> UploadTo(encoder, dst) -> submit the encoder through the System
//
// It is used once; Reset makes it writable again.
type ImmediateStagingBuffer struct{ *staging }

// NewImmediateStagingBuffer makes one on a pooled chunk that is mapped already, or on one mapped at
// creation if the pool has none. It waits, until ctx ends, only if the budget is used up and [BudgetPolicy] says so.
func (s *System) NewImmediateStagingBuffer(ctx context.Context, d StagingDescriptor) (*ImmediateStagingBuffer, error) {
	shared, err := s.newStaging(KindImmediateStaging, d)
	if err != nil {
		return nil, err
	}
	b := &ImmediateStagingBuffer{shared}
	if err := b.Reset(ctx); err != nil {
		b.Destroy()
		return nil, err
	}
	return b, nil
}

// Reset makes the buffer writable from the start, on another chunk, for which it waits as NewImmediateStagingBuffer
// does. What was written and not uploaded is lost.
func (b *ImmediateStagingBuffer) Reset(ctx context.Context) error {
	b.lock()
	defer b.unlock()
	c, err := b.lend(ctx)
	if err != nil {
		return err
	}
	b.core.arm(c)
	return nil
}
