//go:build !js

package headless

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// drawnAlike is how far a picture may be from its golden image: rasterizers place edges differently (1.1 % of the
// pixels of 100,000 cubes on an NVIDIA H100).
var drawnAlike = browser.Tolerance{Channel: 12, Share: 0.015}

// exampleTime is plenty: the machine may be busy, and its GPU its processor.
var exampleTime = browser.Timeout(4 * time.Minute)

// openExample opens an example's page and waits until it has come to the state.
func openExample(t *testing.T, path, state string) *browser.Page {
	t.Helper()
	p := browser.Open(t, "/examples/"+path, exampleTime)
	waitForState(t, p, state)
	return p
}

// waitForState ends the test where the example comes to another end.
func waitForState(t *testing.T, p *browser.Page, state string) {
	t.Helper()
	p.Wait(`["failed", "unsupported", "` + state + `"].includes(document.documentElement.dataset.state)`)
	shown := browser.Eval[[]string](p, `[document.documentElement.dataset.state, document.getElementById("error").textContent]`)
	require.Equal(t, state, shown[0], shown[1])
	nextFrames(p)
}

// nextFrames waits until the browser shows what is drawn.
func nextFrames(p *browser.Page) {
	browser.Eval[browser.Void](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))`)
}

func isShown(p *browser.Page, selector string) bool {
	return browser.Eval[bool](p, `document.querySelector("`+selector+`").checkVisibility()`)
}

func textOf(p *browser.Page, selector string) string {
	return browser.Eval[string](p, `document.querySelector("`+selector+`").textContent`)
}

func TestExamplesDrawTheirGoldenImages(t *testing.T) {
	for _, c := range []struct{ golden, page string }{
		{"example-triangle", "triangle.html"},
		{"example-stresstest", "stresstest.html?frame=120"},
		{"example-stresstest-100000", "stresstest.html?frame=240&instances=100000"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			p := openExample(t, c.page, "drawn")
			p.Golden(c.golden, "#canvas", drawnAlike)
		})
	}
}

func TestExamplesShowTheirSource(t *testing.T) {
	for _, name := range []string{"triangle", "stresstest"} {
		t.Run(name, func(t *testing.T) {
			p := openExample(t, name+".html?frame=0", "drawn")
			files := browser.Eval[int](p, `document.querySelectorAll("#files button").length`)
			require.NotZero(t, files)
			for i := range files {
				browser.Eval[browser.Void](p, `document.getElementById("code").replaceChildren(),
					document.querySelectorAll("#files button")[`+strconv.Itoa(i)+`].click()`)
				p.Wait(`document.getElementById("code").textContent.includes("package main")`)
			}
		})
	}
}

// An example that the user leaves destroys what it made, and nothing complains.
func TestExamplesEndWithTheirPage(t *testing.T) {
	for name, drew := range map[string]string{
		"triangle":   `document.documentElement.dataset.state === "drawn"`,
		"stresstest": `Number(document.getElementById("frames").textContent) > 0`,
	} {
		t.Run(name, func(t *testing.T) {
			p := browser.Open(t, browser.Blank, exampleTime)
			p.BeforeLoad(`
				const { destroy } = GPUDevice.prototype;
				GPUDevice.prototype.destroy = function () { globalThis.devicesDestroyed = (globalThis.devicesDestroyed ?? 0) + 1; return destroy.call(this); };`)
			p.Navigate("/examples/" + name + ".html")
			p.Wait(drew)
			browser.Eval[browser.Void](p, `void dispatchEvent(new PageTransitionEvent("pagehide"))`)
			waitForState(t, p, "ended")
			require.Equal(t, 1, browser.Eval[int](p, `devicesDestroyed`))
		})
	}
}

func TestExamplesSayWhatToDoWithoutWebGPU(t *testing.T) {
	for name, without := range map[string]string{
		"no navigator.gpu": `Object.defineProperty(Navigator.prototype, "gpu", { value: undefined });`,
		"no adapter":       `GPU.prototype.requestAdapter = async () => null;`,
	} {
		t.Run(name, func(t *testing.T) {
			p := browser.Open(t, browser.Blank, exampleTime)
			p.BeforeLoad(without)
			p.Navigate("/examples/triangle.html")
			waitForState(t, p, "unsupported")
			require.True(t, isShown(p, ".advice"))
			require.False(t, isShown(p, "#canvas"))
		})
	}
}

// What WebGPU refuses after the call that caused it ends the example, and is shown.
func TestExamplesShowLateErrors(t *testing.T) {
	p := browser.Open(t, browser.Blank, exampleTime)
	p.BeforeLoad(`
		const { draw } = GPURenderPassEncoder.prototype;
		GPURenderPassEncoder.prototype.draw = function (...args) { this.setVertexBuffer(99, null); return draw.apply(this, args); };`)
	p.Expect(browser.GPUError, "")
	p.Navigate("/examples/stresstest.html")
	waitForState(t, p, "failed")
	require.True(t, isShown(p, ".failure"))
	require.NotEmpty(t, textOf(p, "#error"))
}

func TestExamplesAreListed(t *testing.T) {
	p := browser.Open(t, "/examples/", exampleTime)
	p.Wait(`[...document.querySelectorAll("iframe")].every((f) => f.contentDocument?.documentElement?.dataset.state === "drawn")`)
	links := browser.Eval[[]string](p, `[...document.querySelectorAll("a.entry")].map((a) => a.getAttribute("href"))`)
	require.Equal(t, []string{"triangle.html", "stresstest.html"}, links)
}

// number reads one of the numbers that the stress test shows.
func number(t *testing.T, p *browser.Page, id string) int {
	t.Helper()
	digits, _, _ := strings.Cut(strings.ReplaceAll(textOf(p, "#"+id), ",", ""), " ")
	n, err := strconv.Atoi(digits)
	require.NoError(t, err, id)
	return n
}

// waitForFrames waits until the stress test has drawn n more frames.
func waitForFrames(t *testing.T, p *browser.Page, n int) {
	t.Helper()
	const frames = `Number(document.getElementById("frames").textContent.replaceAll(",", ""))`
	p.Wait(frames + ` > 0`)
	p.Wait(frames + ` >= ` + strconv.Itoa(number(t, p, "frames")+n))
}

func TestExampleStressTestMakesNothingOnceItRuns(t *testing.T) {
	const petals, petalBytes = 1_000, 32
	p := openExample(t, "stresstest.html?flatout=1&instances=1000", "running")
	waitForFrames(t, p, 150)
	made := func() map[string]int {
		m := map[string]int{}
		for _, id := range []string{"buffers", "chunks", "slots", "dynamic-bytes"} {
			m[id] = number(t, p, id)
		}
		return m
	}
	before, up, drawn := made(), number(t, p, "bytes-up"), number(t, p, "frames")
	require.NotZero(t, before["buffers"])
	require.NotZero(t, before["dynamic-bytes"])
	waitForFrames(t, p, 300)
	require.Equal(t, before, made())
	up, drawn = number(t, p, "bytes-up")-up, number(t, p, "frames")-drawn
	require.GreaterOrEqual(t, up+1, drawn*petals*petalBytes>>20, "MiB of new data in %d frames", drawn)
}

func TestExampleStressTestTakesAHundredThousand(t *testing.T) {
	p := openExample(t, "stresstest.html", "running")
	waitForFrames(t, p, 1)
	require.Equal(t, 10_000, number(t, p, "instances"))
	require.Equal(t, 100_000, browser.Eval[int](p, `(() => {
		const slider = document.getElementById("count");
		slider.value = slider.max;
		slider.dispatchEvent(new Event("input"));
		return slider.valueAsNumber;
	})()`))
	p.Wait(`document.getElementById("instances").textContent === "100,000"`)
	waitForFrames(t, p, 3)
	require.Equal(t, "running", browser.Eval[string](p, `document.documentElement.dataset.state`))
	require.Equal(t, 100_000*32, number(t, p, "frame-bytes"))
}
