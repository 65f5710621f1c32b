//go:build !js

package bench

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

const readyWorkload = "ready"

// readyRounds are page loads; the warm ones begin with some that fill the caches, that of compiled code too.
var readyRounds = map[string]struct{ warmups, rounds int }{
	"smoke": {0, 1},
	"quick": {1, 2},
	"full":  {3, 15},
}

// ready measures the time from navigation to a device that the competitor can use. Hand-written JavaScript
// loads nothing: its time is that of the page and of the device, which is in all of them.
func (m *measurement) ready(cache string) results.Cell {
	cell := results.Cell{Workload: readyWorkload + ", " + cache, Unit: results.Milliseconds}
	fmt.Printf("measuring %s ...\n", cell.Workload)
	page := browser.Open(m.t, browser.Blank, browser.Timeout(cellTimeout))
	plan := readyRounds[m.plan]
	samples := map[string][]float64{}
	for round := range plan.warmups + plan.rounds {
		for _, c := range m.loaded() {
			if cache == "cold" {
				clearCache(m, page)
			}
			ms := loadOnce(page, c.Name)
			if round >= plan.warmups {
				samples[c.Name] = append(samples[c.Name], ms)
			}
		}
	}
	for _, c := range m.loaded() {
		r := results.Result{Competitor: c.Name}
		r.Summarize(samples[c.Name])
		cell.Results = append(cell.Results, r)
	}
	return cell
}

// loaded are the competitors that differ in what they load.
func (m *measurement) loaded() []results.Competitor {
	return slices.DeleteFunc(slices.Clone(m.run.Competitors), func(c results.Competitor) bool {
		return c.Name == results.OnePath || c.Name == results.PromiseEach
	})
}

func loadOnce(page *browser.Page, competitor string) float64 {
	page.Navigate("/bench/ready.html?competitor=" + url.QueryEscape(competitor))
	page.Wait("globalThis.ready !== undefined")
	return browser.Eval[float64](page, "ready")
}

func clearCache(m *measurement, page *browser.Page) {
	_, err := chromedp.Call(page.Context(), network.ClearBrowserCache, cdp.Empty{})
	require.NoError(m.t, err)
}
