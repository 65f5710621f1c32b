//go:build !js

package headless

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
	"github.com/gpubuffers/gpubuffers/tests/soak"
)

var (
	soakFrames = flag.Int("soak.frames", 1_500, "how many frames a soak has")
	soakSeed   = flag.Uint64("soak.seed", 1, "of what a soak draws")
	soakOut    = flag.String("soak.out", "", "file for what a soak has seen")
)

// Frames of everything leave nothing behind, whatever goes wrong in them.
func TestSoak(t *testing.T) {
	run := soakInChrome(t, *soakFrames, false)
	if *soakOut != "" {
		require.NoError(t, run.Write(*soakOut))
	}
	t.Log(run)
	require.Empty(t, run.Grown())
}

// TestSoakFindsLeaks leaves something behind, once in a hundred frames.
func TestSoakFindsLeaks(t *testing.T) {
	grown := fmt.Sprint(soakInChrome(t, 2_400, true).Grown())
	for _, name := range []string{"JavaScript's heap KiB", "JavaScript's objects but Go's", "values of Go", "GPU buffers", "objects", "budget KiB"} {
		require.Contains(t, grown, name+":")
	}
}

// soakInChrome performs frames. Series are those of measure in soak.js, and JavaScript's heap.
func soakInChrome(t *testing.T, frames int, leaking bool) *soak.Run {
	t.Helper()
	p := openSoak(t)
	run := soak.NewRun("Chrome", *soakSeed, frames, []soak.Series{
		{Name: "JavaScript's heap KiB", Noise: 256}, {Name: "JavaScript's objects but Go's", Noise: noise(frames, 400, 64)},
		{Name: "module's memory KiB", Noise: noise(frames, 64<<10, 512)}, {Name: "values of Go", Noise: noise(frames, 400, 200)},
		{Name: "GPU buffers"}, {Name: "objects"}, {Name: "budget KiB"}, {Name: "held KiB"}, {Name: "maps pending"}, {Name: "frames in flight"}})
	start := time.Now()
	soaking := func(js string) string { return `import("/soak/soak.js").then((m) => m.` + js + `)` }
	browser.Eval[browser.Void](p, soaking(fmt.Sprintf("start(%d, %v)", *soakSeed, leaking)))
	for range run.Samples() {
		browser.Eval[browser.Void](p, soaking(fmt.Sprintf("run(%d)", run.Every)))
		measured := browser.Eval[[]float64](p, soaking("measure()"))
		kib, objects := heapOf(t, p)
		values := measured[1]
		run.Sample(append([]float64{kib, objects - values}, measured...)...)
	}
	run.Counts = browser.Eval[map[string]int](p, soaking("finish()"))
	run.Took = time.Since(start)
	return run
}

// noise is more in a short run. Go's heap finds its size in the first thousands of frames, by steps of 4 MiB and more (12.5
// MiB was seen), and the objects of a system that has ended, and what Go has of them, are some hundred until they are
// collected.
func noise(frames int, short, long float64) float64 {
	if frames < 20_000 {
		return short
	}
	return long
}

// openSoak opens a page of a browser of its own, whose heap is no other page's.
func openSoak(t *testing.T, flags ...string) *browser.Page {
	t.Helper()
	serveScripts(t, "module", "gates", "soak")
	return browser.Open(t, browser.Blank, browser.Own(flags...), browser.Timeout(time.Hour))
}

// heapOf is what JavaScript has without garbage: KiB, and objects.
func heapOf(t *testing.T, p *browser.Page) (kib, objects float64) {
	t.Helper()
	objects = countObjects(t, p)
	call(t, p, heapprofiler.CollectGarbage, cdp.Empty{})
	return call(t, p, runtime.GetHeapUsage, cdp.Empty{}).UsedSize / 1024, objects
}

func countObjects(t *testing.T, p *browser.Page) float64 {
	t.Helper()
	const group = "soak"
	all := call(t, p, runtime.Evaluate, runtime.EvaluateParams{Expression: "Object.prototype", ObjectGroup: group}).Result
	found := call(t, p, runtime.QueryObjects, runtime.QueryObjectsParams{PrototypeObjectID: all.ObjectID, ObjectGroup: group})
	call(t, p, runtime.ReleaseObjectGroup, runtime.ReleaseObjectGroupParams{ObjectGroup: group})
	var n float64
	_, err := fmt.Sscanf(found.Objects.Description, "Array(%g)", &n)
	require.NoError(t, err)
	return n
}

func call[P, R any](t *testing.T, p *browser.Page, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(p.Context(), command, params)
	require.NoError(t, err)
	return result
}
