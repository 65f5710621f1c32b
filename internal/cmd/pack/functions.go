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
	moduleSize = 8 * 42 // of moduledata, as far as it is read
	bucketSize = 4096   // program counters
	bucketRow  = 20     // findfuncbucket
)

var errTable = errors.New("the table of functions is not as Go 1.26 writes it: this command needs a look at package runtime")

type funcTable struct {
	names                []byte // of functions, each with a zero behind it
	units, files, values []byte // files by compilation unit, their names, values by program counter
	funcs                []byte // an index, and functions
	count                uint64
	index                uint64   // the address of funcs
	buckets              column   // row numbers of the index by program counter
	data                 []byte   // of functions: stack maps and the like
	starts               []uint32 // of the pieces of data
	address, end         uint64   // of the whole
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

// data returns the places of the offsets of the function's data.
func (f function) data() (places []uint32) {
	for i := range uint32(f[dataSize]) {
		places = append(places, funcSize+4*(f.word(pcDataSize)+i))
	}
	return places
}

// forget takes away all that the table tells of the function's stack: it never is on one.
func (f function) forget() {
	needed, dropped := f.tables()
	for _, at := range slices.Concat(needed, dropped) {
		f.set(at, 0)
	}
	for _, at := range f.data() {
		f.set(at, noData)
	}
}

// dropData takes away the function's data that is not needed.
func (f function) dropData() {
	for i, at := range f.data() {
		if !slices.Contains(neededFuncData, uint32(i)) {
			f.set(at, noData)
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
	if err := m.dropUnused(memory, t, functions, parts); err != nil {
		return nil, err
	}
	for _, f := range functions {
		f.dropData()
		f.set(unitAt, 0)
		f.set(startLineAt, 0)
	}
	if err := t.dropValues(functions); err != nil {
		return nil, err
	}
	if err := t.clearData(functions); err != nil {
		return nil, err
	}
	if err := t.dropNames(functions); err != nil {
		return nil, err
	}
	clear(t.units)
	clear(t.files)
	return t.moveToStart(memory, functions)
}

// moveToStart leaves to the code all that it can compute: sums, each function's copy of its own entry in the index,
// and the rows of the index by program counter.
func (t *funcTable) moveToStart(memory *image, functions []function) (code startCode, err error) {
	entries := column{t.index, t.count, indexRow}
	offsets := column{t.index + 4, t.count, indexRow}
	for _, c := range []column{entries, offsets} {
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
	if err := t.clearBuckets(memory); err != nil {
		return nil, err
	}
	code.forRows(t.buckets.first, t.buckets.rows, t.buckets.stride, func() {
		code.add(localGet, 0)
		code.add(localGet, 0)
		code.constant(t.buckets.first)
		code.add(i32Sub)
		code.constant(t.buckets.stride * bucketsOfFunction)
		code.add(i32DivU)
		code.store(0)
	})
	return code, nil
}

// bucketsOfFunction are those of the program counters of one function, whatever its size.
const bucketsOfFunction = 1 << 16 / bucketSize

// clearBuckets clears the buckets, which need to hold no more than the number of their function.
func (t *funcTable) clearBuckets(memory *image) error {
	for row := range t.buckets.rows {
		bucket := memory.bytes[t.buckets.first+row*t.buckets.stride-memory.address:][:bucketRow]
		if row == t.buckets.rows-1 {
			bucket = bucket[:4] // it ends with the program counters
		}
		binary.LittleEndian.PutUint32(bucket, binary.LittleEndian.Uint32(bucket)-uint32(row/bucketsOfFunction))
		if !allZero(bucket) {
			return errTable
		}
	}
	return nil
}

func allZero(p []byte) bool { return bytes.Count(p, []byte{0}) == len(p) }

// dropValues drops the tables of values that no function needs.
func (t *funcTable) dropValues(functions []function) error {
	kept := make([]byte, len(t.values))
	for _, f := range functions {
		needed, dropped := f.tables()
		for _, at := range needed {
			table, err := t.valuesAt(f.word(at))
			if err != nil {
				return err
			}
			copy(kept[f.word(at):], table)
		}
		for _, at := range dropped {
			f.set(at, 0)
		}
	}
	copy(t.values, kept)
	return nil
}

// clearData clears the pieces of data that no function needs. One ends where the next begins.
func (t *funcTable) clearData(functions []function) error {
	needed := map[uint32]bool{}
	for _, f := range functions {
		for _, at := range f.data() {
			needed[f.word(at)] = true
		}
	}
	for i, start := range t.starts {
		end := uint32(len(t.data))
		if i+1 < len(t.starts) {
			end = t.starts[i+1]
		}
		if start > end {
			return errTable
		}
		if !needed[start] {
			clear(t.data[start:end])
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
	t := &funcTable{
		names:   m[names:units],
		units:   m[units:files],
		files:   m[files:values],
		values:  m[values:funcs],
		funcs:   m[funcs:],
		count:   word(1),
		index:   address + funcs,
		address: address,
	}
	return t, t.readModuleData(memory)
}

// readModuleData finds in the memory the moduledata that the table belongs to, and what that says of it.
func (t *funcTable) readModuleData(memory *image) error {
	start := binary.LittleEndian.AppendUint64(nil, t.address)
	start = binary.LittleEndian.AppendUint64(start, t.address+headerSize)
	at := bytes.Index(memory.bytes, start)
	if at < 0 || len(memory.bytes)-at < moduleSize {
		return errTable
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(memory.bytes[at+8*i:]) }
	buckets, first, last := word(19), word(20), word(21) // findfunctab, minpc, maxpc
	t.buckets = column{buckets, (last - first + bucketSize - 1) / bucketSize, bucketRow}
	data, end := word(40), word(41) // gofunc, epclntab: between them is findfunctab
	if first > last || !memory.holds(t.buckets) || data < t.index || buckets < data || end < buckets || end > memory.end() {
		return errTable
	}
	t.data, t.end = memory.bytes[data-memory.address:buckets-memory.address], end
	return nil
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
		for _, at := range f.data() {
			if start := f.word(at); start != noData {
				t.starts = append(t.starts, start)
			}
		}
	}
	slices.Sort(t.starts)
	t.starts = slices.Compact(t.starts)
	return functions, nil
}

// valuesAt is one table: pairs of numbers, up to a first number of zero that is not the first.
func (t *funcTable) valuesAt(at uint32) ([]byte, error) {
	if uint64(at) >= uint64(len(t.values)) {
		return nil, errTable
	}
	r := reader{t.values[at:]}
	if at == 0 { // that of no table
		return r.rest[:1], nil
	}
	for first := true; ; first = false {
		if value := r.unsigned(); value == 0 && !first {
			break
		}
		r.unsigned()
		if len(r.rest) == 0 {
			break
		}
	}
	return t.values[at : len(t.values)-len(r.rest)], nil
}
