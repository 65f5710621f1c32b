package model

import "slices"

// Kind is a kind of operation. Its entry in the table says all of it, except for how JavaScript performs it. That
// stands under the same name in tests/headless/testdata/model/operations.js.
type Kind struct {
	Name   string
	Weight int // how often it is drawn
	Takes  []Param
	// Small are its arguments in small programs, if they are not the simplest. The second ones are another owner's, or
	// go another way.
	Small []string
	Fault bool // it makes the GPU fail
	// Waits says that it may go on while others are performed.
	Waits bool
	// Signal says that a wait ends with the actor's signal on the ES module too; on Go's API it ends with his context.
	Signal bool
	// Only lists the surfaces that can perform it; nil is all of them.
	Only []Surface
	// Model says how the operation may end. It is called when the operation was begun.
	Model func(m *Model, o Op) *call
	// Run performs the operation on Go's API.
	Run func(w *World, o Op) Result
}

// Result is how an operation ended.
type Result struct {
	Skipped bool   // its object is not there
	Code    string // of the error, or "" if it succeeded
	Data    []byte // the bytes of a read
	keep    func() // puts the new object into the world, in the order in which the model hears of it
}

var (
	kinds = collect(deviceKinds, readKinds, stagingKinds, frameKinds, mappableKinds, textureKinds, faultKinds, uploadKinds)
	lots  = draws() // each kind as often as it weighs
)

func collect(tables ...[]Kind) (all []*Kind) {
	for _, table := range tables {
		for i := range table {
			all = append(all, &table[i])
		}
	}
	return all
}

func draws() (all []*Kind) {
	for _, k := range kinds {
		all = append(all, slices.Repeat([]*Kind{k}, k.Weight)...)
	}
	return all
}

func kindOf(name string) *Kind {
	for _, k := range kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}
