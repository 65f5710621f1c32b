//go:build !js

package browser_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// rerun runs TestEval alone in a new process of this binary.
func rerun(t *testing.T, env ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestEval$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// noAdapter asks for a GPU interface that needs a display.
const noAdapter = "CHROME_GPU_FLAGS=--use-webgpu-adapter=none --use-angle=gl"

func TestMissingBrowserFails(t *testing.T) {
	out, code := rerun(t, "HEADLESS=", "CHROME_PATH=/no/such/chrome")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "/no/such/chrome")
	require.NotContains(t, out, "RUN")
}

func TestMissingAdapterFails(t *testing.T) {
	out, code := rerun(t, "HEADLESS=", noAdapter)
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "no WebGPU adapter: requestAdapter() is null")
	require.NotContains(t, out, "RUN")
}

func TestMissingAdapterMaySkip(t *testing.T) {
	out, code := rerun(t, "HEADLESS=optional", noAdapter)
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "--- SKIP: TestEval")
	require.Contains(t, out, "no WebGPU adapter: requestAdapter() is null")
}
