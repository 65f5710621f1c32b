package buffers

import "context"

// ImmediateStagingBuffer is written by the CPU the moment it is made, piece by piece, and then uploaded:
// for the first load of resources and for static data.
//
//	write... -> UploadTo(encoder, dst) -> submit the encoder through the System
//
// It is used once; Reset makes it writable again.
type ImmediateStagingBuffer struct{ *staging }

func newImmediateStagingBuffer(ctx context.Context, writes *writeBelt, d StagingDescriptor) (*ImmediateStagingBuffer, error) {
	shared, err := newStaging(writes, KindImmediateStaging, d)
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

// Reset makes the buffer writable from the start, on another chunk. It waits for that chunk as
// NewImmediateStagingBuffer does. Bytes written and not uploaded are lost.
func (b *ImmediateStagingBuffer) Reset(ctx context.Context) error {
	b.core.shared.mu.Lock()
	defer b.core.shared.mu.Unlock()
	c, err := b.lend(ctx)
	if err != nil {
		return err
	}
	b.core.arm(c)
	return nil
}
