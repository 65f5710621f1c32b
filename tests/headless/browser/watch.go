//go:build !js

package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/chromedp"
)

// mark begins the messages of inject.js and of drain. It starts with an
// invisible separator, which no page writes by chance.
const mark = "\u2063gpubuffers-test"

var errCrashed = errors.New("the page's renderer crashed")

// watch follows what a tab reports, from before its first document.
type watch struct {
	done   chan struct{} // closed when nothing more is read
	faulty bool          // see Faulty

	mu       sync.Mutex
	problems []problem
	expected []expectation
	drained  chan string // tokens of drain, in the order of the messages
}

func newWatch(faulty bool) *watch {
	return &watch{done: make(chan struct{}), faulty: faulty, drained: make(chan string, 16)}
}

// follow takes what a tab of Chrome reports.
func (w *watch) follow(tab context.Context, crash context.CancelCauseFunc, t testing.TB) {
	messages := chromedp.Console(tab)
	chromedp.Listen(tab, func(event any) {
		if _, ok := event.(*inspector.EventTargetCrashed); ok {
			w.add(Crash, errCrashed.Error())
			crash(errCrashed)
		}
	})
	go func() {
		defer close(w.done)
		for m, err := range messages {
			if err != nil {
				return
			}
			w.message(t, m)
		}
	}()
}

func (w *watch) message(t testing.TB, m chromedp.ConsoleMessage) {
	if report, ok := strings.CutPrefix(m.Text, mark+" "); ok {
		w.report(t, report)
		return
	}
	if w.faulty && m.Type == "warning" {
		return
	}
	text := m.Text
	if m.URL != "" {
		text += fmt.Sprintf(" (%s:%d)", m.URL, m.Line+1)
	}
	t.Logf("page %s: %s", m.Type, text)
	switch m.Type {
	case chromedp.ConsoleError, "assert":
		w.add(ConsoleError, text)
	case chromedp.ConsoleException:
		w.add(Exception, text)
	}
}

// report takes a message of inject.js or of drain: a word and its text.
func (w *watch) report(t testing.TB, report string) {
	word, text, _ := strings.Cut(report, " ")
	switch word {
	case "gpu":
		if w.faulty {
			return
		}
		t.Logf("page: uncaptured %s", text)
		w.add(GPUError, text)
	case "lost":
		t.Logf("page: device lost: %s", text)
		w.add(DeviceLost, text)
	case "drained":
		select {
		case w.drained <- text:
		default: // nobody waits any more for the tokens that fill it
		}
	}
}

func (w *watch) add(kind Kind, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, problem{kind, text})
}

var drains atomic.Int64

// drain waits until the document has reported all that its work so far led
// to. A page that crashed has nothing more to report.
func (p *Page) drain() error {
	if p.life.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.life, verdictTimeout)
	defer cancel()
	token := fmt.Sprint(drains.Add(1))
	script := fmt.Sprintf(`(async () => {
		await globalThis[Symbol.for(%q)]?.();
		console.debug(%q, "drained", %q);
	})()`, mark, mark, token)
	_, err := p.tab.evaluate(ctx, script)
	if err == nil {
		err = p.watch.reached(ctx, token)
	}
	if p.life.Err() != nil {
		return nil
	}
	return err
}

// reached waits for the token in the stream of messages.
func (w *watch) reached(ctx context.Context, token string) error {
	for {
		select {
		case got := <-w.drained:
			if got == token {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
