//go:build !js

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
	value, err := p.tab.evaluate(ctx, js)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		var none T
		return none, err
	}
	return decode[T](value)
}

// decode takes no value at all for Void, or for what can be nil.
func decode[T any](value []byte) (v T, err error) {
	if _, ok := any(v).(Void); ok {
		return v, nil
	}
	if len(value) == 0 || string(value) == "null" {
		switch reflect.TypeFor[T]().Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice:
			return v, nil
		}
		return v, errors.New("the expression gives no value")
	}
	return v, json.Unmarshal(value, &v)
}

// Do runs steps of chromedp, such as chromedp.Click, on the page.
func (p *Page) Do(steps ...chromedp.Action[Void]) {
	p.t.Helper()
	p.needsChrome("the protocol of Chrome's DevTools")
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.fatal("run a step", err)
	}
}

// Click clicks on the first element that the selector names.
func (p *Page) Click(selector string) {
	p.t.Helper()
	if err := p.tab.click(p.ctx, selector); err != nil {
		p.fatal("click on "+selector, err)
	}
}

// Press presses a key of package kb's on the first element that the selector names.
func (p *Page) Press(selector, key string) {
	p.t.Helper()
	Eval[Void](p, fmt.Sprintf("document.querySelector(%q).focus()", selector))
	if err := p.tab.press(p.ctx, key); err != nil {
		p.fatal("press a key on "+selector, err)
	}
}

// Resize gives the viewport a size in CSS pixels.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	if err := p.tab.resize(p.ctx, width, height); err != nil {
		p.fatal("resize the viewport", err)
	}
}

// SetFiles gives files to the input that the selector names.
func (p *Page) SetFiles(selector string, files ...string) {
	p.t.Helper()
	if err := p.tab.setFiles(p.ctx, selector, files); err != nil {
		p.fatal("give files to "+selector, err)
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
