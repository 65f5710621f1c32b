//go:build !js

package headless

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// A Go program makes in steady state the objects that syscall/js makes, and none of its own.
func TestGoAllocations(t *testing.T) {
	serveGoTest(t, "./tests/headless/gatesprogram")
	p := browser.Open(t, goTestPath("", nil), browser.Timeout(4*time.Minute))
	require.Contains(t, goTestOutput(t, p), "--- PASS: TestSteadyState")
}

// In steady state no call makes a GPUBuffer.
func TestBufferCreations(t *testing.T) { runGates(t, "steady.js") }

// Neither heap nor the module's memory nor the number of buffers grows over ten thousand frames.
func TestTenThousandFrames(t *testing.T) {
	runGates(t, "flat.js", browser.Own("--js-flags=--expose-gc", "--enable-precise-memory-info"))
}

func runGates(t *testing.T, file string, options ...browser.Option) {
	t.Helper()
	serveScripts(t, "gates")
	runModuleTests(t, "../gates/"+file, options...)
}
