package main

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Numbers that grow from row to row of a table hardly compress; their differences do. So differences are
// stored. A start function, which runs before anything else of the module, turns them into numbers again.

// column is a number in every row of a table in the memory. Its addresses are the image's.
type column struct{ first, rows, stride uint64 }

func (m *image) holds(c column) bool {
	return c.rows > 1 && c.first >= m.address && c.first+c.rows*c.stride <= m.end()
}

// differences replaces each number but the first by its difference to the one before.
func (m *image) differences(c column) {
	for row := c.rows - 1; row > 0; row-- {
		above := m.bytes[c.first+row*c.stride-m.address:]
		before := m.bytes[c.first+(row-1)*c.stride-m.address:]
		binary.LittleEndian.PutUint32(above, binary.LittleEndian.Uint32(above)-binary.LittleEndian.Uint32(before))
	}
}

// https://webassembly.github.io/spec/core/binary/instructions.html
const (
	loop     = 0x03
	brIf     = 0x0d
	localGet = 0x20
	localSet = 0x21
	localTee = 0x22
	i32Load  = 0x28
	i32Store = 0x36
	i32LtU   = 0x49
	i32Add   = 0x6a
	i32Sub   = 0x6b
	i32DivU  = 0x6e

	i32          = 0x7f
	functionType = 0x60
	noType       = 0x40 // of a block
	align        = 2    // of an i32 in memory
)

// startCode is the code of a start function. Its one local is the address of the row at hand.
type startCode []byte

func (s *startCode) add(code ...byte) { *s = append(*s, code...) }

func (s *startCode) constant(n uint64) { *s = appendSigned(append(*s, i32Const), n) }

// load pushes the number at an offset from the row.
func (s *startCode) load(offset uint64) {
	s.add(localGet, 0, i32Load, align)
	*s = appendUnsigned(*s, offset)
}

// store pops a number and the address that the offset is from.
func (s *startCode) store(offset uint64) {
	s.add(i32Store, align)
	*s = appendUnsigned(*s, offset)
}

// forRows runs the body for one row or more, stride apart.
func (s *startCode) forRows(first, rows, stride uint64, body func()) {
	s.constant(first)
	s.add(localSet, 0, loop, noType)
	body()
	s.add(localGet, 0)
	s.constant(stride)
	s.add(i32Add, localTee, 0)
	s.constant(first + rows*stride)
	s.add(i32LtU, brIf, 0, end)
}

// sums undoes differences.
func (s *startCode) sums(c column) {
	s.forRows(c.first, c.rows-1, c.stride, func() {
		s.add(localGet, 0)
		s.load(0)
		s.load(c.stride)
		s.add(i32Add)
		s.store(c.stride)
	})
}

// function is the entry in the code section.
func (s startCode) function() []byte {
	body := append([]byte{1, 1, i32}, s...) // one group of one local
	body = append(body, end)
	return append(appendUnsigned(nil, uint64(len(body))), body...)
}

// withStart returns the module with the code as its start function.
func (m module) withStart(code startCode) (module, error) {
	types, imports, functions, codes := m.section(typeSection), m.section(importSection), m.section(functionSection), m.section(codeSection)
	after := slices.IndexFunc(m, func(s section) bool { return s.id > startSection })
	if types == nil || imports == nil || functions == nil || codes == nil || after < 0 {
		return nil, errors.New("this module is not one of Go's")
	}
	imported, err := importedFunctions(imports.body)
	if err != nil {
		return nil, err
	}
	empty := types.append([]byte{functionType, 0, 0}) // no parameters, no results
	defined := functions.append(appendUnsigned(nil, empty))
	codes.append(code.function())
	start := section{startSection, appendUnsigned(nil, imported+defined)}
	return slices.Insert(m, after, start), nil
}

// importedFunctions counts the functions imported. Go's modules import nothing else.
func importedFunctions(body []byte) (uint64, error) {
	r := reader{body}
	count := r.unsigned()
	for range count {
		for range 2 { // names of module and function
			if _, err := r.take(r.unsigned()); err != nil {
				return 0, err
			}
		}
		if kind := r.byte(); kind != 0 {
			return 0, errors.New("the module imports something other than functions")
		}
		r.unsigned()
	}
	return count, nil
}
