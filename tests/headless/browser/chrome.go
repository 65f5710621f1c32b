//go:build !js

package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

const (
	adapterTimeout = 60 * time.Second // for the first answer of a browser that just started
	closeTimeout   = 10 * time.Second
)

// chrome is a running browser whose WebGPU has an adapter.
type chrome struct {
	ctx         context.Context // of the first tab: it ends with the browser
	stop        func()          // ends the browser and removes its profile
	description string          // product and adapter
}

// startChrome starts a browser with further command-line flags. Its first tab
// stays on the server's blank page.
func startChrome(server string, flags []string) (*chrome, error) {
	path, err := findChrome()
	if err != nil {
		return nil, err
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), allocatorOptions(path, flags)...)
	ctx, cancel := chromedp.NewContext(allocator)
	c := &chrome{ctx: ctx, stop: func() {
		closeBrowser(ctx)
		cancel()
		release()
	}}

	// NOTE: the browser lives as long as the context of the first call, so
	// this one has no deadline.
	if err := chromedp.Do(ctx); err != nil {
		c.stop()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	if c.description, err = c.probe(server + blankPath); err != nil {
		c.stop()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// closeBrowser lets the browser end by itself: one that is killed leaves
// files in the temporary folder.
func closeBrowser(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	chromedp.Cancel(ctx)
}

const adapterScript = `(async () => {
	if (!navigator.gpu) return { missing: "navigator.gpu is undefined" };
	const adapter = await navigator.gpu.requestAdapter();
	if (!adapter) return { missing: "requestAdapter() is null" };
	const { vendor, architecture, device, description } = adapter.info;
	return { name: [vendor, architecture, device, description].filter(Boolean).join(" ") };
})()`

// probe returns the product and the adapter, or why there is no adapter.
func (c *chrome) probe(blank string) (string, error) {
	ctx, cancel := context.WithTimeout(c.ctx, adapterTimeout)
	defer cancel()
	version, err := chromedp.CallBrowser(ctx, cdpbrowser.GetVersion, cdp.Empty{})
	if err != nil {
		return "", err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(blank)); err != nil {
		return "", err
	}
	adapter, err := chromedp.Run(ctx, chromedp.Evaluate[struct{ Missing, Name string }](adapterScript, chromedp.EvalAwaitPromise))
	switch {
	case err != nil:
		return "", fmt.Errorf("request a WebGPU adapter: %w", err)
	case adapter.Missing != "":
		return "", errors.New("no WebGPU adapter: " + adapter.Missing)
	}
	return version.Product + ", adapter " + strings.TrimSpace(adapter.Name), nil
}
