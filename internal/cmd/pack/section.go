package main

import (
	"bytes"
	"errors"
	"slices"
)

// https://webassembly.github.io/spec/core/binary/modules.html
const (
	preamble = "\x00asm\x01\x00\x00\x00"

	typeSection     = 1
	importSection   = 2
	functionSection = 3
	exportSection   = 7
	startSection    = 8
	codeSection     = 10
	dataSection     = 11
)

type section struct {
	id   byte
	body []byte
}

var errCut = errors.New("the module is cut short")

type module []section

// section returns the module's only section of this kind, or nil.
func (m module) section(id byte) *section {
	if i := slices.IndexFunc(m, func(s section) bool { return s.id == id }); i >= 0 {
		return &m[i]
	}
	return nil
}

// append adds an element to a section that is a vector, and returns its index.
func (s *section) append(element []byte) uint64 {
	r := reader{s.body}
	count := r.unsigned()
	s.body = slices.Concat(appendUnsigned(nil, count+1), r.rest, element)
	return count
}

func parse(wasm []byte) (module, error) {
	rest, ok := bytes.CutPrefix(wasm, []byte(preamble))
	if !ok {
		return nil, errors.New("this is not a WebAssembly module")
	}
	r := reader{rest}
	var m module
	for len(r.rest) > 0 {
		id := r.byte()
		body, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		m = append(m, section{id, body})
	}
	return m, nil
}

func (m module) encode() []byte {
	wasm := []byte(preamble)
	for _, s := range m {
		wasm = append(wasm, s.id)
		wasm = appendUnsigned(wasm, uint64(len(s.body)))
		wasm = append(wasm, s.body...)
	}
	return wasm
}

// reader reads the numbers of WebAssembly. A missing number is zero; take reports missing bytes.
type reader struct{ rest []byte }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.rest)) {
		return nil, errCut
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, nil
}

// unsigned reads a LEB128 number.
func (r *reader) unsigned() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return n
}

func appendUnsigned(p []byte, n uint64) []byte {
	for n >= 0x80 {
		p = append(p, byte(n)|0x80)
		n >>= 7
	}
	return append(p, byte(n))
}

// appendSigned appends a number that is not negative as a signed one.
func appendSigned(p []byte, n uint64) []byte {
	for n >= 0x40 {
		p = append(p, byte(n)|0x80)
		n >>= 7
	}
	return append(p, byte(n))
}
