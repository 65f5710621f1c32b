package buffers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

func TestNamesAreWords(t *testing.T) {
	require.Equal(t, "warn", buffers.LevelWarn.String())
	require.Equal(t, "ReadbackBuffer", buffers.KindReadback.String())
}

// vertex is laid out as no storage buffer is.
type vertex struct {
	Position, Normal [3]float32
	UV               [2]uint16
	Color            [4]uint8
}

func TestVerticesHaveAnyLayout(t *testing.T) {
	vertices := []vertex{{Position: [3]float32{1}}, {Color: [4]uint8{3: 9}}}
	p, err := buffers.VertexBytes(vertices)
	require.NoError(t, err)
	require.Len(t, p, 2*32)
	require.EqualValues(t, 9, p[63])

	back, err := buffers.VertexSlice[vertex](p)
	require.NoError(t, err)
	require.Same(t, &vertices[0], &back[0])
	_, err = buffers.VertexSlice[vertex](p[1:])
	require.ErrorIs(t, err, buffers.ErrAlignment)

	_, err = buffers.BytesOf(vertices)
	require.ErrorIs(t, err, buffers.ErrLayout, "a space that was passed is not another")
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = buffers.VertexBytes(vertices) }))
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
		{"a struct with its padding", buffers.CheckLayout[good](buffers.SpaceStorage), ""},
		{"a vector after a scalar", buffers.CheckLayout[hole](buffers.SpaceStorage), "field Position is at 4 in Go and at 16 in WGSL"},
		{"a struct without its end", buffers.CheckLayout[short](buffers.SpaceStorage), "12 bytes in Go and 16 in WGSL"},
		{"an array of vectors of three", buffers.CheckLayout[[5]vec3](buffers.SpaceStorage), "12 bytes apart in Go and 16 in WGSL"},
		{"an array of floats in storage", buffers.CheckLayout[[8]float32](buffers.SpaceStorage), ""},
		{"an array of floats in a uniform", buffers.CheckLayout[[8]float32](buffers.SpaceUniform), "a multiple of 16"},
		{"a number WGSL does not have", buffers.CheckLayout[wide](buffers.SpaceStorage), "uint64 has no counterpart"},
		{"a pointer", buffers.CheckLayout[*float32](buffers.SpaceStorage), "no counterpart"},
		{"indices", buffers.CheckLayout[uint16](buffers.SpaceStorage), ""},
		{"nothing", buffers.CheckLayout[struct{}](buffers.SpaceStorage), "is empty"},
		{"padding alone", buffers.CheckLayout[struct{ _ [4]uint32 }](buffers.SpaceUniform), ""},
		{"one number in a uniform", buffers.CheckLayout[struct{ N uint32 }](buffers.SpaceUniform), ""},
		{"a struct in a uniform, not at 16", buffers.CheckLayout[struct {
			N uint32
			I struct{ N uint32 }
		}](buffers.SpaceUniform), "field I is at 4 in Go and at 16 in WGSL"},
		{"a number behind a struct in a uniform, not at 16", buffers.CheckLayout[struct {
			I struct{ N uint32 }
			N uint32
		}](buffers.SpaceUniform), "field N is at 4 in Go and at 16 in WGSL"},
		{"an array in a uniform, not at 16", buffers.CheckLayout[struct {
			N uint32
			A [2]struct{ A, B, C, D uint32 }
		}](buffers.SpaceUniform), "field A is at 4 in Go and at 16 in WGSL"},
		{"a matrix as floats in a uniform", buffers.CheckLayout[[16]float32](buffers.SpaceUniform), "a mat4x4f is [4][4]float32"},
		{"a matrix of 3 by 3 as floats in a uniform", buffers.CheckLayout[[9]float32](buffers.SpaceUniform), "a mat3x3f is [3][4]float32"},
		{"a matrix with columns of three", buffers.CheckLayout[[3][3]float32](buffers.SpaceStorage), "use [3][4]float32"},
		{"vectors of two in a uniform", buffers.CheckLayout[[8][2]int32](buffers.SpaceUniform), "8 bytes apart, and in a uniform a multiple of 16"},
		{"a vertex as storage", buffers.CheckLayout[vertex](buffers.SpaceStorage), "vertex data may have any layout: see VertexBytes"},
		{"a vertex", buffers.CheckLayout[vertex](buffers.SpaceVertex), ""},
		{"a vertex with a pointer", buffers.CheckLayout[struct{ P *float32 }](buffers.SpaceVertex), "field P: *float32"},
		{"a vertex with a number of 8 bytes", buffers.CheckLayout[[2]float64](buffers.SpaceVertex), "float64"},
		{"a vertex of nothing", buffers.CheckLayout[[0]float32](buffers.SpaceVertex), "is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.text == "" {
				require.NoError(t, c.problem)
				return
			}
			require.ErrorIs(t, c.problem, buffers.ErrLayout)
			require.ErrorContains(t, c.problem, c.text)
		})
	}
}

func TestViewsShareMemory(t *testing.T) {
	p := make([]byte, 16)
	require.NoError(t, buffers.Put(p, [4]float32{1, 2, 3, 4}))
	v, err := buffers.As[[4]float32](p)
	require.NoError(t, err)
	require.Equal(t, [4]float32{1, 2, 3, 4}, *v)
	words, err := buffers.Slice[uint32](p)
	require.NoError(t, err)
	words[0] = 7
	require.EqualValues(t, 7, p[0])
	back, err := buffers.BytesOf(words)
	require.NoError(t, err)
	require.Same(t, &p[0], &back[0])

	_, err = buffers.As[[4]float32](p[:12])
	require.ErrorIs(t, err, buffers.ErrRange)
	_, err = buffers.Slice[uint32](p[1:])
	require.ErrorIs(t, err, buffers.ErrAlignment)
}
