//go:build !js

package headless

import (
	"flag"
	"fmt"
	"testing"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var (
	lossRounds = flag.Int("losses", 14, "how often devices are lost while they are used")
	lossSeed   = flag.Uint64("losses.seed", 1, "of the moments at which they are")
)

// Whenever a device is lost, each promise settles with a code, nothing is left, and the next device works.
func TestLosses(t *testing.T) {
	p := openLosses(t)
	p.Expect(browser.DeviceLost, "")
	losing := func(js string) string { return `import("/soak/losses.js").then((m) => m.` + js + `)` }
	browser.Eval[browser.Void](p, losing(fmt.Sprintf("start(%d)", *lossSeed)))
	for range *lossRounds {
		browser.Eval[browser.Void](p, losing("lose()"))
	}
	codes := browser.Eval[map[string]int](p, losing("finish()"))
	t.Logf("%d losses, and the codes of what was pending: %v", *lossRounds, codes)
}

// A thousand operations end with their device or their system: the log says how soon.
func TestAThousandPending(t *testing.T) {
	p := openLosses(t)
	for _, line := range browser.Eval[[]string](p, `import("/soak/pending.js").then((m) => m.aThousandPending())`) {
		t.Log(line)
	}
}

// openLosses opens a page that may stop and kill the GPU process, as often as it likes.
func openLosses(t *testing.T) *browser.Page {
	t.Helper()
	p := openSoak(t, "--disable-gpu-process-crash-limit", "--disable-domain-blocking-for-3d-apis")
	browser.Handle(t, "/gpu", gpuProcess{p.Context()})
	return p
}
