//go:build !js

package headless

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var waitsRounds = flag.Int("waits.rounds", 0, "how many rounds TestMeasureWaits measures")

// TestMeasureWaits measures what waits for the GPU beside programs by hand, and judges nothing.
func TestMeasureWaits(t *testing.T) {
	if *waitsRounds == 0 {
		t.Skip("make bench-firefox measures")
	}
	serveScripts(t, "waits")
	p := browser.Open(t, browser.Blank, browser.Timeout(20*time.Minute), browser.EvalTimeout(20*time.Minute))
	medians := browser.Eval[map[string][2]float64](p, fmt.Sprintf(`import("/waits/measure.js").then((m) => m.measure(%d))`, *waitsRounds))
	fmt.Println("| | this project | by hand | |\n|---|---:|---:|---:|")
	for _, work := range []struct{ name, text string }{
		{"map", "an idle map of 4 KiB"},
		{"read", "a read of 4 KiB"},
		{"reads", "64 reads of 4 KiB, scattered"},
		{"up", "64 MiB up, and a read of their end"},
		{"down", "64 MiB back"},
		{"frames", "five frames of 2.56 MB, one in flight"},
	} {
		m := medians[work.name]
		fmt.Printf("| %s | %.2f ms | %.2f ms | %.1f times |\n", work.text, m[0], m[1], m[1]/m[0])
	}
}
