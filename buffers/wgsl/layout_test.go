package wgsl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// vertex is laid out as no storage buffer is.
type vertex struct {
	Position, Normal [3]float32
	UV               [2]uint16
	Color            [4]uint8
}

func TestVerticesHaveAnyLayout(t *testing.T) {
	vertices := []vertex{{Position: [3]float32{1}}, {Color: [4]uint8{3: 9}}}
	p, err := wgsl.VertexBytes(vertices)
	require.NoError(t, err)
	require.Len(t, p, 2*32)
	require.EqualValues(t, 9, p[63])

	back, err := wgsl.VertexSlice[vertex](p)
	require.NoError(t, err)
	require.Same(t, &vertices[0], &back[0])
	_, err = wgsl.VertexSlice[vertex](p[1:])
	require.ErrorIs(t, err, gpu.ErrAlignment)

	_, err = wgsl.BytesOf(vertices)
	require.ErrorIs(t, err, gpu.ErrLayout, "a space that was passed is not another")
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = wgsl.VertexBytes(vertices) }))
}

func TestGoTypesAreCheckedAgainstWGSL(t *testing.T) {
	type vec3 = [3]float32
	type good struct {
		Position vec3
		Size     float32
		Model    [4][4]float32
		Tint     [2]float32
		_        [2]float32
	}
	type hole struct {
		Size     float32
		Position vec3
	}
	type short struct {
		Position vec3
	}
	type wide struct{ Count uint64 }
	for _, c := range []struct {
		name    string
		problem error
		text    string
	}{
		{"a struct with its padding", wgsl.Check[good](wgsl.Storage), ""},
		{"a vector after a scalar", wgsl.Check[hole](wgsl.Storage), "field Position is at 4 in Go and at 16 in WGSL"},
		{"a struct without its end", wgsl.Check[short](wgsl.Storage), "12 bytes in Go and 16 in WGSL"},
		{"an array of vectors of three", wgsl.Check[[5]vec3](wgsl.Storage), "12 bytes apart in Go and 16 in WGSL"},
		{"an array of floats in storage", wgsl.Check[[8]float32](wgsl.Storage), ""},
		{"an array of floats in a uniform", wgsl.Check[[8]float32](wgsl.Uniform), "a multiple of 16"},
		{"a number WGSL does not have", wgsl.Check[wide](wgsl.Storage), "uint64 has no counterpart"},
		{"a pointer", wgsl.Check[*float32](wgsl.Storage), "no counterpart"},
		{"indices", wgsl.Check[uint16](wgsl.Storage), ""},
		{"nothing", wgsl.Check[struct{}](wgsl.Storage), "is empty"},
		{"padding alone", wgsl.Check[struct{ _ [4]uint32 }](wgsl.Uniform), ""},
		{"one number in a uniform", wgsl.Check[struct{ N uint32 }](wgsl.Uniform), ""},
		{"a struct in a uniform, not at 16", wgsl.Check[struct {
			N uint32
			I struct{ N uint32 }
		}](wgsl.Uniform), "field I is at 4 in Go and at 16 in WGSL"},
		{"a number behind a struct in a uniform, not at 16", wgsl.Check[struct {
			I struct{ N uint32 }
			N uint32
		}](wgsl.Uniform), "field N is at 4 in Go and at 16 in WGSL"},
		{"an array in a uniform, not at 16", wgsl.Check[struct {
			N uint32
			A [2]struct{ A, B, C, D uint32 }
		}](wgsl.Uniform), "field A is at 4 in Go and at 16 in WGSL"},
		{"a matrix as floats in a uniform", wgsl.Check[[16]float32](wgsl.Uniform), "a mat4x4f is [4][4]float32"},
		{"a matrix of 3 by 3 as floats in a uniform", wgsl.Check[[9]float32](wgsl.Uniform), "a mat3x3f is [3][4]float32"},
		{"a matrix with columns of three", wgsl.Check[[3][3]float32](wgsl.Storage), "use [3][4]float32"},
		{"vectors of two in a uniform", wgsl.Check[[8][2]int32](wgsl.Uniform), "8 bytes apart, and in a uniform a multiple of 16"},
		{"a vertex as storage", wgsl.Check[vertex](wgsl.Storage), "vertex data may have any layout: see VertexBytes"},
		{"a vertex", wgsl.Check[vertex](wgsl.Vertex), ""},
		{"a vertex with a pointer", wgsl.Check[struct{ P *float32 }](wgsl.Vertex), "field P: *float32"},
		{"a vertex with a number of 8 bytes", wgsl.Check[[2]float64](wgsl.Vertex), "float64"},
		{"a vertex of nothing", wgsl.Check[[0]float32](wgsl.Vertex), "is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.text == "" {
				require.NoError(t, c.problem)
				return
			}
			require.ErrorIs(t, c.problem, gpu.ErrLayout)
			require.ErrorContains(t, c.problem, c.text)
		})
	}
}

func TestViewsShareMemory(t *testing.T) {
	p := make([]byte, 16)
	require.NoError(t, wgsl.Put(p, [4]float32{1, 2, 3, 4}))
	v, err := wgsl.As[[4]float32](p)
	require.NoError(t, err)
	require.Equal(t, [4]float32{1, 2, 3, 4}, *v)
	words, err := wgsl.Slice[uint32](p)
	require.NoError(t, err)
	words[0] = 7
	require.EqualValues(t, 7, p[0])
	back, err := wgsl.BytesOf(words)
	require.NoError(t, err)
	require.Same(t, &p[0], &back[0])

	_, err = wgsl.As[[4]float32](p[:12])
	require.ErrorIs(t, err, gpu.ErrRange)
	_, err = wgsl.Slice[uint32](p[1:])
	require.ErrorIs(t, err, gpu.ErrAlignment)
}
