//go:build js && wasm

package webgpu_test

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// declared is a value of Go's beside what a shader declares for it.
type declared struct {
	name   string
	layout error  // what wgsl.Check says of its type
	bytes  []byte // whose numbers count from 1, but for padding
	space  string
	wgsl   string   // declares T
	reads  []string // of every number of v, in the order of the bytes
}

func in[T any](space wgsl.AddressSpace, name string, value T, declaration string, reads ...string) declared {
	return declared{
		name:   name,
		layout: wgsl.Check[T](space),
		bytes:  unsafe.Slice((*byte)(unsafe.Pointer(&value)), unsafe.Sizeof(value)),
		space:  [...]string{wgsl.Storage: "storage, read", wgsl.Uniform: "uniform"}[space],
		wgsl:   declaration,
		reads:  reads,
	}
}

func each(format string, n int) []string {
	reads := make([]string, n)
	for i := range reads {
		reads[i] = strings.NewReplacer("%", strconv.Itoa(i), "$", strconv.Itoa(i/4)+"]["+strconv.Itoa(i%4)).Replace(format)
	}
	return reads
}

type (
	one  = struct{ N uint32 }
	pair = struct{ X, Y uint32 }
	quad = struct{ A, B, C, D uint32 }
	mat4 = [4][4]float32
)

// sound are types that wgsl.Check accepts, and shaders that read them.
func sound() []declared {
	const u, s = wgsl.Uniform, wgsl.Storage
	mat := mat4{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}
	eight := [8]uint32{1, 2, 3, 4, 5, 6, 7, 8}
	type spaced struct {
		A uint32
		_ [3]uint32
		I one
	}
	type followed struct {
		I one
		_ [3]uint32
		X uint32
	}
	type last struct {
		V [4]uint32
		I pair
		_ [2]uint32
	}
	return []declared{
		in(u, "one number", one{1}, `struct T { n: u32 }`, "n"),
		in(u, "two numbers", pair{1, 2}, `struct T { x: u32, y: u32 }`, "x", "y"),
		in(u, "a vector behind its padding", struct {
			N uint32
			_ uint32
			V [2]uint32
		}{N: 1, V: [2]uint32{2, 3}}, `struct T { n: u32, v: vec2u }`, "n", "v.x", "v.y"),
		in(u, "a number behind a vector of three", struct {
			V [3]uint32
			N uint32
		}{[3]uint32{1, 2, 3}, 4}, `struct T { v: vec3u, n: u32 }`, "v.x", "v.y", "v.z", "n"),
		in(u, "a struct at the end", last{V: [4]uint32{1, 2, 3, 4}, I: pair{5, 6}},
			`struct I { x: u32, y: u32 } struct T { v: vec4u, i: I }`, "v.x", "v.y", "v.z", "v.w", "i.x", "i.y"),
		in(u, "a struct at 16", spaced{A: 1, I: one{2}}, `struct I { n: u32 } struct T { @size(16) a: u32, i: I }`, "a", "i.n"),
		in(u, "a number behind a struct", followed{I: one{1}, X: 2},
			`struct I { n: u32 } struct T { @size(16) i: I, x: u32 }`, "i.n", "x"),
		in(u, "an array of vectors", [2][4]uint32{{1, 2, 3, 4}, {5, 6, 7, 8}}, `alias T = array<vec4u, 2>;`, each("[$]", 8)...),
		in(u, "an array of structs", [2]quad{{1, 2, 3, 4}, {5, 6, 7, 8}}, `struct Q { a: u32, b: u32, c: u32, d: u32 } alias T = array<Q, 2>;`,
			"[0].a", "[0].b", "[0].c", "[0].d", "[1].a", "[1].b", "[1].c", "[1].d"),
		in(u, "a matrix of 4 by 4", struct{ M mat4 }{mat}, `struct T { m: mat4x4f }`, each("m[$]", 16)...),
		in(u, "a matrix of 3 by 3", struct{ M [3][4]float32 }{[3][4]float32{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}, `struct T { m: mat3x3f }`,
			"m[0].x", "m[0].y", "m[0].z", "m[1].x", "m[1].y", "m[1].z", "m[2].x", "m[2].y", "m[2].z"),
		in(u, "a matrix of 2 by 2", struct {
			N float32
			_ float32
			M [2][2]float32
		}{N: 1, M: [2][2]float32{{2, 3}, {4, 5}}}, `struct T { n: f32, m: mat2x2f }`, "n", "m[0].x", "m[0].y", "m[1].x", "m[1].y"),
		in(u, "a matrix of 3 columns of 2", [3][2]float32{{1, 2}, {3, 4}, {5, 6}}, `alias T = mat3x2f;`,
			"[0].x", "[0].y", "[1].x", "[1].y", "[2].x", "[2].y"),

		in(s, "an array of numbers", eight, `alias T = array<u32, 8>;`, each("[%]", 8)...),
		in(s, "sixteen floats behind one", struct {
			N float32
			A [16]float32
		}{0, [16]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
			`struct T { n: f32, a: array<f32, 16> }`, each("a[%]", 16)...),
		in(s, "an array of structs of one number", [3]one{{1}, {2}, {3}}, `struct I { n: u32 } alias T = array<I, 3>;`, "[0].n", "[1].n", "[2].n"),
		in(s, "structs side by side", struct {
			A, B pair
			C    one
		}{pair{1, 2}, pair{3, 4}, one{5}}, `struct P { x: u32, y: u32 } struct I { n: u32 } struct T { a: P, b: P, c: I }`,
			"a.x", "a.y", "b.x", "b.y", "c.n"),
		in(s, "an array of vectors of two", [3][2]uint32{{1, 2}, {3, 4}, {5, 6}}, `alias T = array<vec2u, 3>;`,
			"[0].x", "[0].y", "[1].x", "[1].y", "[2].x", "[2].y"),
		in(s, "a matrix of 3 by 3 and a number", struct {
			M [3][4]float32
			N float32
			_ [3]float32
		}{M: [3][4]float32{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, N: 10}, `struct T { m: mat3x3f, n: f32 }`,
			"m[0].x", "m[0].y", "m[0].z", "m[1].x", "m[1].y", "m[1].z", "m[2].x", "m[2].y", "m[2].z", "n"),
	}
}

// unsound are types that wgsl.Check refuses, and shaders that do not read them as they were meant.
func unsound() []declared {
	const u, s = wgsl.Uniform, wgsl.Storage
	return []declared{
		in(s, "a vector behind a number", struct {
			N uint32
			V [3]uint32
		}{1, [3]uint32{2, 3, 4}}, `struct T { n: u32, v: vec3u }`, "n", "v.x", "v.y", "v.z"),
		in(s, "a vector of three without its end", struct{ V [3]uint32 }{[3]uint32{1, 2, 3}}, `struct T { v: vec3u }`, "v.x", "v.y", "v.z"),
		in(u, "a vector of three without its end, uniform", struct{ V [3]uint32 }{[3]uint32{1, 2, 3}}, `struct T { v: vec3u }`, "v.x", "v.y", "v.z"),
		in(s, "nine floats for a matrix of 3 by 3", [3][3]float32{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, `alias T = mat3x3f;`,
			"[0].x", "[0].y", "[0].z", "[1].x", "[1].y", "[1].z", "[2].x", "[2].y", "[2].z"),
		in(s, "a matrix behind a number", struct {
			N float32
			M mat4
		}{0, mat4{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}}, `struct T { n: f32, m: mat4x4f }`, each("m[$]", 16)...),
	}
}

// If wgsl.Check accepts a type, a shader finds every number where Go has it, in a binding of just its bytes.
// If it refuses one, that is for a reason.
func TestLayoutsAreTheShaders(t *testing.T) {
	for _, c := range sound() {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, c.layout)
			got, err := shaderReads(t, c)
			require.NoError(t, err)
			require.Equal(t, counted(len(c.reads)), got)
		})
	}
	for _, c := range unsound() {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorIs(t, c.layout, gpu.ErrLayout)
			got, err := shaderReads(t, c)
			require.True(t, err != nil || string(got) != string(counted(len(c.reads))), "the shader reads what was meant")
		})
	}
}

func counted(n int) []byte {
	var p []byte
	for i := range n {
		p = binary.LittleEndian.AppendUint32(p, uint32(i+1))
	}
	return p
}

// shaderReads is what a shader reads of c, or the browser's word against it.
func shaderReads(t *testing.T, c declared) ([]byte, error) {
	d, late := open(t)
	bridge := d.Bridge()
	require.NoError(t, bridge.PushErrorScope(jsbridge.FilterValidation))
	from := create(t, d, "value", gpu.UsageUniform|gpu.UsageStorage|gpu.UsageCopyDst, uint64(len(c.bytes)))
	into := create(t, d, "read", gpu.UsageStorage|gpu.UsageCopySrc, uint64(4*len(c.reads)))
	require.NoError(t, d.Queue().WriteBuffer(from, 0, gpu.Bytes(c.bytes)))

	module, err := bridge.CreateShaderModule(&jsbridge.ShaderModuleDescriptor{Code: readingShader(c)})
	require.NoError(t, err)
	pipeline, err := bridge.CreateComputePipeline(&jsbridge.ComputePipelineDescriptor{Compute: jsbridge.ProgrammableStage{Module: module}})
	require.NoError(t, err)
	layout, err := pipeline.BindGroupLayout(0)
	require.NoError(t, err)
	group, err := bridge.CreateBindGroup(&jsbridge.BindGroupDescriptor{Layout: layout, Entries: []jsbridge.BindGroupEntry{
		{Binding: 0, Buffer: webgpu.BufferOf(from)}, {Binding: 1, Buffer: webgpu.BufferOf(into)},
	}})
	require.NoError(t, err)
	e, err := d.CreateEncoder("reads")
	require.NoError(t, err)
	pass, err := webgpu.EncoderOf(e).BeginComputePass(nil)
	require.NoError(t, err)
	pass.SetPipeline(pipeline)
	pass.SetBindGroup(0, group)
	pass.DispatchWorkgroups(1, 1, 1)
	require.NoError(t, pass.End())
	require.NoError(t, d.Queue().Submit(e))
	err = <-bridge.PopErrorScope()
	late.take()
	return content(t, d, into), err
}

func readingShader(c declared) string {
	code := c.wgsl + "\n@group(0) @binding(0) var<" + c.space + "> v: T;\n" +
		"@group(0) @binding(1) var<storage, read_write> out: array<u32>;\n" +
		"@compute @workgroup_size(1) fn main() {\n"
	for i, read := range c.reads {
		if !strings.HasPrefix(read, "[") {
			read = "." + read
		}
		code += "out[" + strconv.Itoa(i) + "] = u32(v" + read + ");\n"
	}
	return code + "}"
}
