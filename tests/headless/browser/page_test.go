//go:build !js

package browser_test

import (
	"flag"
	"image/color"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestEval(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	require.Equal(t, 3, browser.Eval[int](p, "1 + 2"))
	require.Equal(t, []string{"a", "b"}, browser.Eval[[]string](p, `Promise.resolve(["a", "b"])`))
	require.Equal(t, struct{ Size float64 }{7}, browser.Eval[struct{ Size float64 }](p, `({ Size: 7 })`))

	_, err := browser.TryEval[int](p, `Promise.reject(new RangeError("too far"))`)
	require.ErrorContains(t, err, "RangeError: too far")
	_, err = browser.TryEval[int](p, `(() => { throw new TypeError("wrong") })()`)
	require.ErrorContains(t, err, "TypeError: wrong")
}

func TestEvalErrorEndsTheTest(t *testing.T) {
	reached := false
	tr := attempt(t, func(t testing.TB) {
		browser.Eval[int](browser.Open(t, browser.Blank), "nothing.here")
		reached = true
	})
	require.True(t, tr.failed)
	require.False(t, reached)
	require.Contains(t, tr.errors.String(), "ReferenceError: nothing is not defined")
}

func TestWait(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	browser.Eval[browser.Void](p, `void setTimeout(() => { globalThis.ready = true }, 50)`)
	p.Wait(`globalThis.ready`)
	require.True(t, browser.Eval[bool](p, "ready"))
}

func TestPagesAreIsolated(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	require.True(t, browser.Eval[bool](p, "crossOriginIsolated && isSecureContext"))
}

func TestHandleAddsAPage(t *testing.T) {
	browser.HTML(t, "/added.html", `<!doctype html><title>added</title><script type="module" src="/added.js"></script>`)
	browser.Handle(t, "/added.js", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write([]byte(`globalThis.answer = 42`))
	}))
	p := browser.Open(t, "/added.html")
	p.Wait(`globalThis.answer === 42`)
	require.Equal(t, "added", browser.Eval[string](p, "document.title"))
}

func TestWebGL2IsThere(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	require.True(t, browser.Eval[bool](p, `!!document.createElement("canvas").getContext("webgl2")`))
}

// painted draws orange by WebGPU on a canvas with a blue border.
const painted = `<!doctype html><style>body { margin: 0 } canvas { border: 8px solid blue; margin: 16px }</style>
<canvas width="64" height="48"></canvas>
<script type="module">
	const device = await (await navigator.gpu.requestAdapter()).requestDevice();
	const context = document.querySelector("canvas").getContext("webgpu");
	context.configure({ device, format: "rgba8unorm" });
	const frame = () => {
		const encoder = device.createCommandEncoder();
		encoder.beginRenderPass({ colorAttachments: [{
			view: context.getCurrentTexture().createView(),
			clearValue: [1, 0.5, 0, 1], loadOp: "clear", storeOp: "store",
		}] }).end();
		device.queue.submit([encoder.finish()]);
	};
	frame();
	await device.queue.onSubmittedWorkDone();
	await new Promise(requestAnimationFrame);
	await new Promise(requestAnimationFrame);
	globalThis.painted = true;
</script>`

func TestScreenshotShowsWebGPU(t *testing.T) {
	browser.HTML(t, "/painted.html", painted)
	p := browser.Open(t, "/painted.html")
	p.Wait("globalThis.painted")
	name := "screenshot-shows-webgpu"
	img := p.Screenshot(name)
	require.Equal(t, color.RGBA{0, 0, 255, 255}, color.RGBAModel.Convert(img.At(20, 20)))
	r, g, b, _ := img.At(50, 40).RGBA()
	require.InDelta(t, 255, r>>8, 1)
	require.InDelta(t, 128, g>>8, 1)
	require.InDelta(t, 0, b>>8, 1)
	require.FileExists(t, filepath.Join("..", "artifacts", name+".png"))
	require.NoError(t, os.Remove(filepath.Join("..", "artifacts", name+".png")))
}

func TestGolden(t *testing.T) {
	browser.HTML(t, "/painted.html", painted)
	p := browser.Open(t, "/painted.html")
	p.Wait("globalThis.painted")
	p.Golden("harness-painted", "canvas", browser.Tolerance{Channel: 2})
}

func TestGoldenDiffers(t *testing.T) {
	if flag.Lookup("update").Value.String() == "true" {
		t.Skip("-update would make the wrong picture the golden one")
	}
	tr := attempt(t, func(t testing.TB) {
		p := browser.Open(t, browser.Blank)
		browser.Eval[browser.Void](p, `void (document.body.innerHTML = "<canvas width=80 height=64 style='background: red'></canvas>")`)
		p.Golden("harness-painted", "canvas", browser.Tolerance{Channel: 2, Share: 0.01})
	})
	require.True(t, tr.failed, "a red canvas passed for an orange one")
	require.Contains(t, tr.errors.String(), `golden image "harness-painted"`)
	for _, suffix := range []string{"actual", "diff"} {
		path := filepath.Join("..", "artifacts", "harness-painted."+suffix+".png")
		require.FileExists(t, path)
		require.NoError(t, os.Remove(path))
	}
}
