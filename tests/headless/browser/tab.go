//go:build !js

package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A tab is what a page needs of its browser.
type tab interface {
	navigate(ctx context.Context, url string) error // until its load event
	beforeLoad(ctx context.Context, script string) error
	evaluate(ctx context.Context, js string) (json []byte, err error) // nothing for undefined
	setFiles(ctx context.Context, selector string, files []string) error
	click(ctx context.Context, selector string) error
	resize(ctx context.Context, width, height int) error                     // the viewport, in CSS pixels
	press(ctx context.Context, key string) error                             // a key of package kb's
	screenshot(ctx context.Context, selector string) (png []byte, err error) // of the viewport if it is empty
}

// chromeTab is the tab of a context of chromedp's.
type chromeTab struct{}

func (chromeTab) navigate(ctx context.Context, url string) error {
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func (chromeTab) beforeLoad(ctx context.Context, script string) error {
	return chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument,
			cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

func (chromeTab) evaluate(ctx context.Context, js string) ([]byte, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[[]byte](js, chromedp.EvalAwaitPromise))
}

func (chromeTab) setFiles(ctx context.Context, selector string, files []string) error {
	return chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

func (chromeTab) click(ctx context.Context, selector string) error {
	return chromedp.Do(ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

func (chromeTab) resize(ctx context.Context, width, height int) error {
	return chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height)))
}

func (chromeTab) press(ctx context.Context, key string) error {
	return chromedp.Do(ctx, chromedp.KeyEvent(key))
}

func (chromeTab) screenshot(ctx context.Context, selector string) ([]byte, error) {
	if selector == "" {
		return chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	return chromedp.Run(ctx, chromedp.Screenshot(chromedp.CSS(selector)))
}
