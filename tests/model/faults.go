package model

import (
	"context"
	"math"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// faultKinds are operations on the GPU and on time, and faults.
var faultKinds = []Kind{
	{Name: "hold", Weight: 9, Only: memoryAlone,
		Model: func(m *Model, o Op) *call { m.held = true; return m.refused() },
		Run:   func(w *World, o Op) Result { return w.hold(true) }},

	{Name: "release", Weight: 15, Only: memoryAlone,
		Model: func(m *Model, o Op) *call { m.held = false; return m.refused() },
		Run:   func(w *World, o Op) Result { return w.hold(false) }},

	{Name: "step", Weight: 18, Takes: []Param{Count}, Only: memoryAlone,
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run: func(w *World, o Op) Result {
			done := 0
			for done < o.Args[Count] && w.memory().Step() {
				done++
			}
			return Result{Skipped: done == 0}
		}},

	{Name: "stepBeside", Weight: 9, Takes: []Param{Count}, Only: memoryAlone,
		Small: []string{"", "count=2"},
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run:   func(w *World, o Op) Result { return Result{Skipped: !w.memory().StepBeside(o.Args[Count] - 1)} }},

	{Name: "sleep", Weight: 9, Takes: []Param{Millis},
		Small: []string{"ms=12000"},
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run: func(w *World, o Op) Result {
			if o.Args[Millis] >= longest {
				w.gpu.Rest(w)
			} else {
				w.gpu.Sleep(time.Duration(o.Args[Millis]) * time.Millisecond)
			}
			return Result{}
		}},

	{Name: "together", Weight: 60, Takes: []Param{Count}, Only: inScript, // so many operations follow in one task
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run:   func(w *World, o Op) Result { return skipped }},

	{Name: "trim", Weight: 6, Takes: []Param{System},
		Model: func(m *Model, o Op) *call { return m.refused() },
		Run:   func(w *World, o Op) Result { w.systems[o.Args[System]].Trim(); return Result{} }},

	{Name: "calibrate", Weight: 1, Takes: []Param{Actor, System}, Waits: true, Only: inBrowser, // in memory it moves as much
		Model: func(m *Model, o Op) *call {
			c := m.refused(m.unusable(o.Args[System]))
			m.systems[o.Args[System]].calibrates = true
			m.needs(c, o.Args[System], math.MaxInt32/2) // as much as it can get
			c.may = append(c.may, "busy")
			return m.waits(c, m.systems[o.Args[System]])
		},
		Run: func(w *World, o Op) Result {
			return failed(w.systems[o.Args[System]].Calibrate(w.contexts[o.Args[Actor]]))
		}},

	{Name: "cancel", Weight: 9, Takes: []Param{Actor},
		Small: []string{"", "actor=1"},
		Model: func(m *Model, o Op) *call {
			for _, c := range m.pending {
				if c.takes(Actor) && c.Args[Actor] == o.Args[Actor] && m.heeds(c) {
					c.must = "its context has ended"
					c.may = append(c.may, "canceled", "budget", "busy")
				}
			}
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			w.cancels[o.Args[Actor]]()
			w.contexts[o.Args[Actor]], w.cancels[o.Args[Actor]] = context.WithCancel(context.Background())
			return Result{}
		}},

	{Name: "failCreate", Weight: 5, Takes: []Param{Count}, Fault: true, Only: memoryAlone,
		Small: []string{"", "count=2"},
		Model: func(m *Model, o Op) *call {
			m.doubt = m.world[LateErrors] == 1 && (m.doubt || m.armed || o.Args[Count] > 1)
			m.armed, m.faults = o.Args[Count] == 1, true
			return m.refused()
		},
		Run: func(w *World, o Op) Result { w.memory().FailCreate(o.Args[Count]); return Result{} }},

	{Name: "failMap", Weight: 5, Takes: []Param{Count}, Fault: true, Only: memoryAlone,
		Small: []string{"", "count=2"},
		Model: func(m *Model, o Op) *call { m.faults = true; return m.refused() },
		Run: func(w *World, o Op) Result {
			w.memory().FailMap(o.Args[Count], gpu.NewError("map", "", buffers.ErrValidation, "a fault"))
			return Result{}
		}},

	{Name: "lose", Weight: 1, Takes: []Param{Loss}, Fault: true,
		Small: []string{"", "loss=2"},
		Model: func(m *Model, o Op) *call { m.lose(); return m.refused() },
		Run:   func(w *World, o Op) Result { w.gpu.Lose(o.Args[Loss]); return Result{} }},

	{Name: "destroySystem", Weight: 1, Takes: []Param{System},
		Small: []string{"", "system=1"},
		Model: func(m *Model, o Op) *call { m.destroySystem(o.Args[System]); return m.refused() },
		Run:   func(w *World, o Op) Result { w.systems[o.Args[System]].Destroy(); return Result{} }},
}

// The values of Fault: what happens to the call that Point counts.
const (
	failsCreation = 1 + iota
	failsMap
	slowMap
	refusesCopies
	losesDevice
)

// hold stops the GPU or lets it go on, unless it does so already.
func (w *World) hold(held bool) Result {
	if w.held == held {
		return skipped
	}
	w.held = held
	if held {
		w.memory().Hold()
	} else {
		w.memory().Release()
	}
	return Result{}
}

func (m *Model) lose() {
	m.lost, m.losing = true, false
	m.end("the device is lost", "device-lost", nil)
}

// heeds reports whether a call can be cancelled: in JavaScript only the first actor has a signal.
func (m *Model) heeds(c *call) bool {
	return m.on < Functions || m.on == Module && c.Kind.Signal && c.Args[Actor] == 0
}

func (c *call) takes(p Param) bool {
	for _, taken := range c.Kind.Takes {
		if taken == p {
			return true
		}
	}
	return false
}

func (m *Model) destroySystem(i int) {
	s := m.systems[i]
	for _, o := range m.buffers {
		if o != nil && o.system == i {
			m.destroyBuffer(o)
		}
	}
	for slot, o := range m.staging {
		if o != nil && o.system == i {
			m.destroyStaging(slot)
		}
	}
	for slot := range pairs {
		if r := m.readbacks[slot]; r != nil && r.system == i {
			m.destroyReadback(slot)
		}
		if d := m.dynamics[slot]; d != nil && d.system == i {
			m.destroyDynamic(slot)
		}
	}
	if s.frame != nil {
		s.frame.ended, s.frame = true, nil
	}
	s.gone, s.pool.state = true, buffers.Destroyed
	m.end("its system is destroyed", "destroyed", s)
	for _, c := range m.pending {
		if c.takes(System) && c.Args[System] == i {
			c.must, c.may = "its system is destroyed", append(c.may, "destroyed")
		}
	}
}
