//go:build !js

package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// Eval evaluates a JavaScript expression in the page, waits for the promise
// it may give, and decodes the value as JSON. An error ends the test.
//
// Use [Void] as T for an expression without a value. An expression that
// awaits is written as (async () => { ... })().
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	v, err := TryEval[T](p, js)
	if err != nil {
		p.fatal("evaluate "+shorten(js), err)
	}
	return v
}

// Void is the type of no value.
type Void = chromedp.Void

// TryEval is Eval for an expression that may throw or reject: the error then
// names what was thrown.
func TryEval[T any](p *Page, js string) (T, error) {
	ctx, cancel := context.WithTimeoutCause(p.ctx, p.evalTimeout, fmt.Errorf("not done after %v", p.evalTimeout))
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return v, err
}

// Do runs steps of chromedp, such as chromedp.Click, on the page.
func (p *Page) Do(steps ...chromedp.Action[Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.fatal("run a step", err)
	}
}

const pollInterval = 20 * time.Millisecond

// Wait evaluates a JavaScript expression until it, or the promise it gives,
// is truthy.
func (p *Page) Wait(js string) {
	p.t.Helper()
	truthy := "Promise.resolve(" + js + ").then(Boolean)"
	for !Eval[bool](p, truthy) {
		select {
		case <-time.After(pollInterval):
		case <-p.ctx.Done():
			p.fatal("wait for "+shorten(js), p.ctx.Err())
		}
	}
}

func shorten(js string) string {
	const most = 120
	if len(js) > most {
		return fmt.Sprintf("%q...", js[:most])
	}
	return fmt.Sprintf("%q", js)
}
