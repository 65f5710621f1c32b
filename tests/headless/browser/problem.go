//go:build !js

package browser

import (
	"slices"
	"strings"
	"testing"
)

// A Kind says how a page reported a problem.
type Kind string

const (
	ConsoleError Kind = "console error" // console.error, a failed console.assert, a failed load
	Exception    Kind = "uncaught exception"
	GPUError     Kind = "uncaptured WebGPU error"
	DeviceLost   Kind = "device lost" // by any reason but GPUDevice.destroy
	Crash        Kind = "crash"
)

type problem struct {
	kind Kind
	text string
}

// An expectation takes every problem of its kind whose text contains one of its own.
type expectation struct {
	kind  Kind
	texts []string
	met   bool
}

// Expect announces problems of one kind whose text contains one of the given
// texts: browsers differ in their words. They don't fail the test; it fails if
// none of them comes. Expect may be called before or after they come.
func (p *Page) Expect(kind Kind, texts ...string) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.expected = append(p.watch.expected, expectation{kind: kind, texts: texts})
}

func (w *watch) expectNothing() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = nil
}

// judge fails the test for each problem that nobody expected, and for each
// expectation that was not met.
func (w *watch) judge(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.problems {
		if !w.meets(p) {
			t.Errorf("browser: %s: %s", p.kind, p.text)
		}
	}
	for _, e := range w.expected {
		if !e.met {
			t.Errorf("browser: expected %s did not come: %q", e.kind, strings.Join(e.texts, " or "))
		}
	}
}

func (w *watch) meets(p problem) bool {
	met := false
	for i := range w.expected {
		e := &w.expected[i]
		if e.kind == p.kind && slices.ContainsFunc(e.texts, func(text string) bool { return strings.Contains(p.text, text) }) {
			e.met, met = true, true
		}
	}
	return met
}
