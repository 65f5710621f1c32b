package model

import (
	"bytes"
	"io"
	"slices"
	"testing/iotest"

	"github.com/gpubuffers/gpubuffers/buffers"
)

const (
	copied  = buffers.UsageCopySrc | buffers.UsageCopyDst
	storing = buffers.UsageStorage | copied
)

// deviceKinds are operations on buffers of the GPU: those of a system, of the device itself, and of other owners.
var deviceKinds = []Kind{
	{Name: "new", Weight: 18, Takes: []Param{System, Buffer, Capacity, Fails},
		Small: []string{"", "system=1 buffer=1 capacity=1024"},
		Model: func(m *Model, o Op) *call {
			slot := o.Args[Buffer] % deviceSlots
			m.destroyBuffer(m.buffers[slot])
			c := m.refused(m.unusable(o.Args[System]), wrongCapacity(o.Args[Capacity]))
			missing := m.creation(c, o)
			c.done = func(Result) error {
				size := (o.Args[Capacity] + 3) &^ 3
				m.buffers[slot] = &object{holding: m.hold(o.Args[System], buffers.KindDevice),
					storage: &storage{cells: known(make([]byte, size)), usage: storing, state: buffers.Ready, missing: missing}}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			slot := o.Args[Buffer] % deviceSlots
			w.destroyBuffer(slot)
			w.fail(o)
			b, err := w.systems[o.Args[System]].NewDeviceBuffer(buffers.Descriptor{Size: uint64(o.Args[Capacity]), Usage: buffers.UsageStorage})
			if err == nil {
				w.buffers[slot] = b
			}
			return failed(err)
		}},

	{Name: "write", Weight: 30, Takes: []Param{Buffer, At, Size, Seed},
		Small: []string{"", "buffer=1 at=8 size=256 seed=2"},
		Model: func(m *Model, o Op) *call {
			b, at, size := m.buffers[o.Args[Buffer]%deviceSlots], o.Args[At], o.Args[Size]
			c := m.refused(m.of(b.holding), b.unfit(), misaligned(at, size), b.beyond(at, size)).lenient(m, b.storage)
			c.done = func(Result) error {
				m.systems[b.system].up += uint64(size)
				m.store(b.storage, at, known(pattern(o.Args[Seed], size)))
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[o.Args[Buffer]%deviceSlots].(*buffers.DeviceBuffer)
			if !ok {
				return skipped
			}
			return failed(b.Write(uint64(o.Args[At]), w.bytes(o)))
		}},

	{Name: "grow", Weight: 24, Takes: []Param{Buffer, Capacity, Fails},
		Small: []string{"capacity=1024", "buffer=1 capacity=8192"},
		Model: func(m *Model, o Op) *call {
			b, size := m.buffers[o.Args[Buffer]%deviceSlots], o.Args[Capacity]
			c := m.refused(m.of(b.holding)).lenient(m, b.storage)
			m.doubt = m.doubt || b.missing && !m.idle // it may not be known yet
			if size <= len(b.cells) {
				m.arm(o)
				return c
			}
			c.refuse(wrongCapacity(size))
			missing := m.creation(c, o)
			c.done = func(Result) error { m.grow(b, size, missing); return nil }
			return c
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[o.Args[Buffer]%deviceSlots].(*buffers.DeviceBuffer)
			if !ok {
				return skipped
			}
			w.fail(o)
			return failed(b.Grow(uint64(o.Args[Capacity])))
		}},

	{Name: "awaitGrow", Weight: 6, Takes: []Param{Actor, Buffer}, Waits: true,
		Small: []string{"", "actor=1 buffer=1"},
		Model: func(m *Model, o Op) *call {
			b := m.buffers[o.Args[Buffer]%deviceSlots]
			c := m.refused()
			c.may = append(c.may, m.of(b.holding))
			if b.missing || m.doubt {
				c.may = append(c.may, "out-of-memory")
			}
			return m.waits(c, b.holding)
		},
		Run: func(w *World, o Op) Result {
			b, ok := w.buffers[o.Args[Buffer]%deviceSlots].(*buffers.DeviceBuffer)
			if !ok {
				return skipped
			}
			return failed(b.AwaitGrow(w.contexts[o.Args[Actor]]))
		}},

	{Name: "upload", Weight: 21, Takes: []Param{Actor, System, Buffer, At, Size, Seed, Count}, Waits: true, Signal: true,
		Small: []string{"buffer=1 size=4096 seed=3", "actor=1 size=128 seed=4 count=2"},
		Model: func(m *Model, o Op) *call {
			b, at, size := m.buffers[o.Args[Buffer]], o.Args[At], o.Args[Size]
			c := m.refused(m.unusable(o.Args[System]), b.unfit(), b.lacks(buffers.UsageCopyDst), misaligned(at), b.beyond(at, size)).lenient(m, b.storage)
			cells := known(pattern(o.Args[Seed], size))
			if tail := -size & 3; tail != 0 {
				cells = append(cells, known(make([]byte, tail))...)
				c.refuse(when(at+len(cells) != len(b.cells), "alignment"))
			}
			m.needs(c, o.Args[System], size)
			return m.upload(c, b, at, cells)
		},
		Run: func(w *World, o Op) Result {
			b := w.buffers[o.Args[Buffer]]
			if b == nil {
				return skipped
			}
			s, ctx := w.systems[o.Args[System]], w.contexts[o.Args[Actor]]
			p := w.bytes(o)
			switch o.Args[Count] {
			case 1:
				return failed(s.UploadMemory(ctx, b, uint64(o.Args[At]), buffers.Bytes(p)))
			case 2:
				h := w.gpu.NewHost(p)
				w.hosts[o.Args[Actor]] = h
				return failed(s.UploadMemory(ctx, b, uint64(o.Args[At]), buffers.HostMemory(h)))
			}
			var r io.Reader = bytes.NewReader(p)
			if o.Args[Count] == 3 {
				r = iotest.HalfReader(r)
			}
			_, err := s.Upload(ctx, b, uint64(o.Args[At]), r)
			return failed(err)
		}},

	{Name: "native", Weight: 6, Takes: []Param{Buffer},
		Small: []string{"", "buffer=2"},
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run: func(w *World, o Op) Result { // from then on others might destroy it: its reads are confirmed
			if w.buffers[o.Args[Buffer]] == nil {
				return skipped
			}
			w.buffers[o.Args[Buffer]].Native()
			return Result{}
		}},

	{Name: "detach", Weight: 6, Takes: []Param{Actor},
		Small: []string{"actor=1"},
		Model: func(m *Model, o Op) *call {
			for _, c := range m.pending {
				if c.target != nil && c.Args[Count] == 2 && c.Args[Actor] == o.Args[Actor] {
					c.may = append(c.may, "range", when(m.on >= Functions, "type"))
				}
			}
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			if w.hosts[o.Args[Actor]] == nil {
				return skipped
			}
			w.hosts[o.Args[Actor]].Detach()
			return Result{}
		}},

	{Name: "destroy", Weight: 6, Takes: []Param{Buffer},
		Small: []string{"", "buffer=2"},
		Model: func(m *Model, o Op) *call {
			m.destroyBuffer(m.buffers[o.Args[Buffer]])
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			if w.buffers[o.Args[Buffer]] == nil {
				return skipped
			}
			w.destroyBuffer(o.Args[Buffer])
			return Result{}
		}},

	{Name: "newRaw", Weight: 9, Takes: []Param{Capacity, Fails},
		Model: func(m *Model, o Op) *call {
			m.destroyBuffer(m.buffers[rawSlot])
			c := m.refused(m.lostCode(), wrongCapacity(o.Args[Capacity]))
			missing := m.creation(c, o)
			c.done = func(Result) error {
				own := &storage{cells: known(make([]byte, o.Args[Capacity])), usage: storing, state: buffers.Ready, missing: missing}
				m.buffers[rawSlot] = &object{holding: m.hold(outside, 0), storage: own}
				m.buffers[adoptedSlot] = &object{holding: m.hold(outside, 0),
					storage: &storage{cells: own.cells, usage: storing, state: buffers.Ready, owner: own}}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			w.destroyBuffer(rawSlot)
			w.fail(o)
			b, err := w.gpu.CreateBuffer(&buffers.Descriptor{Size: uint64(o.Args[Capacity]), Usage: storing})
			if err == nil {
				w.buffers[rawSlot], w.buffers[adoptedSlot] = b, w.gpu.Adopt(b)
			}
			return failed(err)
		}},
}

func wrongCapacity(size int) string {
	switch {
	case size == 0:
		return "range"
	case size > 256<<20:
		return "too-large"
	}
	return ""
}

// arm makes the next creation fail if an operation says so.
func (m *Model) arm(o Op) {
	if o.Args[Fails] == 1 {
		m.armed, m.faults = true, true
	}
}

// creation notes a creation and reports whether it turns out later that there is no memory for it.
func (m *Model) creation(c *call, o Op) (missing bool) {
	m.arm(o)
	if !m.armed || c.wrong != nil {
		return false
	}
	m.armed = false
	if m.world[LateErrors] == 0 {
		c.wrong = append(c.wrong, "out-of-memory")
		return false
	}
	return true
}

func (m *Model) destroyBuffer(o *object) {
	if o == nil {
		return
	}
	o.storage.state = buffers.Destroyed
	for _, g := range o.growths {
		g.old.fading = true
	}
	m.drop(o.holding)
	m.end("its buffer is destroyed", "destroyed", o.holding)
	if c := o.mapping; c != nil {
		c.must, c.may = "its buffer is destroyed", append(c.may, "map-aborted")
	}
}

// grow gives b another storage.
func (m *Model) grow(b *object, size int, missing bool) {
	old := b.storage
	old.retired = true
	grown := min(max(size, len(old.cells)+len(old.cells)/2), 256<<20)
	cells := append(append(make([]cell, 0, grown+4), old.cells...), known(make([]byte, (grown+3)&^3-len(old.cells)))...)
	b.storage = &storage{cells: cells, usage: old.usage, state: buffers.Ready, missing: missing}
	if old.void() {
		copy(cells, unknowns(len(old.cells)))
	}
	b.growths = append(b.growths, growth{old, missing || old.missing})
	m.makeRoom(b)
	m.retired = append(m.retired, old)
}

// makeRoom lets uploads succeed that were too long for the buffer before: the length of a stream is found out on the
// way.
func (m *Model) makeRoom(b *object) {
	for _, c := range m.pending {
		if c.Kind.Name != "upload" || m.buffers[c.Args[Buffer]] != b || len(c.wrong) == 0 {
			continue
		}
		c.may, c.wrong = append(c.may, c.wrong...), nil
		c.done = func(Result) error {
			at := min(c.Args[At], len(b.cells))
			m.store(b.storage, at, unknowns(min(c.Args[Size]+3, len(b.cells)-at)))
			return nil
		}
	}
}

// upload is a call that brings cells to a range until it ends.
func (m *Model) upload(c *call, b *object, at int, cells []cell) *call {
	size := min(len(cells), max(0, len(b.cells)-at))
	c.failed = func() { m.store(b.storage, min(at, len(b.cells)), unknowns(size)) }
	if len(c.wrong) == 0 {
		covers := func(other *call) bool { return other.covers(b.storage, at, size) }
		c.spoilt = slices.ContainsFunc(m.pending, covers) // two that are under way have no order
		c.failed()
		c.target, c.at, c.size = b, at, size
		c.done = func(Result) error {
			if !c.spoilt && !b.void() {
				m.store(b.storage, at, cells)
			}
			return nil
		}
	}
	return m.waits(c, b.holding)
}
