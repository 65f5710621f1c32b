package gpu

// Lifecycle is the state of one buffer with its mapping. The backend that made the buffer keeps it, so that every
// backend follows the same table of transitions. It has no lock: the backend's guards it. The Check functions and this
// call State and Failure of the buffers that they are given. So a backend calls them with its lock held, and hands in a
// view of its buffer whose State and Failure do not take that lock: to check first and lock later is a race.
//
// Each map has a token, which a backend hands back with the map's completion. So the late completion of a cancelled map
// is never taken for that of a later one.
type Lifecycle struct {
	state        State
	mode         MapMode
	offset, size uint64
	token        uint64
}

// Create is the transition for a buffer made as d says.
func (l *Lifecycle) Create(d *Descriptor) {
	l.state = Ready
	if d.MappedAtCreation {
		l.state, l.mode, l.offset, l.size = Mapped, MapWrite, 0, d.Size
	}
}

// State is the current state.
func (l *Lifecycle) State() State { return l.state }

// Range is the range that is mapped or asked for, and its mode.
func (l *Lifecycle) Range() (mode MapMode, offset, size uint64) { return l.mode, l.offset, l.size }

// BeginMap checks the request against https://www.w3.org/TR/webgpu/#dom-gpubuffer-mapasync and moves to
// MapPending. An error changes nothing.
func (l *Lifecycle) BeginMap(b Buffer, mode MapMode, offset, size uint64) (token uint64, err error) {
	next, err := l.state.Next(EventMap)
	if err != nil {
		return 0, NewError("map", b.Label(), err, "")
	}
	if mode.usage() == 0 {
		return 0, NewError("map", b.Label(), ErrUsage, "mode "+Decimal(uint64(mode))+" is neither that of reading nor that of writing")
	}
	if err := checkUsage("map", b, mode.usage()); err != nil {
		return 0, err
	}
	if err := CheckSpan("map", b, offset, size, 8, 4); err != nil {
		return 0, err
	}
	l.token++
	l.state, l.mode, l.offset, l.size = next, mode, offset, size
	return l.token, nil
}

// EndMap is the completion of the map with that token. It returns the error for the map's channel: [ErrMapAborted] if
// the map was cancelled, whatever the backend says.
func (l *Lifecycle) EndMap(b Buffer, token uint64, err error) error {
	if token != l.token || l.state != MapPending {
		return NewError("map", b.Label(), ErrMapAborted, "")
	}
	event := EventMapped
	if err != nil {
		event = EventMapFailed
		l.mode, l.offset, l.size = MapNone, 0, 0
	}
	l.state, _ = l.state.Next(event)
	return err
}

// Unmap ends or cancels the mapping.
func (l *Lifecycle) Unmap(b Buffer) error {
	next, err := l.state.Next(EventUnmap)
	if err != nil {
		return NewError("unmap", b.Label(), err, "")
	}
	l.state, l.mode, l.offset, l.size = next, MapNone, 0, 0
	return nil
}

// Destroy reports whether this call is the first.
func (l *Lifecycle) Destroy() bool {
	first := l.state != Destroyed
	l.state, l.mode, l.offset, l.size = Destroyed, MapNone, 0, 0
	return first
}

// CheckAccess checks a read or write of size bytes at offset, counted from the start of the buffer,
// against the mapped range.
func (l *Lifecycle) CheckAccess(op string, b Buffer, write bool, offset int64, size uint64) error {
	if _, err := l.state.Next(EventAccess); err != nil {
		return NewError(op, b.Label(), err, "")
	}
	if write && l.mode != MapWrite {
		return NewError(op, b.Label(), ErrUsage, "the buffer is mapped for reading")
	}
	if offset < 0 {
		return NewError(op, b.Label(), ErrRange, "a negative offset")
	}
	at := uint64(offset)
	if at < l.offset || at > l.offset+l.size || size > l.offset+l.size-at {
		return NewError(op, b.Label(), ErrRange, Decimal(size)+" bytes at "+Decimal(at)+" are outside of the mapped range of "+
			Decimal(l.size)+" bytes at "+Decimal(l.offset))
	}
	return nil
}
