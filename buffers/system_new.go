package buffers

import "context"

// NewDeviceBuffer makes a DeviceBuffer. It adds CopySrc and CopyDst to the usage, for Grow and for Write, and rounds
// the size up to a multiple of 4, which copies need. MapRead and MapWrite are [ErrUsage].
func (s *System) NewDeviceBuffer(d Descriptor) (*DeviceBuffer, error) {
	return newDeviceBuffer(&s.engine, d)
}

// Wrap makes a DeviceBuffer of a buffer of the System's device that is somebody else's, such as one that a backend has adopted.
// It is written to, uploaded to and read from as any other, as far as its usage allows. It stays its owner's: its bytes count
// nowhere, Destroy ends the handle and calls the Destroy of b, which leaves the memory of an adopted one alone, and Grow is
// [ErrUnsupported].
func (s *System) Wrap(b Buffer, label string) (*DeviceBuffer, error) {
	return wrapBuffer(&s.engine, b, label)
}

// NewImmediateStagingBuffer makes one on a mapped chunk of the pool, or on one mapped at creation if the pool has none.
// It waits, until ctx ends, only if the budget is used up and [BudgetPolicy] says so.
func (s *System) NewImmediateStagingBuffer(ctx context.Context, d StagingDescriptor) (*ImmediateStagingBuffer, error) {
	return newImmediateStagingBuffer(ctx, &s.uploads, d)
}

// NewDeferredStagingBuffer makes one; it holds no memory until it is mapped.
func (s *System) NewDeferredStagingBuffer(d StagingDescriptor) (*DeferredStagingBuffer, error) {
	return newDeferredStagingBuffer(&s.uploads, d)
}

// NewMappableBuffer makes a buffer that the caller maps, for uses that the five buffers do not cover. Its bytes count
// in the budget, and it never waits for them: [ErrBudget].
func (s *System) NewMappableBuffer(d Descriptor) (MappableBuffer, error) {
	return newMappableBuffer(&s.shared, d)
}

// NewReadbackBuffer makes a ReadbackBuffer. It holds no memory while nothing is read.
func (s *System) NewReadbackBuffer(d ReadbackDescriptor) (*ReadbackBuffer, error) {
	return newReadbackBuffer(&s.reads, d)
}

// NewDynamicBuffer makes a DynamicBuffer with three slots of one page.
func (s *System) NewDynamicBuffer(d DynamicDescriptor) (*DynamicBuffer, error) {
	page, err := d.page(s.limits)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	b, err := newDynamicBuffer(&s.engine, &s.frames.flights, d, page)
	if err != nil {
		return nil, err
	}
	s.frames.join(b.ring)
	return b, nil
}
