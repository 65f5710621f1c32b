//go:build !js

package browser_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestMain(m *testing.M) {
	os.Exit(browser.Main(m))
}

// illegalUsage is a validation error that no error scope takes.
const illegalUsage = `(async () => {
	const adapter = await navigator.gpu.requestAdapter();
	globalThis.device = await adapter.requestDevice();
	device.createBuffer({ label: "wrong", size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.VERTEX });
})()`

const lateException = `void setTimeout(() => { throw new RangeError("late") }, 0)`

var problems = []struct {
	name string
	kind browser.Kind
	js   string
	text string
}{
	{"console error", browser.ConsoleError, `console.error("bad %s", "news")`, "bad news"},
	{"console assert", browser.ConsoleError, `console.assert(1 > 2, "order")`, "order"},
	{"failed load", browser.ConsoleError, `fetch("/missing.png").then(() => {})`, "404"},
	{"exception", browser.Exception, lateException, "RangeError: late"},
	{"rejection", browser.Exception, `void Promise.reject(new TypeError("nobody"))`, "TypeError: nobody"},
	{"validation error", browser.GPUError, illegalUsage, "GPUValidationError"},
}

func TestProblemsFail(t *testing.T) {
	for _, c := range problems {
		t.Run(c.name, func(t *testing.T) {
			tr := attempt(t, func(t testing.TB) {
				p := browser.Open(t, browser.Blank)
				browser.Eval[browser.Void](p, c.js)
			})
			require.True(t, tr.failed, "the problem passed unseen: %s", tr.logs.String())
			require.Contains(t, tr.errors.String(), string(c.kind))
			require.Contains(t, tr.errors.String(), c.text)
			require.True(t, tr.pictured)
		})
	}
}

func TestExpectedProblemsPass(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	for _, c := range problems {
		p.Expect(c.kind, c.text)
		browser.Eval[browser.Void](p, c.js)
	}
}

func TestUnmetExpectationFails(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank)
		p.Expect(browser.GPUError, "never")
		browser.Eval[browser.Void](p, `console.error("another kind: never")`)
		p.Expect(browser.ConsoleError, "another kind")
	})
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), `expected uncaptured WebGPU error did not come: "never"`)
	require.NotContains(t, tr.errors.String(), "another kind")
}

func TestProblemsOfALeftDocumentFail(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank)
		browser.Eval[browser.Void](p, illegalUsage)
		p.Navigate(browser.Blank)
	})
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), "GPUValidationError")
}

func TestGoodPagePasses(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank)
		browser.Eval[browser.Void](p, `console.log("hello"), console.warn("careful")`)
		browser.Eval[browser.Void](p, `(async () => {
			const device = await (await navigator.gpu.requestAdapter()).requestDevice();
			device.pushErrorScope("validation");
			device.createBuffer({ size: 16, usage: 0 });
			if (!await device.popErrorScope()) throw new Error("no error in the scope");
			device.destroy();
			await device.lost;
		})()`)
	})
	require.False(t, tr.failed, tr.errors.String())
	require.Contains(t, tr.logs.String(), "page log: hello")
	require.Contains(t, tr.logs.String(), "page warning: careful")
}

func TestRendererCrashEndsTheTest(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank)
		p.Crash()
		browser.Eval[int](p, `new Promise(() => {})`)
	})
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), `evaluate "new Promise(() => {})": the page's renderer crashed`)
	require.Contains(t, tr.errors.String(), "crash: the page's renderer crashed")

	browser.Eval[int](browser.Open(t, browser.Blank), "1") // the browser lives
}

func TestPageEndsAtItsDeadline(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank, browser.Timeout(2*time.Second))
		p.Wait(`globalThis.never`)
	})
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), "deadline exceeded")
}

func TestAnEvaluationThatHangsIsNamed(t *testing.T) {
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank, browser.EvalTimeout(time.Second))
		browser.Eval[browser.Void](p, `new Promise(() => {})`)
	})
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), `"new Promise(() => {})": not done after 1s`)
}

func TestLostDeviceFails(t *testing.T) {
	lose := func(t testing.TB) *browser.Page {
		p := browser.Open(t, browser.Blank, browser.Own())
		browser.Eval[browser.Void](p, `(async () => {
			globalThis.device = await (await navigator.gpu.requestAdapter()).requestDevice();
		})()`)
		p.CrashGPU()
		browser.Eval[browser.Void](p, `device.lost.then(() => {})`)
		return p
	}
	tr := attempt(t, func(t testing.TB) { lose(t) })
	require.True(t, tr.failed)
	require.Contains(t, tr.errors.String(), "device lost")

	lose(t).Expect(browser.DeviceLost, "")
}
