//go:build !js

package headless

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// The rules of package buffertest hold on WebGPU in this browser, and so do the backend's own tests.
func TestConformance(t *testing.T) {
	serveGoTest(t, "./buffers/webgpu")
	p := browser.Open(t, goTestPath("", nil), browser.Timeout(4*time.Minute))
	for _, provoked := range append([][]string{
		{`"wrong"`, "requested BufferUsages(MAP_READ | VERTEX)"},
		{`"finished behind our back"`, "Encoding must not have ended"},
	}, refusedLate...) {
		p.Expect(browser.GPUError, provoked...)
	}
	if browser.OnFirefox() {
		p.Expect(browser.ConsoleError, "sky.wgsl") // what a shader's compiler says is there too
	}
	out := goTestOutput(t, p)
	require.Regexp(t, rulesRan, out)
	if browser.OnSoftware() { // a GPU may have the memory that some tests must not get
		for _, missing := range []string{`"the whole city"`, `"the whole country"`, `"theirs"`, withoutMemory} {
			p.Expect(browser.GPUError, missing)
		}
		require.NotContains(t, out, "--- SKIP")
	}
}

// refusedLate is what the rules submit, or write, that a browser refuses later than the call, in Chrome's words and in
// Firefox's.
var refusedLate = [][]string{
	{`[Buffer "foreign"] used in submit while destroyed`, "Buffer with 'foreign' label has been destroyed"},
	{`Destroyed texture [Texture "texture"]`, "Texture with 'texture' label has been destroyed"},
}

// withoutMemory names the buffer of a rule for which a software adapter has no memory.
const withoutMemory = `"for which there is no memory"`

var rulesRan = regexp.MustCompile(`(?m)^buffertest: [1-9]\d* rules ran on webgpu$`)

// The rules hold, too, where the GPU process stops whenever a rule wants to have something pending.
func TestConformanceOfAHangingGPU(t *testing.T) {
	serveGoTest(t, "./buffers/webgpu")
	p := openWithGPUProcess(t, goTestPath("^TestConformance$", []string{"stop", "continue"}))
	for _, provoked := range refusedLate {
		p.Expect(browser.GPUError, provoked...)
	}
	if browser.OnSoftware() {
		p.Expect(browser.GPUError, withoutMemory)
	}
	require.Regexp(t, rulesRan, goTestOutput(t, p))
}

// What the rules say of a lost device holds where the GPU process is killed. That ends every device of
// the browser, so each rule has one of its own.
func TestConformanceOfACrashedGPU(t *testing.T) {
	serveGoTest(t, "./buffers/webgpu")
	for _, rule := range []string{
		"a lost device settles what is pending",
		"every call on a lost device fails with ErrDeviceLost",
		"a map settles once when the device is lost while it is cancelled",
	} {
		t.Run(rule, func(t *testing.T) {
			name := strings.ReplaceAll(rule, " ", "_")
			p := openWithGPUProcess(t, goTestPath("^TestConformance$/^"+name+"$", []string{"stop", "continue", "kill"}))
			p.Expect(browser.DeviceLost, "")
			require.Contains(t, goTestOutput(t, p), "buffertest: 1 rules ran on webgpu\n")
		})
	}
}

// openWithGPUProcess opens the path in a browser of its own, whose GPU process the page may stop and
// kill.
func openWithGPUProcess(t *testing.T, path string) *browser.Page {
	t.Helper()
	p := browser.Open(t, browser.Blank, browser.Own(), browser.Timeout(4*time.Minute))
	browser.Handle(t, "/gotest/gpu", gpuProcess{p.Context()})
	p.Navigate(path)
	return p
}

// serveGoTest serves the page that runs the tests of a js package.
func serveGoTest(t *testing.T, pkg string) {
	t.Helper()
	serve(t, "/gotest/test.wasm", jsBinary(t, "test -c", pkg))
	serve(t, "/gotest/wasm_exec.js", filepath.Join("..", "..", "web", "wasm_exec.js"))
	serve(t, "/gotest/", filepath.Join("testdata", "gotest.html"))
}

// jsBinary builds a program, or tests, by a command of Go's, unless GOTEST_WASM names a folder with those that were built
// before, for a host without Go.
func jsBinary(t *testing.T, command, pkg string) string {
	t.Helper()
	if folder := os.Getenv("GOTEST_WASM"); folder != "" {
		return filepath.Join(folder, filepath.Base(pkg)+".wasm")
	}
	binary := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.Command("go", append(strings.Fields(command), "-o", binary, pkg)...)
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// goTestPath is the page that runs the tests whose names match, with powers over the GPU process.
func goTestPath(run string, powers []string) string {
	return "/gotest/?" + url.Values{"arg": {"-test.v", "-test.run=" + run}, "gpu": powers}.Encode()
}

func serve(t *testing.T, path, file string) {
	t.Helper()
	browser.Handle(t, path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // another test serves another file there
		http.ServeFile(w, r, file)
	}))
}

// goTestOutput is what the tests printed, when they have ended. It fails where they did: what they
// printed is in the page's log.
func goTestOutput(t *testing.T, p *browser.Page) string {
	t.Helper()
	p.Wait(`globalThis.exitCode !== undefined`)
	require.Zero(t, browser.Eval[int](p, `exitCode`), "the exit code of the tests")
	return browser.Eval[string](p, `output.join("\n")`)
}
