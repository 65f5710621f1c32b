package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const js = "//go:build js && wasm\n\n"

// sound has a row for every name, and the tests that the rows name.
var sound = map[string]string{
	table: `# Promises

| name | what |
|---|---|
| left | alone |

## web/gpubuffers.d.ts

| about | promise | turns red |
|---|---|---|
| open; open.* | It opens. | api.js opens; tests/headless TestModule |
| Buffer*; System; Usage | They hold. | api.js holds |

## buffers

| about | promise | turns red |
|---|---|---|
| Open; Limit; Code | It opens. | buffers TestOpen/at once |
| Buffer; Buffer.Size; Kind; One | It holds. | buffers TestHolds; buffers/memory TestRules/a size/is kept |
| package | Nothing waits. | buffers/webgpu TestInTheBrowser |

## buffers/memory

## jsbridge

| about | promise | turns red |
|---|---|---|
| *Descriptor | It reaches the browser. | buffers TestHolds |

## docs/why.md

| about | promise | turns red |
|---|---|---|
| Why [two], and not one? | There are two. | buffers TestHolds |
`,
	api:                              `{"constants": {"Usage": {"READ": 1}}, "functions": {"open": {"parameters": {"options": {"type": ["string", {"options": {"budget": {"type": ["number"]}}}]}}}}, "classes": {"Buffer": {"size": {"get": true}}, "System": {}}}`,
	modules + "/api.js":              "export async function opens() {}\nexport const holds = () => {};\n",
	modules + "/check.js":            "export function same() {}\n",
	headless + "/module_test.go":     `package headless; func TestModule() { run("api.js") }`,
	"buffers/buffer.go":              "package buffers\ntype Kind int\nconst One Kind = 1\nconst Limit = 2\ntype Buffer interface { Size() }\ntype hidden int\nfunc (hidden) Shown() {}",
	"buffers/open_js.go":             js + "package buffers\nfunc Open() Buffer { return nil }\nfunc Code() {}\nfunc open() {}",
	"buffers/buffer_test.go":         `package buffers; func TestOpen() { t.Run("at once", nil) }; func TestHolds() {}; type InTests int`,
	"buffers/memory/memory.go":       "package memory",
	"buffers/memory/kit_test.go":     `package memory; func TestRules() { buffertest.Run() }`,
	"buffers/buffertest/rules.go":    `package buffertest; var rules = []rule{{name: "a size/is kept"}}`,
	"buffers/webgpu/webgpu_js.go":    js + "package webgpu",
	"buffers/webgpu/web_js_test.go":  js + "package webgpu; func TestInTheBrowser() {}",
	"buffers/slogger/slogger.go":     "package slogger",
	"jsbridge/buffer_js.go":          js + "package jsbridge; type BufferDescriptor struct { Size int }",
	"docs/why.md":                    "# Why\n\n## Why [two], and not one?\n",
	"tests/headless/testdata/any.go": "no Go",
}

// checked replaces text of files of the sound tree.
func checked(t *testing.T, changes ...[3]string) string {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range sound {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, c := range changes {
		file, old, new := c[0], c[1], c[2]
		require.Contains(t, string(files[file].Data), old)
		files[file].Data = []byte(strings.Replace(string(files[file].Data), old, new, 1))
	}
	_, faults, err := run(files)
	if err != nil {
		faults = append(faults, err.Error())
	}
	return strings.Join(faults, "\n")
}

func TestASoundTreePasses(t *testing.T) {
	require.Empty(t, checked(t))
}

// What another package promises of a name needs no second row.
func TestAliasesNeedNoRow(t *testing.T) {
	require.Empty(t, checked(t, [3]string{"buffers/buffer.go", "package buffers\n", "package buffers\nimport \"example.com/gpu\"\ntype Device = gpu.Device\nconst None = gpu.None\nvar ErrState = gpu.ErrState\n"}))
	require.Contains(t, checked(t, [3]string{"buffers/buffer.go", "package buffers\n", "package buffers\ntype Device = int\nvar None = 1\n"}), "Device")
}

// A type's constants, fields and methods of interfaces are covered by its row.
func TestPartsOfATypeNeedNoRow(t *testing.T) {
	require.Empty(t, checked(t, [3]string{table, "Buffer; Buffer.Size; Kind; One", "Buffer; Kind"}))
}

func TestEachFaultIsFound(t *testing.T) {
	for _, c := range []struct{ file, old, new, fault string }{
		{table, "TestHolds;", "TestHeld;", `buffers has no test "TestHeld"`},
		{table, "buffers TestHolds;", "elsewhere TestHolds;", `elsewhere has no test "TestHolds"`},
		{table, "/at once", "/later", `buffers has no test "TestOpen/later"`},
		{table, "/a size/is kept", "/a size/is lost", `buffers/memory has no test "TestRules/a size/is lost"`},
		{table, "api.js opens", "api.js open", `api.js has no test "open"`},
		{table, "api.js opens", "none.js opens", `none.js has no test "opens"`},
		{table, "api.js opens", "check.js same", `check.js has no test "same"`},
		{"buffers/webgpu/web_js_test.go", "TestInTheBrowser", "TestElsewhere", `has no test "TestInTheBrowser"`},
		{table, "Open; Limit", "Close; Open; Limit", `buffers has no "Close"`},
		{table, "*Descriptor", "*Descriptor; *Handle", `jsbridge has no "*Handle"`},
		{table, "Why [two]", "Why [ten]", `docs/why.md has no "Why [ten], and not one?"`},
		{table, "; open.*", "", "web/gpubuffers.d.ts: no promise is made of open.budget"},
		{table, "Buffer*; ", "", "web/gpubuffers.d.ts: no promise is made of Buffer.size"},
		{table, "; System", "", "web/gpubuffers.d.ts: no promise is made of System"},
		{table, "; Usage", "", "web/gpubuffers.d.ts: no promise is made of Usage"},
		{table, "Open; Limit", "Limit", "buffers: no promise is made of Open"},
		{table, "Open; Limit", "Open", "buffers: no promise is made of Limit"},
		{table, "Limit; Code", "Limit", "buffers: no promise is made of Code"},
		{"jsbridge/buffer_js.go", "struct { Size int }", "int\nfunc (BufferDescriptor) Check() {}", "jsbridge: no promise is made of BufferDescriptor.Check"},
		{"jsbridge/buffer_js.go", "type BufferDescriptor", "type Other int; type BufferDescriptor", "jsbridge: no promise is made of Other"},
		{table, "They hold. |", "They hold.", "not 2 cells"},
		{table, "api.js opens;", "opens;", `not "opens"`},
		{"buffers/buffer.go", "package", "pack", "buffers/buffer.go"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			require.Contains(t, checked(t, [3]string{c.file, c.old, c.new}), c.fault)
		})
	}
}
