//go:build !js

package headless

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// Uploads that goroutines of a Go program begin at once share chunks, and each arrives.
func TestGoBursts(t *testing.T) {
	serveGoTest(t, "./tests/headless/burstsprogram")
	p := browser.Open(t, goTestPath("", nil), browser.Timeout(4*time.Minute))
	p.Expect(browser.GPUError, `[Buffer "burst"] used in submit while destroyed`, "Buffer with 'burst' label has been destroyed")
	out := goTestOutput(t, p)
	require.Contains(t, out, "--- PASS: TestAnUploadIntoABufferOfNoUseFailsAlone")
}
