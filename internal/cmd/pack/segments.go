package main

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// image is the memory of a module with its data segments in it, from one address on.
type image struct {
	address uint64
	bytes   []byte
}

func (m *image) end() uint64 { return m.address + uint64(len(m.bytes)) }

const (
	activeSegment = 0x00
	i32Const      = 0x41
	end           = 0x0b
)

// segment is bytes at an address.
type segment struct {
	address uint64
	data    []byte
}

// joinSegments reads a data section of active segments that do not overlap.
func joinSegments(body []byte) (*image, error) {
	segments, err := readSegments(body)
	if err != nil || len(segments) == 0 {
		return nil, errors.Join(err, errCut)
	}
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(a.address, b.address) })
	m := &image{address: segments[0].address}
	for _, s := range segments {
		next := m.end()
		if s.address < next {
			return nil, errors.New("data segments overlap")
		}
		m.bytes = append(m.bytes, make([]byte, s.address-next)...)
		m.bytes = append(m.bytes, s.data...)
	}
	return m, nil
}

func readSegments(body []byte) ([]segment, error) {
	r := reader{body}
	var segments []segment
	for n := r.unsigned(); n > 0; n-- {
		if r.byte() != activeSegment || r.byte() != i32Const {
			return nil, errors.New("a data segment is not at a constant address")
		}
		address := r.unsigned()
		if r.byte() != end {
			return nil, errors.New("a data segment's address is not one constant")
		}
		data, err := r.take(r.unsigned())
		if err != nil {
			return nil, err
		}
		segments = append(segments, segment{address, data})
	}
	return segments, nil
}

// gap is how many zeros are left out, between two segments: so many that few segments remain.
const gap = 4096

// segments are the bytes but for the long runs of zeros: so much the module is smaller once it was decompressed.
func (m *image) segments() (all []segment) {
	zeros := make([]byte, gap)
	for at := 0; at < len(m.bytes); {
		n := bytes.Index(m.bytes[at:], zeros)
		if n < 0 {
			n = len(m.bytes) - at
		}
		if n > 0 {
			all = append(all, segment{m.address + uint64(at), m.bytes[at : at+n]})
		}
		for at += n; at < len(m.bytes) && m.bytes[at] == 0; at++ {
		}
	}
	return all
}

func (m *image) encode() []byte {
	segments := m.segments()
	body := appendUnsigned(nil, uint64(len(segments)))
	for _, s := range segments {
		body = append(body, activeSegment, i32Const)
		body = appendSigned(body, s.address)
		body = append(body, end)
		body = appendUnsigned(body, uint64(len(s.data)))
		body = append(body, s.data...)
	}
	return body
}
