package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// mappable is a MappableBuffer of a System: the backend's own, counted in the budget.
type mappable struct {
	MappableBuffer
	held *handle
}

var (
	_ MappableBuffer = (*mappable)(nil)
	_ gpu.HostMapper = (*mappable)(nil)
)

func newMappableBuffer(s *shared, d Descriptor) (MappableBuffer, error) {
	if err := d.ValidateMappable(s.limits); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	if !s.reserve(d.Size) {
		return nil, s.budget.refuse("create", d.Label, d.Size, nil)
	}
	b, err := s.createMapped(&d)
	if err != nil {
		return nil, err
	}
	return &mappable{b, s.hold(KindMappable, d.Label, d.Size, func(f fate) {
		if f != released {
			b.Destroy()
		}
		s.budget.release(d.Size)
	})}, nil
}

func (m *mappable) holds() *holding { return m.held.holding }

// Unwrap returns the backend's buffer.
func (m *mappable) Unwrap() Buffer { return m.MappableBuffer }

func (m *mappable) Destroy() { m.held.destroy() }

func (m *mappable) WriteMemoryAt(mem Memory, offset uint64) error {
	return gpu.WriteMapped(m.MappableBuffer, mem, offset)
}

func (m *mappable) ReadMemoryAt(mem Memory, offset uint64) error {
	return gpu.ReadMapped(m.MappableBuffer, mem, offset)
}

func (m *mappable) behind() *currentBuffer { return nil }
