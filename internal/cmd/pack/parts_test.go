package main

import (
	"archive/zip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePackageOfAFunction(t *testing.T) {
	for function, want := range map[string]string{
		"runtime.mallocgc":                         "runtime",
		"runtime.(*mheap).alloc":                   "runtime",
		"internal/runtime/maps.(*Map).Used":        "internal/runtime/maps",
		"memeqbody":                                "runtime",
		"main.open.func1":                          "wasm",
		"main.(*system).Destroy":                   "wasm",
		project + "buffers.Open":                   "buffers",
		project + "buffers/webgpu.(*queue).Submit": "buffers/webgpu",
		"slices.sortCmpFunc[go.shape.*" + project + "buffers.chunk]": "slices",
		"type:.eq.runtime.mspan":                                     "runtime",
		"type:.eq.[2]" + project + "buffers.Field":                   "buffers",
		"type:.eq.sync/atomic.Pointer[" + project + "buffers.chunk]": "sync/atomic",
		"type:.eq.struct { runtime.gList; runtime.n int32 }":         "runtime",
	} {
		require.Equal(t, want, packageOf(function), function)
	}
}

// The parts are the whole: each byte of code and data is in one of them.
func TestThePartsAreTheWhole(t *testing.T) {
	wasm := buildProgram(t, writeProgram(t, "package main\n\nimport \"strings\"\n\nfunc main() { println(strings.Repeat(\"a text that is found\", 3)) }\n"))
	parts, err := partsOf(wasm)
	require.NoError(t, err)
	packed, err := pack(wasm)
	require.NoError(t, err)
	m, err := parse(packed)
	require.NoError(t, err)
	codes, err := readCode(m.section(codeSection).body, nil)
	require.NoError(t, err)
	memory, err := joinSegments(m.section(dataSection).body)
	require.NoError(t, err)
	want := 0
	for _, s := range memory.segments() {
		want += len(s.data)
	}
	for _, body := range codes {
		want += len(body)
	}
	for _, s := range m {
		if s.id != codeSection && s.id != dataSection {
			want += len(s.body)
		}
	}

	path := filepath.Join(t.TempDir(), "parts.zip")
	require.NoError(t, writeParts(path, parts))
	archive, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer archive.Close()
	got := 0
	for i, f := range archive.File {
		require.Equal(t, parts[i].name, f.Name)
		got += int(f.UncompressedSize64)
	}
	require.Equal(t, want, got)
	require.Equal(t, "code: runtime", parts[0].name)
	for _, p := range parts {
		if p.name == "data: texts" {
			require.Contains(t, string(p.data), "a text that is found")
			require.NotContains(t, string(p.data), "\x00")
		}
		require.Equal(t, p.name == "data: texts", strings.Contains(string(p.data), "a text that is found"), p.name)
	}
}
