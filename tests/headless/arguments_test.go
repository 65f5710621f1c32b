//go:build !js

package headless

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var (
	argumentsSeed  = flag.Int("arguments.seed", 1, "from which malformed calls are chosen")
	argumentsCalls = flag.Int("arguments.calls", 1000, "how many calls are made of each kind that could go on for ever")
)

// No value given to anything that gpubuffers.d.ts declares ends the module, is taken for another, or is left behind:
// each that is refused is refused with a typed error, which names method and argument.
func TestModuleArguments(t *testing.T) {
	serveScripts(t, "module")
	p := browser.Open(t, browser.Blank, browser.Timeout(10*time.Minute))
	trial := browser.Eval[struct {
		Calls  map[string]int
		Faults []string
	}](p, fmt.Sprintf(`import("/module/arguments.js").then((m) => m.run(%d, %d))`, *argumentsSeed, *argumentsCalls))
	t.Logf("calls from seed %d: %v", *argumentsSeed, trial.Calls)
	for _, fault := range trial.Faults {
		t.Error(fault)
	}
	// A listener that throws is reported, like any other, and so is a mistake of the page's own.
	p.Expect(browser.Exception, "hostile")
	p.Expect(browser.Exception, "Class constructors cannot be invoked", "class constructors must be invoked with 'new'")
	p.Expect(browser.GPUError, noUsage...)
}

// The same of what lies beneath: the functions and exports of the module, on numbers and the browser's objects.
func TestModuleRawArguments(t *testing.T) {
	serveScripts(t, "module")
	p := browser.Open(t, browser.Blank, browser.Timeout(10*time.Minute))
	const share = 15 // of the calls of a kind: there are some seventy functions, and two pages
	calls := browser.Eval[int](p, fmt.Sprintf(`import("/module/rawcalls.js").then((m) => m.run(%d, %d))`, *argumentsSeed, *argumentsCalls/share))
	t.Logf("%d calls from seed %d", calls, *argumentsSeed)
}
