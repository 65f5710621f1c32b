package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// wrapBuffer makes a handle of a buffer that is somebody else's.
func wrapBuffer(e *engine, b Buffer, label string) (*DeviceBuffer, error) {
	s := e.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("wrap", label); err != nil {
		return nil, err
	}
	if _, isOwn := b.(interface{ behind() *currentBuffer }); isOwn {
		return nil, gpu.NewError("wrap", label, ErrType, "it is a buffer of a System's already")
	}
	core := &deviceCore{holding: holding{shared: s, kind: KindDevice, label: label}, engine: e, wrapped: true}
	core.holding.free = core.free
	core.first.Buffer = b
	core.first.history.Touched = true
	core.first.handed.Store(true)
	core.current.Store(&core.first)
	w := &DeviceBuffer{handle{&core.holding}, core}
	w.held.begin()
	return w, nil
}
