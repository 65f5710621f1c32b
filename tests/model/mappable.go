package model

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// mapUsages are the usages of MappableBuffers by the mode of their maps: 0 is for a buffer that is mapped at creation
// only.
var mapUsages = map[int]buffers.Usage{
	0: storing,
	1: buffers.UsageMapRead | buffers.UsageCopyDst,
	2: buffers.UsageMapWrite | buffers.UsageCopySrc,
}

// mappableKinds are operations on MappableBuffers.
var mappableKinds = []Kind{
	{Name: "newMappable", Weight: 15, Takes: []Param{System, Buffer, Capacity, Mode, Fails},
		Small: []string{"buffer=4 capacity=4096 mode=2", "system=1 buffer=5 mode=1"},
		Model: func(m *Model, o Op) *call {
			slot, size := mappableOf(o), o.Args[Capacity]
			m.destroyBuffer(m.buffers[slot])
			c := m.refused(m.unusable(o.Args[System]), wrongCapacity(size), when(size%8 != 0, "alignment"))
			if m.world[Budget] != 0 {
				c.may = append(c.may, "budget")
			}
			if m.world[Budget] != 0 && size > m.world[Budget] {
				c.refuse("budget")
			}
			missing := m.creation(c, o)
			c.failed = func() { m.armed = m.armed || missing } // without a creation
			c.done = func(Result) error {
				b := &object{holding: m.hold(o.Args[System], buffers.KindMappable),
					storage: &storage{cells: known(make([]byte, size)), usage: mapUsages[o.Args[Mode]], state: buffers.Ready, missing: missing}}
				if o.Args[Mode] == 0 {
					b.arm(buffers.MapWrite, 0, size)
				}
				m.buffers[slot] = b
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			slot := mappableOf(o)
			w.destroyBuffer(slot)
			w.fail(o)
			b, err := w.systems[o.Args[System]].NewMappableBuffer(buffers.Descriptor{
				Size: uint64(o.Args[Capacity]), Usage: mapUsages[o.Args[Mode]], MappedAtCreation: o.Args[Mode] == 0})
			if err == nil {
				w.buffers[slot] = b
			}
			return failed(err)
		}},

	{Name: "map", Weight: 18, Takes: []Param{Buffer, Mode, At, Length}, Waits: true, Only: notFunctions,
		Small: []string{"buffer=4 mode=2", "buffer=5 mode=1"},
		Model: func(m *Model, o Op) *call {
			b, at, size := m.buffers[mappableOf(o)], o.Args[At], o.Args[Length]
			mode := mapMode(o, b.usage)
			c := m.refused(b.unfit(), m.unusable(b.system), misaligned(size), when(at%8 != 0, "alignment"), b.beyond(at, size),
				when(!b.usage.Has(modeUsage(mode)), "usage")).lenient(m, b.storage)
			if m.on == Module && b.state == buffers.Destroyed { // and perhaps once more, before the browser refuses the map
				c.may = append(c.may, "map-aborted")
			}
			if c.wrong != nil && (m.on != Module || b.unfit() != "") { // the browser refuses it later
				return c
			}
			b.state, b.mapping = buffers.MapPending, c
			c.done = func(Result) error { b.mapping = nil; b.arm(mode, at, size); return nil }
			c.failed = func() {
				if b.mapping == c {
					b.mapping = nil
					if b.state == buffers.MapPending {
						b.state = buffers.Ready
					}
				}
			}
			m.disturb(b)
			return m.waits(c, b.holding)
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[mappableOf(o)].(buffers.MappableBuffer)
			if !ok {
				return skipped
			}
			return failed(<-b.MapAsync(mapMode(o, b.Usage()), uint64(o.Args[At]), uint64(o.Args[Length])))
		}},

	{Name: "unmap", Weight: 15, Takes: []Param{Buffer}, Only: notFunctions,
		Small: []string{"buffer=4", "buffer=5"},
		Model: func(m *Model, o Op) *call {
			b := m.buffers[mappableOf(o)]
			c := m.refused(when(b.state == buffers.Destroyed, "destroyed"), when(b.state == buffers.Ready, "not-mapped"))
			c.may = append(c.may, m.unusable(b.system))
			unmap := func() {
				if b.mapping != nil {
					b.mapping.must, b.mapping.may = "it is unmapped", append(b.mapping.may, "map-aborted")
					b.mapping = nil
				}
				if b.state == buffers.Mapped && b.mode == buffers.MapWrite {
					copy(b.cells[b.from:], b.mapped)
				}
				if b.state != buffers.Destroyed {
					b.state = buffers.Ready
				}
			}
			c.done = func(Result) error { unmap(); return nil }
			if m.lost {
				c.failed = unmap
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[mappableOf(o)].(buffers.MappableBuffer)
			if !ok {
				return skipped
			}
			return failed(b.Unmap())
		}},

	{Name: "poke", Weight: 12, Takes: []Param{Buffer, At, Size, Seed}, Only: notFunctions,
		Small: []string{"buffer=4"},
		Model: func(m *Model, o Op) *call {
			b, at, size := m.buffers[mappableOf(o)], o.Args[At], o.Args[Size]
			c := m.access(b, at, size)
			c.refuse(when(b.state == buffers.Mapped && b.mode != buffers.MapWrite, "usage"))
			c.done = func(Result) error {
				copy(b.mapped[at-b.from:], known(pattern(o.Args[Seed], size)))
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[mappableOf(o)].(buffers.MappableBuffer)
			if !ok {
				return skipped
			}
			_, err := b.WriteAt(w.bytes(o), int64(o.Args[At]))
			return failed(err)
		}},

	{Name: "peek", Weight: 12, Takes: []Param{Buffer, At, Size}, Only: notFunctions,
		Small: []string{"buffer=4", "buffer=5"},
		Model: func(m *Model, o Op) *call {
			b, at, size := m.buffers[mappableOf(o)], o.Args[At], o.Args[Size]
			c := m.access(b, at, size)
			c.done = func(r Result) error { return differ(r.Data, b.mapped[at-b.from:][:size]) }
			return c
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[mappableOf(o)].(buffers.MappableBuffer)
			if !ok {
				return skipped
			}
			p := make([]byte, o.Args[Size])
			_, err := b.ReadAt(p, int64(o.Args[At]))
			return Result{Code: codeOf(err), Data: p}
		}},
}

func mappableOf(o Op) int { return mappableSlot + o.Args[Buffer]%2 }

// mapMode is the mode of an operation: 0 is the one that the usage allows.
func mapMode(o Op, usage buffers.Usage) buffers.MapMode {
	switch {
	case o.Args[Mode] != 0:
		return buffers.MapMode(o.Args[Mode])
	case usage.Has(buffers.UsageMapRead):
		return buffers.MapRead
	}
	return buffers.MapWrite
}

func modeUsage(mode buffers.MapMode) buffers.Usage {
	if mode == buffers.MapRead {
		return buffers.UsageMapRead
	}
	return buffers.UsageMapWrite
}

// arm maps a range.
func (o *object) arm(mode buffers.MapMode, at, size int) {
	o.state, o.mode, o.from, o.mapped = buffers.Mapped, mode, at, slices.Clone(o.cells[at:at+size])
}

// access is a call on the mapped range. If the device is lost, the range may be gone.
func (m *Model) access(b *object, at, size int) *call {
	c := m.refused(when(b.state == buffers.Destroyed, "destroyed"), when(b.state == buffers.Ready || b.state == buffers.MapPending, "not-mapped"),
		when(b.state == buffers.MapPending, "map-pending"),
		when(b.state == buffers.Mapped && (at < b.from || at+size > b.from+len(b.mapped)), "range"))
	c.may = append(c.may, m.unusable(b.system))
	return c
}

// disturb lets uploads to a buffer fail if it is mapped meanwhile.
func (m *Model) disturb(b *object) {
	for _, c := range m.pending {
		if c.target == b {
			c.may = append(c.may, "map-pending", "mapped")
		}
	}
}
