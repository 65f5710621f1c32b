//go:build !js

package bench

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/internal/webserver"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var (
	startRounds = flag.Int("start.rounds", 0, "how many rounds TestMeasureStart measures")
	startBeside = flag.String("start.beside", "", "folder like web with another build, to measure in the same rounds")
)

// starts are pages that only begin: each sets ready to the time since its navigation began.
var starts = []struct{ name, head, script string }{
	{"by hand", "", `const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
		await adapter.requestDevice();`},
	{"this project", "", openScript("/")},
	{"with preloads", preloads("/"), openScript("/")},
	{"beside", "", openScript("/beside/")},
	{"beside, with preloads", preloads("/beside/"), openScript("/beside/")},
}

func openScript(folder string) string {
	return `import { open } from "` + folder + `gpubuffers.js"; await open();`
}

// preloads are those of README.md.
func preloads(folder string) string {
	return `<link rel="modulepreload" href="` + folder + `gpubuffers.js">
		<link rel="preload" href="` + folder + `gpubuffers.wasm" as="fetch" type="application/wasm" crossorigin>`
}

// conditions are what a page may begin under.
var conditions = []struct {
	name    string
	warm    bool
	bits    float64 // a second; 0 is as fast as it goes
	latency time.Duration
	slower  float64 // the processor, for the page's main thread
}{
	{name: "cold"},
	{name: "warm", warm: true},
	{name: "cold, 9 Mbit/s, 170 ms", bits: 9e6, latency: 170 * time.Millisecond},
	{name: "the same, processor 4 times slower", bits: 9e6, latency: 170 * time.Millisecond, slower: 4},
	{name: "cold, 1.6 Mbit/s, 150 ms", bits: 1.6e6, latency: 150 * time.Millisecond},
}

// TestMeasureStart measures how long pages take from the navigation to a device, or a system on one, and judges nothing.
func TestMeasureStart(t *testing.T) {
	if *startRounds == 0 {
		t.Skip("-start.rounds=N measures")
	}
	pages := starts
	if *startBeside == "" {
		pages = pages[:3]
	} else {
		browser.Handle(t, "/beside/gpubuffers.js", http.StripPrefix("/beside", webserver.New(os.DirFS(*startBeside))))
		browser.Handle(t, "/beside/gpubuffers.wasm", http.StripPrefix("/beside", webserver.New(os.DirFS(*startBeside))))
	}
	header := "| |"
	for i, s := range pages {
		browser.HTML(t, startPath(i), `<!doctype html><title>start</title>`+s.head+`<script type="module">`+s.script+` globalThis.ready = performance.now();</script>`)
		header += " " + s.name + " |"
	}
	fmt.Println(header + "\n|---|" + strings.Repeat("---:|", len(pages)))
	page := browser.Open(t, browser.Blank, browser.Timeout(time.Hour))
	for _, c := range conditions {
		page.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			return throttle(ctx, target, c.bits, c.latency, c.slower)
		}))
		times := make([][]float64, len(pages))
		const warmups = 3 // fill the caches, that of compiled code too
		for round := range warmups + *startRounds {
			for _, i := range rand.Perm(len(pages)) {
				if !c.warm {
					_, err := chromedp.Call(page.Context(), network.ClearBrowserCache, cdp.Empty{})
					require.NoError(t, err)
				}
				page.Navigate(startPath(i))
				page.Wait("globalThis.ready !== undefined")
				if round >= warmups {
					times[i] = append(times[i], browser.Eval[float64](page, "ready"))
				}
			}
		}
		row := "| " + c.name + " |"
		for _, of := range times {
			slices.Sort(of)
			row += fmt.Sprintf(" %.2f s |", of[len(of)/2]/1000)
		}
		fmt.Println(row)
	}
}

func startPath(i int) string { return fmt.Sprintf("/start/%d", i) }

// throttle emulates a network and a processor.
func throttle(ctx context.Context, target *chromedp.Target, bits float64, latency time.Duration, slower float64) error {
	if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	through := -1.0
	if bits > 0 {
		through = bits / 8
	}
	_, err := cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: float64(latency.Milliseconds()), DownloadThroughput: through, UploadThroughput: through}},
	})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, target, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: max(slower, 1)})
	return err
}
