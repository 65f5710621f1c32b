package model

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// Surface is an API that programs are performed on.
type Surface int

// Programs are performed on Go's API in memory and in a browser, on the functions of the WebAssembly module, and on the
// ES module.
const (
	Memory Surface = iota
	Browser
	Functions
	Module
)

var (
	memoryAlone = []Surface{Memory}
	inGo        = []Surface{Memory, Browser}
	inScript    = []Surface{Functions, Module}
	inBrowser   = []Surface{Browser, Functions, Module}
	// notFunctions is for operations that the functions of the module leave to the browser.
	notFunctions = []Surface{Memory, Browser, Module}
)

// fit makes a program fit to be performed there, and appends the finale and the ending.
func (on Surface) fit(p Program) Program {
	if on != Memory { // real GPUs take time, and fail when they do
		p.World[Held], p.World[Latency], p.World[LateErrors], p.World[Fault] = 0, 3, 1, 0
	}
	var ops []Op
	for _, o := range slices.Concat(p.Ops, finale, ending) {
		if on != Memory {
			o.Args[Fails] = 0
		}
		if on == Functions { // the page reads streams itself, and none stands still
			o.Args[Count] = min(o.Args[Count], 5)
		}
		if on.has(o.Kind) {
			ops = append(ops, o)
		}
	}
	return Program{p.World, ops}
}

// KindsOn are the names of the kinds of operation that can be performed there.
func KindsOn(on Surface) (names []string) {
	for _, k := range kindsOn(on) {
		names = append(names, k.Name)
	}
	return names
}

func kindsOn(on Surface) (all []*Kind) {
	for _, k := range kinds {
		if on.has(k) {
			all = append(all, k)
		}
	}
	return all
}

func (on Surface) has(k *Kind) bool { return k.Only == nil || slices.Contains(k.Only, on) }

// ErrWaits is the error of a call that waits for too long.
var ErrWaits = errors.New("it waits")

// Step is the record that a performer makes of an operation.
type Step struct {
	Result *Result `json:",omitempty"` // how it ended; nil if it goes on
	Ended  []Ended `json:",omitempty"` // earlier ones that have ended since
	Lost   bool    `json:",omitempty"` // the device is lost by now
	Seen   *Seen   `json:",omitempty"` // nil if the next operation follows in the same task of JavaScript's
}

// Ended is the end of an operation that went on. Operations are numbered in the order in which they are performed.
type Ended struct {
	Op int
	Result
}

// Judge compares the steps of a performer with the model.
type Judge struct {
	Program // to be performed, with operations that bring it to its end
	model   *Model
	taken   int
	last    *Seen
	going   map[int]*call
}

// NewJudge judges the performance of a program.
func NewJudge(p Program, on Surface) *Judge {
	p = on.fit(p)
	m := &Model{on: on, world: p.World, held: p.World[Held] == 1, faults: p.World[Fault] != 0}
	m.doubt = p.World[Fault] == failsCreation && p.World[LateErrors] == 1
	for i := range m.systems {
		m.systems[i] = &system{pool: storage{state: buffers.Ready}}
	}
	return &Judge{Program: p, model: m, going: map[int]*call{}}
}

// Take takes the step of the next operation.
func (j *Judge) Take(s Step) error {
	if j.taken == len(j.Ops)-len(ending) {
		if err := j.model.AtRest(j.last); err != nil {
			return err
		}
	}
	if err := j.take(j.Ops[j.taken], &s); err != nil {
		return fmt.Errorf("operation %d of %d: %w", j.taken, len(j.Ops), err)
	}
	j.taken++
	j.last = s.Seen
	return nil
}

func (j *Judge) take(o Op, s *Step) error {
	j.model.losing = s.Lost && !j.model.lost
	if err := j.begin(o, s); err != nil {
		return err
	}
	if j.model.losing {
		j.model.lose()
	}
	for _, e := range s.Ended {
		if err := j.model.End(j.going[e.Op], e.Result); err != nil {
			return err
		}
	}
	if s.Seen == nil {
		return nil
	}
	if err := j.model.Check(s.Seen); err != nil {
		return err
	}
	return j.model.Overdue()
}

func (j *Judge) begin(o Op, s *Step) error {
	if s.Result != nil && s.Result.Skipped {
		j.model.endTask(s)
		return nil
	}
	c := j.model.Begin(o)
	if !o.Kind.Waits { // done before the task has ended
		defer j.model.endTask(s)
	} else {
		j.model.endTask(s)
	}
	if s.Result != nil {
		return j.model.End(c, *s.Result)
	}
	if !o.Kind.Waits {
		return fmt.Errorf("%v: %w", o, ErrWaits)
	}
	j.going[j.taken] = c
	return nil
}

// endTask sends the reads that were asked for in a task: on the ES module the task's end sends them.
func (m *Model) endTask(s *Step) {
	if s.Seen != nil && m.on == Module {
		m.send(func(x *read) bool { return !x.inFrame })
	}
}
