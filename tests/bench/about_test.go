//go:build !js

package bench

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// describe fills in what the run is of.
func (m *measurement) describe(page *browser.Page) {
	m.t.Helper()
	about := browser.Eval[struct {
		Adapter     results.Adapter
		Competitors []results.Competitor
		Absent      []results.Absent
	}](page, call("bench.about", map[string]string{"competitor": m.competitor}))
	version, err := chromedp.CallBrowser(page.Context(), cdpbrowser.GetVersion, cdp.Empty{})
	require.NoError(m.t, err)
	*m.run = results.Run{
		Date:        time.Now().UTC().Format(time.RFC3339),
		Commit:      commit(),
		Plan:        m.plan,
		Browser:     version.Product,
		Flags:       strings.Fields(os.Getenv("CHROME_GPU_FLAGS")),
		Driver:      *driverFlag,
		Adapter:     about.Adapter,
		Competitors: about.Competitors,
		Absent:      about.Absent,
		Seed:        newSeed(),
	}
}

// commit is what git says, or the flag where it says nothing: a host for measurements may have no git.
func commit() string {
	if *commitFlag != "" {
		return *commitFlag
	}
	return results.Commit()
}

// build brings page/dist up to date, where there is Go to do it.
func build(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		return
	}
	out, err := exec.Command("./build.sh").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Log(string(out))
}
