package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// The table of functions, as Go 1.26 writes it for WebAssembly: see moduledata and _func in the source of
// package runtime. All of it is checked for sense before anything is changed.

// tableStart is magic number, padding, the size of an instruction and that of a pointer.
var tableStart = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

const (
	headerSize = 8 + 8*8
	indexRow   = 8
	funcSize   = 44     // without the lists that follow
	moduleSize = 8 * 22 // of moduledata, as far as it is read
	bucketSize = 4096   // program counters
	bucketRow  = 20     // findfuncbucket
)

var errTable = errors.New("the table of functions is not as Go 1.26 writes it: this command needs a look at package runtime")

type funcTable struct {
	names                []byte // of functions, each with a zero behind it
	units, files, values []byte // files by compilation unit, their names, values by program counter
	funcs                []byte // an index, and functions
	count                uint64
	index                uint64 // the address of funcs
	buckets              column // row numbers of the index by program counter
}

// function is a _func.
type function []byte

const (
	entryAt     = 0
	nameAt      = 4
	framesAt    = 16
	fileAt      = 20
	lineAt      = 24
	pcDataSize  = 28
	unitAt      = 32
	startLineAt = 36
	dataSize    = 43 // one byte

	noData = 1<<32 - 1
)

// On WebAssembly package runtime reads these of the lists behind a _func: the stack maps, and the trees of
// inlined calls, by which recover knows its caller. Only a trace prints data on arguments, and only a signal
// asks where a goroutine cannot be preempted.
var (
	neededPCData   = []uint32{1, 2}
	neededFuncData = []uint32{0, 1, 2, 3, 4}
)

func (f function) word(at uint32) uint32       { return binary.LittleEndian.Uint32(f[at:]) }
func (f function) set(at uint32, value uint32) { binary.LittleEndian.PutUint32(f[at:], value) }

// tables returns the places of the offsets of the function's tables of values: of the needed ones, and of
// the others.
func (f function) tables() (needed, dropped []uint32) {
	needed, dropped = []uint32{framesAt}, []uint32{fileAt, lineAt}
	for i := range f.word(pcDataSize) {
		if at := funcSize + 4*i; slices.Contains(neededPCData, i) {
			needed = append(needed, at)
		} else {
			dropped = append(dropped, at)
		}
	}
	return needed, dropped
}

// dropUnused leaves out the bodies of functions that are not used, and what the table tells of their stacks.
func (m module) dropUnused(t *funcTable, functions []function, parts []unusedPart) error {
	codes, imports := m.section(codeSection), m.section(importSection)
	if codes == nil || imports == nil {
		return errTable
	}
	imported, err := importedFunctions(imports.body)
	if err != nil {
		return err
	}
	c, err := readCode(codes.body, functions)
	if err != nil {
		return err
	}
	dropped, err := t.dropUnused(c, functions, imported, parts)
	if err != nil {
		return err
	}
	codes.body = c.encode()
	for i, f := range functions {
		if dropped[i] {
			f.set(framesAt, 0)
			for n := range f.word(pcDataSize) {
				f.set(funcSize+4*n, 0)
			}
			for n := range uint32(f[dataSize]) {
				f.set(funcSize+4*(f.word(pcDataSize)+n), noData)
			}
		}
	}
	return nil
}

// dropData takes away the function's data that is not needed.
func (f function) dropData() {
	for i := range uint32(f[dataSize]) {
		if !slices.Contains(neededFuncData, i) {
			f.set(funcSize+4*(f.word(pcDataSize)+i), noData)
		}
	}
}

// shrink takes out of the memory's table of functions all that package runtime does not need to run, and of the code
// the functions that are not used. The code that it returns restores the rest of the table.
func (m module) shrink(memory *image, parts []unusedPart) (startCode, error) {
	t, err := findTable(memory)
	if err != nil {
		return nil, err
	}
	functions, err := t.functions()
	if err != nil {
		return nil, err
	}
	if err := m.dropUnused(t, functions, parts); err != nil {
		return nil, err
	}
	if err := t.dropValues(functions); err != nil {
		return nil, err
	}
	if err := t.dropNames(functions); err != nil {
		return nil, err
	}
	for _, f := range functions {
		f.dropData()
		f.set(unitAt, 0)
		f.set(startLineAt, 0)
	}
	clear(t.units)
	clear(t.files)
	return t.moveToStart(memory, functions), nil
}

// moveToStart leaves to the code all that it can compute: sums, and each function's copy of its own entry
// in the index.
func (t *funcTable) moveToStart(memory *image, functions []function) (code startCode) {
	entries := column{t.index, t.count, indexRow}
	offsets := column{t.index + 4, t.count, indexRow}
	for _, c := range []column{entries, offsets, t.buckets} {
		memory.differences(c)
		code.sums(c)
	}
	for _, f := range functions {
		f.set(entryAt, 0)
	}
	code.forRows(entries.first, entries.rows, entries.stride, func() {
		code.load(4)
		code.load(0)
		code.store(t.index + entryAt)
	})
	return code
}

// dropValues drops the tables of values that no function needs.
func (t *funcTable) dropValues(functions []function) error {
	needed, dropped := map[uint32]bool{0: true}, map[uint32]bool{} // offset 0 is that of no table
	for _, f := range functions {
		keep, drop := f.tables()
		for _, at := range keep {
			needed[f.word(at)] = true
		}
		for _, at := range drop {
			dropped[f.word(at)] = true
			f.set(at, 0)
		}
	}
	for offset := range dropped {
		if needed[offset] {
			continue
		}
		if err := t.clearValues(offset); err != nil {
			return err
		}
	}
	return nil
}

func findTable(memory *image) (*funcTable, error) {
	at := bytes.Index(memory.bytes, tableStart)
	if at < 0 || len(memory.bytes)-at < headerSize {
		return nil, errTable
	}
	m := memory.bytes[at:]
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
	names, units, files, values, funcs := word(4), word(5), word(6), word(7), word(8)
	if names != headerSize || units < names || files < units || values < files || funcs < values || funcs > uint64(len(m)) {
		return nil, errTable
	}
	address := memory.address + uint64(at)
	buckets, err := findBuckets(memory, address)
	return &funcTable{
		names:   m[names:units],
		units:   m[units:files],
		files:   m[files:values],
		values:  m[values:funcs],
		funcs:   m[funcs:],
		count:   word(1),
		index:   address + funcs,
		buckets: buckets,
	}, err
}

// findBuckets finds in the memory the moduledata that the table at the address belongs to.
func findBuckets(memory *image, table uint64) (column, error) {
	start := binary.LittleEndian.AppendUint64(nil, table)
	start = binary.LittleEndian.AppendUint64(start, table+headerSize)
	at := bytes.Index(memory.bytes, start)
	if at < 0 || len(memory.bytes)-at < moduleSize {
		return column{}, errTable
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(memory.bytes[at+8*i:]) }
	buckets, first, last := word(19), word(20), word(21) // findfunctab, minpc, maxpc
	c := column{buckets, (last - first + bucketSize - 1) / bucketSize, bucketRow}
	if first > last || !memory.holds(c) {
		return column{}, errTable
	}
	return c, nil
}

// functions follows the index at the start of the table: pairs of a program counter and an offset.
func (t *funcTable) functions() ([]function, error) {
	if t.count < 2 || t.count > uint64(len(t.funcs))/indexRow {
		return nil, errTable
	}
	functions := make([]function, t.count)
	for i := range functions {
		row := t.funcs[indexRow*i:]
		entry, at := binary.LittleEndian.Uint32(row), uint64(binary.LittleEndian.Uint32(row[4:]))
		if at > uint64(len(t.funcs)-funcSize) {
			return nil, errTable
		}
		f := function(t.funcs[at:])
		if lists := uint64(f.word(pcDataSize)) + uint64(f[dataSize]); lists > 16 || funcSize+4*lists > uint64(len(f)) {
			return nil, errTable
		}
		if f.word(entryAt) != entry {
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
