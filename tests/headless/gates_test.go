//go:build !js

package headless

import (
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestGatesOfGo(t *testing.T) {
	serveGoTest(t, "./tests/headless/gatesprogram")
	p := browser.Open(t, goTestPath("", nil), browser.Timeout(4*time.Minute))
	t.Log(goTestOutput(t, p))
}
