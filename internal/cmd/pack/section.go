package main

import (
	"bytes"
	"errors"
)

// https://webassembly.github.io/spec/core/binary/modules.html
const (
	preamble    = "\x00asm\x01\x00\x00\x00"
	dataSection = 11
)

type section struct {
	id   byte
	body []byte
}

var errCut = errors.New("the module is cut short")

func parse(module []byte) ([]section, error) {
	rest, ok := bytes.CutPrefix(module, []byte(preamble))
	if !ok {
		return nil, errors.New("this is not a WebAssembly module")
	}
	r := reader{rest}
	var sections []section
	for len(r.rest) > 0 {
		id := r.byte()
		body, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		sections = append(sections, section{id, body})
	}
	return sections, nil
}

func encode(sections []section) []byte {
	module := []byte(preamble)
	for _, s := range sections {
		module = append(module, s.id)
		module = appendUnsigned(module, uint64(len(s.body)))
		module = append(module, s.body...)
	}
	return module
}

// reader reads the numbers of WebAssembly. What is not there is zero; take tells.
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
