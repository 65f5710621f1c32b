//go:build !js

package headless

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func notice(p *browser.Page) string {
	return browser.Eval[string](p, `(() => {
		const { hidden, innerText } = document.getElementById("notice");
		return hidden ? "" : innerText;
	})()`)
}

func TestPageWithoutWebGPU(t *testing.T) {
	for _, c := range []struct {
		name, script string
		says         []string
	}{
		{"no API", `delete Navigator.prototype.gpu`, []string{"This browser has no WebGPU", "Chrome", "Safari", "Firefox", "--enable-unsafe-webgpu"}},
		{"no adapter", `if (navigator.gpu) GPU.prototype.requestAdapter = async () => null`, []string{"no GPU answers", "chrome://gpu"}},
		{"no device", `if (navigator.gpu) GPUAdapter.prototype.requestDevice = async () => { throw new DOMException("none left", "OperationError") }`,
			[]string{"The device could not be opened", "none left"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := browser.Open(t, browser.Blank)
			p.BeforeLoad(c.script)
			p.Navigate("/index.html")
			p.Wait(`document.documentElement.dataset.device === "missing"`)
			for _, words := range c.says {
				require.Contains(t, notice(p), words)
			}
			require.False(t, browser.Eval[bool](p, `document.querySelector("main").checkVisibility()`))
			p.Screenshot("page-" + c.name)
		})
	}
}

func testLostDevice(t *testing.T, p *browser.Page) {
	browser.NotInFirefox(t, "it animates no frames once a device was destroyed that had drawn on canvases")
	browser.Eval[browser.Void](p, `gpu.device.destroy()`)
	reopen(t, p)
}

func TestPageOpensACrashedDeviceAgain(t *testing.T) {
	p := openPage(t, "?still", browser.Own("--disable-domain-blocking-for-3d-apis", "--disable-gpu-process-crash-limit"))
	p.Expect(browser.DeviceLost, "")
	p.CrashGPU()
	reopen(t, p)
}

func reopen(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Wait(`document.documentElement.dataset.device === "lost"`)
	require.Contains(t, notice(p), "The GPU device was lost")
	p.Click("#notice button")
	p.Wait(`document.documentElement.dataset.device !== "lost"`)
	verifyCards(t, p)
	require.Empty(t, notice(p))
}

func TestPageStandsStillWhereAsked(t *testing.T) {
	p := browser.Open(t, browser.Blank)
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
	p.Navigate("/index.html")
	require.Equal(t, "true", browser.Eval[string](p, `document.getElementById("motion").ariaPressed`))
}
