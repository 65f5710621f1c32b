package model

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// encoder is a list of commands, of the program's own or of a frame.
type encoder struct {
	commands []command
	used     []*object    // named by Frame.Use
	staged   [systems]int // bytes of memory that its submit sets free, at most
	ended    bool         // submitted or discarded
	late     bool         // its staged memory was to go with an earlier submit: a page may finish its encoders itself
}

type command struct {
	do   func()
	uses []*storage
}

// withinOne reports whether a buffer is copied to itself, under another owner: only the GPU finds that out.
func (c *command) withinOne() bool {
	return len(c.uses) == 2 && c.uses[0].real() == c.uses[1].real()
}

func (e *encoder) record(do func(), uses ...*storage) {
	e.commands = append(e.commands, command{do, uses})
}

// keeps reports whether memory is staged that only its submit sets free.
func (e *encoder) keeps() bool { return e != nil && !e.ended && e.staged != [systems]int{} }

// closed is why nothing can be recorded.
func (e *encoder) closed() string { return when(e == nil || e.ended, "state") }

// encoder is the one that an operation records into: a new one if there is none, or nil if its frame is not open.
func (m *Model) encoder(o Op) *encoder {
	if slot := o.Args[Encoder]; slot < pairs {
		if m.encoders[slot] == nil || m.encoders[slot].ended {
			m.encoders[slot] = &encoder{}
		}
		return m.encoders[slot]
	}
	return m.systems[o.Args[Encoder]-pairs].frame
}

// dynamic is a DynamicBuffer.
type dynamic struct {
	*holding
	page   int
	latest *update
	asked  []*update // not moved yet
	moved  []*update // within the frame that is open
}

// update is a piece of a dynamic buffer. Its storage is good from the submit that moves it to the end of the frame.
type update struct {
	*storage
	moved bool
}

// frameKinds are operations on frames, encoders and dynamic buffers.
var frameKinds = []Kind{
	{Name: "begin", Weight: 24, Takes: []Param{Actor, System}, Waits: true,
		Small: []string{"", "actor=1 system=1"},
		Model: func(m *Model, o Op) *call {
			s := m.systems[o.Args[System]]
			c := m.refused(m.unusable(o.Args[System]), when(s.frame != nil, "state"))
			c.begins = s
			for _, other := range m.pending {
				if other.begins == s { // one of them is too late
					other.may, c.may = append(other.may, "state"), append(c.may, "state")
				}
			}
			c.done = func(Result) error { s.frame = &encoder{}; return nil }
			return m.waits(c, s)
		},
		Run: func(w *World, o Op) Result {
			f, err := w.systems[o.Args[System]].BeginFrame(w.contexts[o.Args[Actor]])
			if err != nil {
				return failed(err)
			}
			return Result{keep: func() { w.frames[o.Args[System]] = f }}
		}},

	{Name: "submitFrame", Weight: 24, Takes: []Param{System, Encoders},
		Small: []string{"encoders=1", "system=1"},
		Model: func(m *Model, o Op) *call {
			s := m.systems[o.Args[System]]
			c := m.refused(m.unusable(o.Args[System]), s.frame.closed())
			if c.wrong != nil {
				return c
			}
			for _, used := range s.frame.used {
				if m.on >= Functions && used.system != o.Args[System] { // only its GPUBuffer is known
					c.may = append(c.may, used.unfit())
				} else {
					c.refuse(used.unfit())
				}
				c.lenient(m, used.storage)
			}
			return m.submit(c, o, s.frame)
		},
		Run: func(w *World, o Op) Result {
			f := w.frames[o.Args[System]]
			if f == nil {
				return skipped
			}
			return w.submitted(o, f.Submit(w.list(o)...))
		}},

	{Name: "discard", Weight: 6, Takes: []Param{System},
		Small: []string{"", "system=1"},
		Model: func(m *Model, o Op) *call {
			if s := m.systems[o.Args[System]]; s.frame != nil {
				s.frame.ended = true
				m.send(func(x *read) bool { return x.owner.system == o.Args[System] })
				m.leaveFrame(o.Args[System])
			}
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			f := w.frames[o.Args[System]]
			if f == nil {
				return skipped
			}
			f.Discard()
			return Result{}
		}},

	{Name: "use", Weight: 6, Takes: []Param{System, Buffer},
		Small: []string{"", "system=1 buffer=1"},
		Model: func(m *Model, o Op) *call {
			if s := m.systems[o.Args[System]]; s.frame != nil {
				s.frame.used = append(s.frame.used, m.buffers[o.Args[Buffer]])
			}
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			f, b := w.frames[o.Args[System]], w.buffers[o.Args[Buffer]]
			if _, err := frameEncoder(f); b == nil || err != nil {
				return skipped
			}
			f.Use(buffers.AccessRead, b)
			return Result{}
		}},

	{Name: "encode", Weight: 6, Takes: []Param{Encoder},
		Small: []string{"encoder=0"},
		Model: func(m *Model, o Op) *call {
			c := m.refused(m.lostCode())
			c.done = func(Result) error {
				slot := o.Args[Encoder] % pairs
				m.stuck = m.stuck || m.encoders[slot].keeps()
				m.encoders[slot] = &encoder{}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			e, err := w.gpu.CreateEncoder("")
			if err == nil {
				w.encoders[o.Args[Encoder]%pairs] = e
			}
			return failed(err)
		}},

	{Name: "submit", Weight: 21, Takes: []Param{System, Encoders},
		Small: []string{"encoders=1", "system=1 encoders=1"},
		Model: func(m *Model, o Op) *call {
			return m.submit(m.refused(m.unusable(o.Args[System])), o, nil)
		},
		Run: func(w *World, o Op) Result {
			return w.submitted(o, w.systems[o.Args[System]].Submit(w.list(o)...))
		}},

	{Name: "copy", Weight: 24, Takes: []Param{Encoder, Buffer, At, Other, OtherAt, Length},
		Small: []string{"encoder=0 length=64", "buffer=1 other=0 length=64"},
		Model: func(m *Model, o Op) *call {
			from, to, at, toAt, size, e := m.buffers[o.Args[Buffer]], m.buffers[o.Args[Other]], o.Args[At], o.Args[OtherAt], o.Args[Length], m.encoder(o)
			c := m.recording(e, from.storage, buffers.UsageCopySrc, to.storage, buffers.UsageCopyDst)
			c.refuse(when(from == to, "range"), misaligned(at, toAt, size), from.beyond(at, size), to.beyond(toAt, size))
			src, dst := from.storage, to.storage
			c.done = func(Result) error {
				e.record(func() { m.store(dst, toAt, slices.Clone(src.real().cells[at:at+size])) }, src, dst)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			from, to := w.buffers[o.Args[Buffer]], w.buffers[o.Args[Other]]
			if from == nil || to == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error {
				return e.CopyBufferToBuffer(from, uint64(o.Args[At]), to, uint64(o.Args[OtherAt]), uint64(o.Args[Length]))
			})
		}},

	{Name: "clear", Weight: 9, Takes: []Param{Encoder, Other, OtherAt, Length},
		Small: []string{"encoder=0 other=0", "other=0"},
		Model: func(m *Model, o Op) *call {
			to, at, size, e := m.buffers[o.Args[Other]], o.Args[OtherAt], o.Args[Length], m.encoder(o)
			c := m.recording(e, to.storage, buffers.UsageCopyDst)
			c.refuse(misaligned(at, size), to.beyond(at, size))
			dst := to.storage
			c.done = func(Result) error {
				e.record(func() { m.store(dst, at, known(make([]byte, size))) }, dst)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			to := w.buffers[o.Args[Other]]
			if to == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error {
				return e.ClearBuffer(to, uint64(o.Args[OtherAt]), uint64(o.Args[Length]))
			})
		}},

	{Name: "newDynamic", Weight: 12, Takes: []Param{System, Dynamic, Capacity},
		Small: []string{"", "system=1 dynamic=1"},
		Model: func(m *Model, o Op) *call {
			size := o.Args[Capacity]
			m.destroyDynamic(o.Args[Dynamic])
			c := m.refused(m.unusable(o.Args[System]), misaligned(size), wrongCapacity(size))
			c.done = func(Result) error {
				m.dynamics[o.Args[Dynamic]] = &dynamic{holding: m.hold(o.Args[System], buffers.KindDynamic), page: size}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			slot := o.Args[Dynamic]
			if w.dynamics[slot] != nil {
				w.dynamics[slot].Destroy()
			}
			d, err := w.systems[o.Args[System]].NewDynamicBuffer(buffers.DynamicDescriptor{
				Size: uint64(o.Args[Capacity]), Usage: buffers.UsageStorage | buffers.UsageCopySrc})
			if err == nil {
				w.dynamics[slot], w.updates[slot] = d, nil
			}
			return failed(err)
		}},

	{Name: "update", Weight: 24, Takes: []Param{Dynamic, Size, Seed},
		Small: []string{"", "dynamic=1 size=256 seed=2"},
		Model: func(m *Model, o Op) *call {
			d, size := m.dynamics[o.Args[Dynamic]], o.Args[Size]
			c := m.refused(m.of(d.holding), when(size > d.page, "too-large"))
			if m.on == Module && m.lost && slices.Equal(c.wrong, []string{"device-lost"}) {
				c.wrong = nil // the rest of a page is given out without a word to the device
			}
			c.may = append(c.may, "busy", when(size == 0, "range"))
			c.done = func(Result) error {
				d.latest = &update{storage: &storage{cells: known(pattern(o.Args[Seed], size)), usage: storing, state: buffers.Ready}}
				d.asked = append(d.asked, d.latest)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			d := w.dynamics[o.Args[Dynamic]]
			if d == nil {
				return skipped
			}
			a, err := d.Update(uint64(o.Args[Size]))
			if err == nil {
				copy(a.Bytes, w.bytes(o))
				w.updates[o.Args[Dynamic]] = &a
			}
			return failed(err)
		}},

	{Name: "copyUpdate", Weight: 21, Takes: []Param{Encoder, Dynamic, Other, OtherAt},
		Small: []string{"to=64", "encoder=0 dynamic=1 other=0"},
		Model: func(m *Model, o Op) *call {
			to, at, from, e := m.buffers[o.Args[Other]], o.Args[OtherAt], m.dynamics[o.Args[Dynamic]].latest, m.encoder(o)
			size := len(from.cells) &^ 3
			c := m.recording(e, from.storage, buffers.UsageCopySrc, to.storage, buffers.UsageCopyDst)
			c.refuse(misaligned(at), to.beyond(at, size))
			dst := to.storage
			c.done = func(Result) error {
				e.record(func() { m.store(dst, at, from.contents()[:size]) }, from.storage, dst)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			to, from := w.buffers[o.Args[Other]], w.updates[o.Args[Dynamic]]
			if to == nil || from == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error {
				return e.CopyBufferToBuffer(from.Buffer, from.Offset, to, uint64(o.Args[OtherAt]), uint64(len(from.Bytes))&^3)
			})
		}},

	{Name: "destroyDynamic", Weight: 2, Takes: []Param{Dynamic},
		Small: []string{"", "dynamic=1"},
		Model: func(m *Model, o Op) *call { m.destroyDynamic(o.Args[Dynamic]); return m.refused() },
		Run: func(w *World, o Op) Result {
			if w.dynamics[o.Args[Dynamic]] == nil {
				return skipped
			}
			w.dynamics[o.Args[Dynamic]].Destroy()
			return Result{}
		}},
}

func (u *update) contents() []cell {
	if u.moved && !u.fading {
		return u.cells
	}
	return unknowns(len(u.cells))
}

// recording is a call that records a command with storages, each followed by the usage that it takes.
func (m *Model) recording(e *encoder, pairs ...any) *call {
	c := m.refused(e.closed())
	c.may = append(c.may, m.lostCode())
	for i := 0; i < len(pairs); i += 2 {
		s := pairs[i].(*storage)
		c.refuse(when(s.state == buffers.Destroyed, "destroyed"), s.lacks(pairs[i+1].(buffers.Usage)))
		c.lenient(m, s)
	}
	return c
}

// submit performs the recorded commands and all that goes with them. frame is the frame that it ends, or nil.
func (m *Model) submit(c *call, o Op, frame *encoder) *call {
	var list []*encoder
	if frame != nil {
		list = append(list, frame)
	}
	for _, slot := range encoderLists[o.Args[Encoders]] {
		if e := m.encoders[slot]; e.closed() == "" {
			c.refuse(when(slices.Contains(list, e), "state"))
			list = append(list, e)
		}
	}
	var commands []command
	for _, e := range list {
		if e != nil {
			commands = append(commands, e.commands...)
		}
	}
	void, perhaps := false, slices.ContainsFunc(list, func(e *encoder) bool { return e != nil && e.late })
	for _, command := range commands {
		for _, s := range command.uses {
			if m.on < Functions {
				c.refuse(s.unfit())
			} else { // the commands are the page's own, and the browser refuses them later
				c.may = append(c.may, s.unfit())
				void = void || s.unfit() != ""
				perhaps = perhaps || s.fading
			}
			c.lenient(m, s)
			void = void || s.void()
		}
		void = void || command.withinOne()
	}
	c.done = func(Result) error {
		m.submitted(o.Args[System], frame, list)
		if !void {
			m.perform(commands, perhaps)
		}
		m.afterSubmit(o.Args[System], frame != nil)
		return nil
	}
	return c
}

// perform performs commands, or perhaps does not.
func (m *Model) perform(commands []command, perhaps bool) {
	doubt := m.doubt
	m.doubt = doubt || perhaps
	for _, command := range commands {
		command.do()
	}
	m.doubt = doubt
}

func (m *Model) submitted(system int, frame *encoder, list []*encoder) {
	m.systems[system].submits++
	for _, d := range m.dynamics {
		if d != nil && d.system == system {
			for _, u := range d.asked {
				u.moved = true
			}
			d.moved, d.asked = append(d.moved, d.asked...), nil
		}
	}
	for _, e := range append(m.encoders[:], m.systems[1-system].frame) {
		if m.on >= Functions && e != nil && !e.ended && e.staged[system] > 0 && !slices.Contains(list, e) {
			e.late = true
		}
	}
	for _, e := range list {
		e.ended = true
		m.stuck = m.stuck || e.staged[1-system] > 0
	}
}

func (m *Model) afterSubmit(system int, ends bool) {
	m.send(func(x *read) bool { return x.owner.system == system && (ends || !x.inFrame) })
	if ends || m.systems[system].frame == nil {
		m.leaveFrame(system)
		for _, s := range m.retired {
			s.fading = true
		}
		m.retired = nil
	}
}

// leaveFrame ends the frame of a system, or the updates that a submit outside of one has moved.
func (m *Model) leaveFrame(system int) {
	m.systems[system].frame = nil
	for _, x := range m.asked {
		x.inFrame = x.inFrame && x.owner.system != system
	}
	for _, d := range m.dynamics {
		if d == nil || d.system != system {
			continue
		}
		for _, u := range append(d.moved, d.asked...) {
			u.fading = true
		}
		d.moved, d.asked = nil, nil
	}
}

func (m *Model) destroyDynamic(slot int) {
	if d := m.dynamics[slot]; d != nil {
		m.drop(d.holding)
		for _, u := range append(d.moved, d.asked...) {
			u.state = buffers.Destroyed
		}
		if d.latest != nil {
			d.latest.state = buffers.Destroyed
		}
	}
}
