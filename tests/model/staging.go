package model

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// staging is a staging buffer: empty, writable, or sealed by an upload into an encoder.
type staging struct {
	*holding
	size     int
	row      int // bytes of a row of texels, or 0
	writable bool
	encoder  *encoder // that it is sealed in, or nil
	cells    []cell   // all that was written, and zeros between
	next     int      // where a write goes on
	mapping  *call
}

// stagingKinds are operations on the two staging buffers.
var stagingKinds = []Kind{
	{Name: "stage", Weight: 18, Takes: []Param{Actor, System, Staging, Capacity, Row}, Waits: true,
		Small: []string{"staging=0 capacity=4096", "actor=1 system=1 staging=2 capacity=4096"},
		Model: func(m *Model, o Op) *call {
			slot, size, row := o.Args[Staging], o.Args[Capacity], o.Args[Row]
			m.destroyStaging(slot)
			c := m.refused(m.unusable(o.Args[System]), when(size%max(4, row) != 0, "alignment"), wrongCapacity(size))
			immediate := slot < immediates
			if immediate {
				m.needs(c, o.Args[System], padded(size, row))
				m.atOnce(c)
				c.creates = true
			}
			c.done = func(Result) error {
				m.destroyStaging(slot)
				m.staging[slot] = &staging{holding: m.hold(o.Args[System], stagingKind(slot)), size: size, row: row, writable: immediate}
				return nil
			}
			return m.waits(c, m.systems[o.Args[System]])
		},
		Run: func(w *World, o Op) Result {
			slot, s := o.Args[Staging], w.systems[o.Args[System]]
			if w.staging[slot] != nil {
				w.staging[slot].Destroy()
			}
			b, err := newStaging(w, slot < immediates, s, o)
			if err != nil {
				return failed(err)
			}
			return Result{keep: func() { w.keepStaging(slot, b) }}
		}},

	{Name: "mapStaging", Weight: 21, Takes: []Param{Actor, Staging}, Waits: true,
		Small: []string{"", "actor=1 staging=2"},
		Model: func(m *Model, o Op) *call {
			s := m.staging[o.Args[Staging]]
			c := m.refused(m.of(s.holding))
			m.needs(c, s.system, padded(s.size, s.row))
			if o.Args[Staging] < immediates {
				m.atOnce(c)
			} else {
				c.refuse(when(s.mapping != nil, "map-pending"), when(s.writable, "mapped"))
				c.may = append(c.may, when(m.on >= Functions && s.mapping != nil, "mapped")) // before its promise has settled
				if c.wrong == nil {
					s.mapping = c
					c.failed = func() {
						if s.mapping == c {
							s.mapping = nil
						}
					}
				}
			}
			c.done = func(Result) error {
				s.mapping, s.writable, s.encoder, s.cells, s.next = nil, true, nil, nil, 0
				return nil
			}
			return m.waits(c, s.holding)
		},
		Run: func(w *World, o Op) Result {
			switch s := w.staging[o.Args[Staging]].(type) {
			case *buffers.ImmediateStagingBuffer:
				return failed(s.Reset(w.contexts[o.Args[Actor]]))
			case *buffers.DeferredStagingBuffer:
				return failed(s.Map(w.contexts[o.Args[Actor]]))
			}
			return skipped
		}},

	{Name: "unmapStaging", Weight: 15, Takes: []Param{Staging},
		Small: []string{"staging=2"},
		Model: func(m *Model, o Op) *call {
			s := m.staging[o.Args[Staging]]
			c := m.refused(m.of(s.holding), when(!s.writable && s.mapping == nil, "not-mapped"))
			if m.on >= Functions && s.mapping != nil && slices.Contains(s.mapping.may, "budget") {
				c.may = append(c.may, "not-mapped") // the map is refused, and its promise tells so when the task ends
			}
			c.done = func(Result) error {
				s.cancelMap()
				s.writable = false
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			s, ok := w.staging[o.Args[Staging]].(*buffers.DeferredStagingBuffer)
			if !ok {
				return skipped
			}
			return failed(s.Unmap())
		}},

	{Name: "abandonStaging", Weight: 6, Takes: []Param{Staging}, // a map that nobody waits for, and that is given up at once
		Model: func(m *Model, o Op) *call {
			s := m.staging[o.Args[Staging]]
			c := m.refused(m.of(s.holding))
			c.may = append(c.may, when(m.world[Budget] != 0 || m.faults, "not-mapped"))
			c.done = func(Result) error {
				s.cancelMap()
				s.writable, s.encoder, s.cells, s.next = false, nil, nil, 0
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			s, ok := w.staging[o.Args[Staging]].(*buffers.DeferredStagingBuffer)
			if !ok {
				return skipped
			}
			_ = s.MapAsync()
			return failed(s.Unmap())
		}},

	{Name: "fill", Weight: 24, Takes: []Param{Staging, Size, Seed},
		Small: []string{"size=64", "staging=2 seed=2"},
		Model: func(m *Model, o Op) *call {
			s := m.staging[o.Args[Staging]]
			return m.fill(s, s.next, o.Args[Size], o.Args[Seed], func() { s.next += o.Args[Size] })
		},
		Run: func(w *World, o Op) Result {
			s := w.staging[o.Args[Staging]]
			if s == nil {
				return skipped
			}
			_, err := s.Write(w.bytes(o))
			return failed(err)
		}},

	{Name: "fillAt", Weight: 18, Takes: []Param{Staging, At, Size, Seed},
		Small: []string{"at=252 size=4", "staging=2 at=8"},
		Model: func(m *Model, o Op) *call {
			return m.fill(m.staging[o.Args[Staging]], o.Args[At], o.Args[Size], o.Args[Seed], func() {})
		},
		Run: func(w *World, o Op) Result {
			s := w.staging[o.Args[Staging]]
			if s == nil {
				return skipped
			}
			_, err := s.WriteAt(w.bytes(o), int64(o.Args[At]))
			return failed(err)
		}},

	{Name: "uploadTo", Weight: 27, Takes: []Param{Staging, Encoder, Other, OtherAt},
		Small: []string{"encoder=0", "staging=2 other=0"},
		Model: func(m *Model, o Op) *call {
			s, b, at, e := m.staging[o.Args[Staging]], m.buffers[o.Args[Other]], o.Args[OtherAt], m.encoder(o)
			cells := s.cells
			if tail := -len(cells) & 3; tail != 0 && at+len(cells)+tail == len(b.cells) {
				cells = append(slices.Clone(cells), known(make([]byte, tail))...)
			}
			c := m.sealing(s, e)
			c.refuse(when(s.row != 0, "usage"), when(b.state == buffers.Destroyed, "destroyed"), b.lacks(buffers.UsageCopyDst), misaligned(at, len(cells)), b.beyond(at, len(cells)))
			target := b.storage
			c.done = func(Result) error {
				s.seal(m, o, e)
				e.record(func() { m.store(target, at, cells) }, target, &m.systems[s.system].pool)
				return nil
			}
			return c.lenient(m, b.storage)
		},
		Run: func(w *World, o Op) Result {
			s, b := w.staging[o.Args[Staging]], w.buffers[o.Args[Other]]
			if s == nil || b == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error { return s.UploadTo(e, b, uint64(o.Args[OtherAt])) })
		}},

	{Name: "destroyStaging", Weight: 6, Takes: []Param{Staging},
		Small: []string{"", "staging=2"},
		Model: func(m *Model, o Op) *call { m.destroyStaging(o.Args[Staging]); return m.refused() },
		Run: func(w *World, o Op) Result {
			if w.staging[o.Args[Staging]] == nil {
				return skipped
			}
			w.staging[o.Args[Staging]].Destroy()
			return Result{}
		}},
}

// padded is how much memory rows take.
func padded(size, row int) int {
	if row == 0 {
		return size
	}
	return size / row * pitch
}

// chunk is an upper bound of the memory that s has while it can be written or is uploaded. Another buffer may have
// needed that memory before.
func (m *Model) chunk(s *staging) int {
	own := chunkOf(padded(s.size, s.row))
	return max(own, min(max(2*own, 16<<10), m.systems[s.system].largest))
}

// sealing is a call that uploads in an encoder.
func (m *Model) sealing(s *staging, e *encoder) *call {
	c := m.refused(m.of(s.holding), e.closed(), when(!s.writable && s.encoder == nil, "not-mapped"),
		when(s.encoder != nil && (s.encoder != e || e.ended), "state"))
	c.may = append(c.may, when(s.encoder != nil && s.encoder.late, "state"))
	return c
}

// cancelMap ends the pending map.
func (s *staging) cancelMap() {
	if s.mapping != nil {
		s.mapping.must, s.mapping.may = "it is unmapped", append(s.mapping.may, "map-aborted")
		s.mapping = nil
	}
}

// seal ends the writing.
func (s *staging) seal(m *Model, o Op, e *encoder) {
	m.systems[s.system].up += uint64(len(s.cells))
	s.writable, s.encoder = false, e
	e.staged[s.system] += m.chunk(s)
	m.stuck = m.stuck || o.Args[Encoder] >= pairs && o.Args[Encoder]-pairs != s.system
}

// stager is the common interface of the two staging buffers.
type stager interface {
	Write([]byte) (int, error)
	WriteAt([]byte, int64) (int, error)
	UploadTo(buffers.Encoder, buffers.Buffer, uint64) error
	UploadToTexture(buffers.Encoder, buffers.TextureRegion) error
	Destroy()
}

func newStaging(w *World, immediate bool, s *buffers.System, o Op) (stager, error) {
	d := buffers.StagingDescriptor{Size: uint64(o.Args[Capacity]), RowBytes: uint64(o.Args[Row])}
	if immediate {
		return s.NewImmediateStagingBuffer(w.contexts[o.Args[Actor]], d)
	}
	return s.NewDeferredStagingBuffer(d)
}

// keepStaging puts a staging buffer into its slot. It destroys the one that has come there meanwhile.
func (w *World) keepStaging(slot int, b stager) {
	if w.staging[slot] != nil {
		w.staging[slot].Destroy()
	}
	w.staging[slot] = b
}

func stagingKind(slot int) buffers.Kind {
	if slot < immediates {
		return buffers.KindImmediateStaging
	}
	return buffers.KindDeferredStaging
}

// fill writes to a staging buffer. Bytes that were not written before are zero.
func (m *Model) fill(s *staging, at, size, seed int, wrote func()) *call {
	c := m.refused(m.of(s.holding), when(!s.writable, "not-mapped"), when(at+size > s.size, "range"))
	c.done = func(Result) error {
		end := max(len(s.cells), at+size)
		s.cells = append(s.cells, known(make([]byte, end-len(s.cells)))...)
		copy(s.cells[at:], known(pattern(seed, size)))
		wrote()
		return nil
	}
	return c
}

func (m *Model) destroyStaging(slot int) {
	s := m.staging[slot]
	if s == nil {
		return
	}
	m.drop(s.holding)
	m.end("its staging buffer is destroyed", "destroyed", s.holding)
	if s.mapping != nil {
		s.mapping.may = append(s.mapping.may, "map-aborted")
	}
}
