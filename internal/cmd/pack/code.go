package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// code is the bodies of a code section, by row of the table of functions.
type code [][]byte

// firstEntry is the program counter of the first function.
const firstEntry = 0x1000

func readCode(body []byte, functions []function) (code, error) {
	r := reader{body}
	bodies := make(code, r.unsigned())
	if len(functions) > len(bodies) {
		return nil, errTable
	}
	for i := range bodies {
		b, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		bodies[i] = b
	}
	for i, f := range functions {
		if f.word(entryAt) != firstEntry+uint32(i) {
			return nil, errTable
		}
	}
	return bodies, nil
}

func (c code) encode() []byte {
	body := appendUnsigned(nil, uint64(len(c)))
	for _, b := range c {
		body = append(appendUnsigned(body, uint64(len(b))), b...)
	}
	return body
}

// pointers are how functions are reached other than by a call: by their program counters, of which the upper 48 bits
// are the function.
type pointers struct {
	count  uint64
	roots  []uint32          // functions that an export, a method table or a variable leads to
	values map[uint64]uint32 // functions by the addresses of function values, which code or a variable has to name
}

// findPointers looks through the memory. What only looks like a pointer is taken for one.
func findPointers(memory *image, t *funcTable) *pointers {
	p := &pointers{count: t.count, values: map[uint64]uint32{}}
	word := func(at uint64) uint64 { return binary.LittleEndian.Uint64(memory.bytes[at-memory.address:]) }
	values := p.longestRun(memory, word)
	for at := values.first; at < values.first+values.rows*values.stride; at += values.stride {
		n, _ := p.function(word(at))
		p.values[at] = n
	}
	first := (memory.address + 7) &^ 7
	for at := first; at+8 <= memory.end(); at += 4 {
		switch at {
		case t.address:
			at = (t.end + 7) &^ 7
		case values.first:
			at += values.rows * values.stride
		}
		if at%8 == 0 {
			p.roots = append(p.roots, p.at(word(at))...)
		}
		if at >= first+8 {
			p.roots = append(p.roots, p.methods(t, word(at-8), word(at))...)
		}
	}
	return p
}

// function is that of a program counter.
func (p *pointers) function(pc uint64) (row uint32, ok bool) {
	n := pc>>16 - firstEntry
	return uint32(n), n < p.count
}

// at gives the function of a program counter, or of a function value at the address.
func (p *pointers) at(n uint64) []uint32 {
	if row, ok := p.values[n]; ok {
		return []uint32{row}
	}
	if row, ok := p.function(n); ok {
		return []uint32{row}
	}
	return nil
}

// longestRun finds the function values: the linker puts those of functions that have no variables of others side by side,
// each a program counter alone.
func (p *pointers) longestRun(memory *image, word func(at uint64) uint64) (longest column) {
	run := column{stride: 8}
	for at := (memory.address + 7) &^ 7; at+8 <= memory.end(); at += 8 {
		if _, ok := p.function(word(at)); !ok {
			run.rows = 0
			continue
		}
		if run.rows == 0 {
			run.first = at
		}
		run.rows++
		if run.rows > longest.rows {
			longest = run
		}
	}
	return longest
}

// methods gives the two functions of a row of a method table: offsets of name and type among the constants, the method
// as an interface has it, and the method.
func (p *pointers) methods(t *funcTable, nameAndType, methods uint64) []uint32 {
	name, typ := uint64(uint32(nameAndType)), nameAndType>>32
	row, second := uint64(uint32(methods))-firstEntry, methods>>32-firstEntry
	if row < p.count && second < p.count && name > 0 && typ > 0 && name < t.address && typ < t.address {
		return []uint32{uint32(row), uint32(second)}
	}
	return nil
}

func (p *pointers) addExports(body []byte, imported uint64) error {
	r := reader{body}
	for n := r.unsigned(); n > 0; n-- {
		if _, err := r.take(r.unsigned()); err != nil {
			return err
		}
		const function = 0
		kind := r.byte()
		if row := r.unsigned() - imported; kind == function && row < p.count {
			p.roots = append(p.roots, uint32(row))
		}
	}
	return nil
}

var errInstruction = errors.New("an instruction is not one of those that Go writes")

// refs are numbers in a body: the functions that it calls, and constants, of which those below zero are as good as any.
type refs struct{ called, constants []uint64 }

func references(body []byte) (found refs, err error) {
	r := reader{body}
	for n := r.unsigned(); n > 0; n-- { // groups of locals
		r.unsigned()
		r.byte()
	}
	for len(r.rest) > 0 {
		switch op := r.byte(); {
		case op == callOp:
			found.called = append(found.called, r.unsigned())
		case op == i32Const || op == i64Const:
			found.constants = append(found.constants, r.unsigned())
		case !r.skipOperands(op):
			return refs{}, fmt.Errorf("%w: %#x", errInstruction, op)
		}
	}
	return found, nil
}

// https://webassembly.github.io/spec/core/binary/instructions.html
const (
	blockOp, ifOp        = 0x02, 0x04
	brOp, brTableOp      = 0x0c, 0x0e
	callOp, callIndirect = 0x10, 0x11
	globalGet, globalSet = 0x23, 0x24
	i64Store32           = 0x3e
	memorySize, memGrow  = 0x3f, 0x40
	i64Const, f32Const   = 0x42, 0x43
	f64Const             = 0x44
	lastNumeric          = 0xc4
	prefixed             = 0xfc
	memoryCopy, memFill  = 10, 11

	stackPointer = 0 // a global of Go's
)

// skipOperands skips the operands of an instruction, and reports whether it knows that.
func (r *reader) skipOperands(op byte) (known bool) {
	switch {
	case op >= blockOp && op <= ifOp, op == memorySize, op == memGrow:
		r.byte()
	case op == brOp, op == brIf, op >= localGet && op <= globalSet:
		r.unsigned()
	case op == brTableOp:
		for n := r.unsigned() + 1; n > 0 && len(r.rest) > 0; n-- {
			r.unsigned()
		}
	case op == callIndirect, op >= i32Load && op <= i64Store32:
		r.unsigned()
		r.unsigned()
	case op == f32Const:
		_, _ = r.take(4)
	case op == f64Const:
		_, _ = r.take(8)
	case op == prefixed:
		return r.skipPrefixed(r.unsigned())
	default:
		return op <= 0x1b || op > f64Const && op <= lastNumeric // control, drop, select; numbers
	}
	return true
}

// skipPrefixed skips the operands of a saturating conversion, or of an instruction on the memory.
func (r *reader) skipPrefixed(op uint64) (known bool) {
	switch {
	case op == memoryCopy:
		r.byte()
		r.byte()
	case op == memFill:
		r.byte()
	}
	return op < 8 || op == memoryCopy || op == memFill
}
