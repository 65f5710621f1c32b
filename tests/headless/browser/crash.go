//go:build !js

package browser

import (
	"context"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// crashTimeout bounds the wait for a crash that was asked for.
const crashTimeout = 10 * time.Second

// Crash ends the page's renderer process and returns when the browser has
// said so. Nothing answers on the page afterwards.
func (p *Page) Crash() {
	p.t.Helper()
	p.needsChrome("a renderer that crashes when told")
	go chromedp.Call(p.life, cdppage.Crash, cdp.Empty{}) // is never answered
	select {
	case <-p.life.Done():
	case <-time.After(crashTimeout):
		p.fatal("crash the renderer", context.DeadlineExceeded)
	}
}

// CrashGPU ends the browser's GPU process, and so every device of every page:
// open the page by [Own]. Chrome starts another GPU process by itself.
func (p *Page) CrashGPU() {
	p.t.Helper()
	p.needsChrome("a GPU process that crashes when told")
	if _, err := chromedp.CallBrowser(p.ctx, cdpbrowser.CrashGPUProcess, cdp.Empty{}); err != nil {
		p.fatal("crash the GPU process", err)
	}
}
