package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// Mapped is the memory that the host is to write the latest update to, at its offset, until the submit; or nil where
// that is [Allocation].Bytes, or Memory.
func (Embedder) Mapped(b *DynamicBuffer) MappableBuffer {
	r := b.ring
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	if r.current == nil || r.latest().chunk == nil {
		return nil
	}
	c := r.latest().chunk
	c.handed = true
	return c.buffer
}

// Page is the number of the page of the latest update, from 0 on in each frame, or -1 before the first. As long as
// Memory is not called, a page keeps its memory.
func (Embedder) Page(b *DynamicBuffer) int {
	r := b.ring
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	return r.open - 1
}

// Memory is the memory, made by [DynamicDescriptor].HostMemory, that the host writes the latest update to where
// that is not Mapped. It is new if the host took the old one away, and with it the updates in there. It is nil
// before the first update.
func (Embedder) Memory(b *DynamicBuffer) (Host, error) {
	r := b.ring
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	if err := b.held.check("update"); err != nil || r.open == 0 {
		return nil, err
	}
	p := r.latest()
	if p.isDetached() {
		arena, err := r.newArena("update")
		if err != nil {
			return nil, err
		}
		p.arena = arena
	}
	h, _, _ := p.arena.Host()
	return h, nil
}

// Advance takes the page of the latest update up to end, for a host that has given out that much of it by
// itself.
func (Embedder) Advance(b *DynamicBuffer, end uint64) error {
	r := b.ring
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	if err := b.held.check("update"); err != nil {
		return err
	}
	if r.current == nil {
		return gpu.NewError("update", r.page.Label, ErrState, "nothing was updated since the last submit")
	}
	if end > r.page.Size {
		return gpu.NewError("update", r.page.Label, ErrRange, gpu.Decimal(end)+" bytes exceed the page of "+gpu.Decimal(r.page.Size))
	}
	page := r.latest()
	page.used = max(page.used, end)
	return nil
}
