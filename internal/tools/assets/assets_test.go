package main

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
	"math"
	"os"
	"testing"
)

const assets = "../../../web/assets/"

func word(data []byte, at int) int { return int(binary.LittleEndian.Uint32(data[at:])) }

// TestBunny reads the kept file by its documented format alone.
func TestBunny(t *testing.T) {
	data, err := os.ReadFile(assets + "bunny.bin")
	if err != nil {
		t.Fatal(err)
	}
	vertices, indices := word(data, 4), word(data, 8)
	if string(data[:4]) != "MSH1" || word(data, 12) != 2 || len(data) != (16+24*vertices+2*indices+3)/4*4 {
		t.Fatalf("header %q does not describe %d bytes", data[:16], len(data))
	}
	float := func(at int) float64 { return float64(math.Float32frombits(uint32(word(data, at)))) }
	at := func(vertex, field int) vec {
		o := 16 + 24*vertex + 12*field
		return vec{float(o), float(o + 4), float(o + 8)}
	}
	reach := 0.0
	for v := range vertices {
		p, n := at(v, 0), at(v, 1)
		reach = max(reach, math.Abs(p[0]), math.Abs(p[1]), math.Abs(p[2]))
		if math.Abs(n.length()-1) > 1e-6 {
			t.Fatalf("normal %d has length %v", v, n.length())
		}
	}
	if reach != 1 {
		t.Errorf("the mesh reaches to %v", reach)
	}
	volume := 0.0 // positive where the triangles face outwards
	for i := 0; i < indices; i += 3 {
		var corner [3]vec
		for k := range corner {
			index := int(binary.LittleEndian.Uint16(data[16+24*vertices+2*(i+k):]))
			if index >= vertices {
				t.Fatalf("index %d of %d vertices", index, vertices)
			}
			corner[k] = at(index, 0)
		}
		c := corner[1].cross(corner[2])
		volume += corner[0][0]*c[0] + corner[0][1]*c[1] + corner[0][2]*c[2]
	}
	if volume <= 0 {
		t.Errorf("signed volume %v", volume/6)
	}
}

func TestPicture(t *testing.T) {
	kept, err := os.ReadFile(assets + "picture.jpg")
	if err != nil {
		t.Fatal(err)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(kept))
	if err != nil || size.Width != 1024 || size.Height != 1024 {
		t.Fatalf("%dx%d: %v", size.Width, size.Height, err)
	}
	if len(kept) > 400_000 {
		t.Errorf("%d bytes", len(kept))
	}
}

func TestMeshOfATriangle(t *testing.T) {
	m, err := parseMesh([]byte("exports.positions=[[0,0,5],[4,0,5],[0,2,5]]\nexports.cells=[[0,1,2]]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m.normalize()
	if want := (vec{-1, -0.5, 0}); m.positions[0] != want {
		t.Errorf("first corner %v, want %v", m.positions[0], want)
	}
	for _, n := range m.normals() {
		if want := (vec{0, 0, 1}); n != want {
			t.Errorf("normal %v, want %v", n, want)
		}
	}
	if data := m.encode(); len(data) != 16+3*24+8 || word(data, 4) != 3 || word(data, 8) != 3 {
		t.Errorf("%d bytes, header %v", len(data), data[:16])
	}
}

func TestWrongMeshesAreErrors(t *testing.T) {
	for _, source := range []string{
		"",
		"exports.positions=[[0,0,5]]",
		"exports.positions=[]\nexports.cells=[]",
		"exports.positions=[[0,0,5]]\nexports.cells=[[0,0,1]]",
		"exports.positions=[[0,0,5]\nexports.cells=[[0,0,0]]",
	} {
		if _, err := parseMesh([]byte(source)); err == nil {
			t.Errorf("no error for %q", source)
		}
	}
}
