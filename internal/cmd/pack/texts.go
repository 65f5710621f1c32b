package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// The table of functions, as Go 1.20 and later write it for WebAssembly: see pcHeader and _func in the
// source of package runtime. All of it is checked for sense before anything is changed.

// tableStart is magic number, padding, the size of an instruction and that of a pointer.
var tableStart = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

const (
	headerSize = 8 + 8*8
	funcSize   = 44 // without the lists that follow
)

var errTable = errors.New("the table of functions is not as Go 1.20 to 1.26 write it: this command needs a look at package runtime")

type funcTable struct {
	names                []byte // of functions, each with a zero behind it
	files, values, funcs []byte // names of files, values by program counter, functions
	count                uint64
}

// function is a _func.
type function []byte

const (
	pcFile     = 20
	pcLine     = 24
	pcDataSize = 28
	startLine  = 36
)

// tables are the offsets of the function's tables that are needed: of frame sizes and for the garbage
// collector.
func (f function) tables() []uint32 {
	list := []uint32{f.word(16)}
	for i := range f.word(pcDataSize) {
		list = append(list, f.word(funcSize+4*i))
	}
	return list
}

func (f function) word(at uint32) uint32 { return binary.LittleEndian.Uint32(f[at:]) }

func (f function) clear(at uint32) { clear(f[at : at+4]) }

// dropTexts takes files, lines and names out of the table of functions in the memory.
func dropTexts(memory []byte) error {
	t, err := findTable(memory)
	if err != nil {
		return err
	}
	functions, err := t.functions()
	if err != nil {
		return err
	}
	needed, dropped := map[uint32]bool{}, map[uint32]bool{0: false}
	for _, f := range functions {
		for _, at := range f.tables() {
			needed[at] = true
		}
		dropped[f.word(pcFile)], dropped[f.word(pcLine)] = true, true
	}
	for at := range dropped {
		if at != 0 && !needed[at] {
			if err := t.clearValues(at); err != nil {
				return err
			}
		}
	}
	for _, f := range functions {
		f.clear(pcFile) // offset 0 is that of no table
		f.clear(pcLine)
		f.clear(startLine)
	}
	clear(t.files)
	t.dropNames()
	return nil
}

// The parts of functions' names that package runtime looks at itself.
const (
	own       = "runtime." // the start by which isSystemGoroutine knows its goroutines
	ofPointer = ".(*"      // in the name of a pointer's method, which panicwrap takes apart
	methodOf  = ".(*).x"   // the shortest name that it takes
)

// The functions by whose whole name getStackMap in package runtime finds their arguments.
var whole = []string{"reflect.makeFuncStub", "reflect.methodValueCall"}

// dropNames empties the names of all functions, and leaves of them what package runtime looks at.
func (t *funcTable) dropNames() {
	for rest := t.names; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return
		}
		dropName(rest[:end])
		rest = rest[end+1:]
	}
}

func dropName(name []byte) {
	kept := ""
	switch {
	case slices.Contains(whole, string(name)):
		return
	case bytes.HasPrefix(name, []byte(own)):
		kept = own
	case bytes.Contains(name, []byte(ofPointer)) && len(name) >= len(methodOf):
		kept = methodOf
	}
	clear(name[copy(name, kept):])
}

func findTable(memory []byte) (*funcTable, error) {
	at := bytes.Index(memory, tableStart)
	if at < 0 || len(memory)-at < headerSize {
		return nil, errTable
	}
	m := memory[at:]
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
	names, units, files, values, funcs := word(4), word(5), word(6), word(7), word(8)
	if names != headerSize || units < names || files < units || values < files || funcs < values || funcs > uint64(len(m)) {
		return nil, errTable
	}
	return &funcTable{names: m[names:units], files: m[files:values], values: m[values:funcs], funcs: m[funcs:], count: word(1)}, nil
}

// functions follows the index at the start of the table: pairs of a program counter and an offset.
func (t *funcTable) functions() ([]function, error) {
	if t.count > uint64(len(t.funcs))/8 {
		return nil, errTable
	}
	functions := make([]function, t.count)
	for i := range functions {
		at := uint64(binary.LittleEndian.Uint32(t.funcs[8*i+4:]))
		if at > uint64(len(t.funcs)-funcSize) {
			return nil, errTable
		}
		f := function(t.funcs[at:])
		if lists := uint64(f.word(pcDataSize)); lists > 16 || funcSize+4*lists > uint64(len(f)) {
			return nil, errTable
		}
		functions[i] = f
	}
	return functions, nil
}

// clearValues zeroes one table: pairs of numbers, up to a first number of zero that is not the first.
func (t *funcTable) clearValues(at uint32) error {
	if uint64(at) >= uint64(len(t.values)) {
		return errTable
	}
	r := reader{t.values[at:]}
	for first := true; ; first = false {
		if value := r.unsigned(); value == 0 && !first {
			break
		}
		r.unsigned()
		if len(r.rest) == 0 {
			break
		}
	}
	clear(t.values[at : len(t.values)-len(r.rest)])
	return nil
}
