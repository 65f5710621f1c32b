package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

type vec [3]float64

func (a vec) add(b vec) vec       { return vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a vec) sub(b vec) vec       { return vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a vec) scale(f float64) vec { return vec{a[0] * f, a[1] * f, a[2] * f} }
func (a vec) length() float64     { return math.Sqrt(a[0]*a[0] + a[1]*a[1] + a[2]*a[2]) }
func (a vec) cross(b vec) vec {
	return vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// A mesh is triangles that share vertices.
type mesh struct {
	positions []vec
	triangles [][3]uint16
}

// parseMesh reads the two arrays that the package exports, which are JSON.
func parseMesh(source []byte) (*mesh, error) {
	m := new(mesh)
	if err := decodeExport(source, "positions", &m.positions); err != nil {
		return nil, err
	}
	if err := decodeExport(source, "cells", &m.triangles); err != nil {
		return nil, err
	}
	if len(m.positions) == 0 || len(m.triangles) == 0 {
		return nil, errors.New("mesh is empty")
	}
	for _, t := range m.triangles {
		for _, i := range t {
			if int(i) >= len(m.positions) {
				return nil, fmt.Errorf("triangle %v names a vertex beyond the %d there are", t, len(m.positions))
			}
		}
	}
	return m, nil
}

func decodeExport(source []byte, name string, into any) error {
	_, rest, found := bytes.Cut(source, []byte("exports."+name+"="))
	if !found {
		return fmt.Errorf("package exports no %s", name)
	}
	return json.NewDecoder(bytes.NewReader(rest)).Decode(into)
}

// normalize centres the mesh at the origin, and scales it so that its longest
// side runs from -1 to 1.
func (m *mesh) normalize() {
	low, high := m.positions[0], m.positions[0]
	for _, p := range m.positions {
		for k := range p {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	centre, size := low.add(high).scale(0.5), high.sub(low)
	factor := 2 / max(size[0], size[1], size[2])
	for i, p := range m.positions {
		m.positions[i] = p.sub(centre).scale(factor)
	}
}

// normals are the averages of the faces at a vertex, weighted by their area.
func (m *mesh) normals() []vec {
	sums := make([]vec, len(m.positions))
	for _, t := range m.triangles {
		a, b, c := m.positions[t[0]], m.positions[t[1]], m.positions[t[2]]
		face := b.sub(a).cross(c.sub(a)) // its length is twice the area
		for _, i := range t {
			sums[i] = sums[i].add(face)
		}
	}
	for i, n := range sums {
		if l := n.length(); l > 0 {
			sums[i] = n.scale(1 / l)
		}
	}
	return sums
}

// encode writes the format that web/assets/README.md describes.
func (m *mesh) encode() []byte {
	out := []byte("MSH1")
	word := func(v int) { out = binary.LittleEndian.AppendUint32(out, uint32(v)) }
	word(len(m.positions))
	word(3 * len(m.triangles))
	word(2)
	for i, n := range m.normals() {
		for _, v := range []vec{m.positions[i], n} {
			for _, f := range v {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(f)))
			}
		}
	}
	for _, t := range m.triangles {
		for _, i := range t {
			out = binary.LittleEndian.AppendUint16(out, i)
		}
	}
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}
