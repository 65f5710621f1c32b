package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const js = "//go:build js && wasm\n\n"

// sound keeps every rule.
var sound = map[string]string{
	"go.mod":                         "module example.com/m\n\ngo 1.26\n",
	"buffers/buffer.go":              `package buffers; import "errors"`,
	"buffers/buffer_test.go":         `package buffers_test; import ("fmt"; "example.com/m/buffers/memory"; "github.com/stretchr/testify/require")`,
	"buffers/gpu/buffer.go":          `package gpu; import "errors"`,
	"buffers/gpu/buffer_test.go":     `package gpu_test; import "example.com/m/buffers/gpu"`,
	"buffers/slogger/slogger.go":     `package slogger; import ("fmt"; "log/slog"; "example.com/m/buffers")`,
	"buffers/memory/device.go":       `package memory; import ("fmt"; "example.com/m/buffers/gpu")`,
	"buffers/buffertest/run.go":      `package buffertest; import ("testing"; "example.com/m/buffers/gpu")`,
	"buffers/webgpu/doc.go":          "// Package webgpu is a backend.\npackage webgpu",
	"buffers/webgpu/device_js.go":    js + `package webgpu; import ("syscall/js"; "example.com/m/buffers/gpu"; "example.com/m/jsbridge")`,
	"buffers/webgpu/run_js_test.go":  js + `package webgpu; import ("fmt"; "example.com/m/buffers/buffertest")`,
	"jsbridge/doc.go":                "package jsbridge",
	"jsbridge/queue_js.go":           "// Licence.\n\n" + js + `package jsbridge; import ("syscall/js"; "strconv")`,
	"wasm/main_js.go":                js + `package main; import ("syscall/js"; "example.com/m/buffers"; "example.com/m/buffers/webgpu")`,
	"jsbridge/page/doc.go":           "package page",
	"jsbridge/page/run_js.go":        js + `package page; import ("syscall/js"; "example.com/m/jsbridge")`,
	"examples/triangle/main_js.go":   js + `package main; import ("fmt"; "example.com/m/buffers"; "example.com/m/jsbridge/page")`,
	"tests/headless/browser/open.go": "//go:build !js\n\n" + `package browser; import "github.com/chromedp/chromedp"`,
	"internal/tools/go.mod":          "module example.com/m/internal/tools\n",
	"internal/tools/compress.go":     `package main; import "github.com/andybalholm/brotli"`,
	"buffers/testdata/broken.go":     `not Go`,
}

func checked(t *testing.T, changes map[string]string) []string {
	t.Helper()
	files := fstest.MapFS{}
	for _, set := range []map[string]string{sound, changes} {
		for name, text := range set {
			files[name] = &fstest.MapFile{Data: []byte(text)}
			if text == "" {
				delete(files, name)
			}
		}
	}
	tree, err := load(files)
	require.NoError(t, err)
	return tree.check()
}

func TestSoundTreePasses(t *testing.T) {
	require.Empty(t, checked(t, nil))
}

func TestEachRuleTurnsRed(t *testing.T) {
	for _, c := range []struct{ rule, path, text, line string }{
		{"syscall/js", "buffers/memory/clock_js.go", js + `package memory; import "syscall/js"`, "imports syscall/js"},
		{"syscall/js", "buffers/clock_js_test.go", js + `package buffers; import "syscall/js"`, "imports syscall/js"},
		{"core", "buffers/open.go", `package buffers; import "example.com/m/buffers/webgpu"`, "imports example.com/m/buffers/webgpu"},
		{"core", "buffers/open.go", `package buffers; import "example.com/m/buffers/memory"`, "imports example.com/m/buffers/memory"},
		{"core", "buffers/open.go", `package buffers; import "example.com/m/jsbridge/part"`, "imports example.com/m/jsbridge/part"},
		{"core", "buffers/open.go", `package buffers; import "fmt"`, "imports fmt"},
		{"core", "buffers/open.go", "//go:build linux\n\npackage buffers", "has a build tag"},
		{"core", "buffers/open_js.go", js + "package buffers", "has a build tag"},
		{"core", "buffers/gpu/open.go", `package gpu; import "example.com/m/buffers/memory"`, "imports example.com/m/buffers/memory"},
		{"contract", "buffers/gpu/open_test.go", `package gpu; import "example.com/m/buffers"`, "imports example.com/m/buffers"},
		{"contract", "buffers/gpu/log.go", `package gpu; import "example.com/m/buffers/slogger"`, "imports example.com/m/buffers/slogger"},
		{"contract", "buffers/memory/system.go", `package memory; import "example.com/m/buffers"`, "imports example.com/m/buffers"},
		{"contract", "buffers/buffertest/system.go", `package buffertest; import "example.com/m/buffers"`, "imports example.com/m/buffers"},
		{"contract", "buffers/webgpu/system_js.go", js + `package webgpu; import "example.com/m/buffers"`, "imports example.com/m/buffers"},
		{"listed", "buffers/vulkan/device.go", `package vulkan; import "example.com/m/buffers/gpu"`, "its folder is in no list of internal/cmd/arrows/rules.go"},
		{"portable", "buffers/memory/gpu.go", `package memory; import "example.com/m/jsbridge"`, "imports example.com/m/jsbridge"},
		{"portable", "buffers/buffertest/gpu_test.go", `package buffertest; import "example.com/m/buffers/webgpu"`, "imports example.com/m/buffers/webgpu"},
		{"jsbridge", "jsbridge/pool_js.go", js + `package jsbridge; import "example.com/m/buffers"`, "imports example.com/m/buffers"},
		{"jsbridge", "jsbridge/part/pool_js_test.go", js + `package part; import "example.com/m/buffers/memory"`, "imports example.com/m/buffers/memory"},
		{"page", "buffers/webgpu/canvas_js.go", js + `package webgpu; import "example.com/m/jsbridge/page"`, "imports example.com/m/jsbridge/page"},
		{"page", "jsbridge/canvas_js.go", js + `package jsbridge; import "example.com/m/jsbridge/page"`, "imports example.com/m/jsbridge/page"},
		{"page", "wasm/canvas_js.go", js + `package main; import "example.com/m/jsbridge/page"`, "imports example.com/m/jsbridge/page"},
		{"fmt", "jsbridge/error_js.go", js + `package jsbridge; import "fmt"`, "imports fmt"},
		{"fmt", "buffers/webgpu/error_js.go", js + `package webgpu; import "fmt"`, "imports fmt"},
		{"fmt", "wasm/error_js.go", js + `package main; import "fmt"`, "imports fmt"},
		{"fmt", "wasm/log_js.go", js + `package main; import "example.com/m/buffers/slogger"`, "buffers/slogger/slogger.go: imports fmt"},
		{"third party", "buffers/memory/uuid.go", `package memory; import "github.com/google/uuid"`, "imports github.com/google/uuid"},
		{"third party", "buffers/memory/near.go", `package memory; import "example.com/mother"`, "imports example.com/mother"},
		{"file names", "jsbridge/plain.go", js + `package jsbridge`, "not named _js.go"},
		{"file names", "examples/plain/main.go", `package main; import "syscall/js"`, "not named _js.go"},
		{"file names", "examples/plain/main_js.go", `package main`, "lacks //go:build js && wasm"},
		{"file names", "jsbridge/some_js_test.go", "//go:build js\n\npackage jsbridge", "lacks //go:build js && wasm"},
		{"doc.go", "jsbridge/doc.go", "", "jsbridge: has no untagged doc.go"},
		{"doc.go", "jsbridge/doc.go", js + "package jsbridge", "jsbridge: has no untagged doc.go"},
		{"doc.go", "jsbridge/part/context_js.go", js + "package part", "jsbridge/part: has no untagged doc.go"},
		{"doc.go", "buffers/webgpu/usage.go", "package webgpu", "usage.go: is untagged"},
		{"wasm", "wasm/doc.go", "package main", "wasm/doc.go: is untagged"},
	} {
		t.Run(c.rule+"/"+c.path, func(t *testing.T) {
			lines := strings.Join(checked(t, map[string]string{c.path: c.text}), "\n")
			require.Contains(t, lines, c.line)
			require.Contains(t, lines, "("+c.rule+": ")
		})
	}
}

func TestFilesThatDoNotParseAreErrors(t *testing.T) {
	_, err := load(fstest.MapFS{
		"go.mod":            {Data: []byte(sound["go.mod"])},
		"buffers/broken.go": {Data: []byte("package")},
	})
	require.ErrorContains(t, err, "buffers/broken.go")
	_, err = load(fstest.MapFS{"buffers/buffer.go": {Data: []byte("package buffers")}})
	require.ErrorContains(t, err, "go.mod")
}
