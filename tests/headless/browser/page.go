//go:build !js

package browser

import (
	"context"
	_ "embed"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	defaultTimeout     = 2 * time.Minute
	defaultEvalTimeout = 5 * time.Minute
	verdictTimeout     = 30 * time.Second // to drain the GPU's queue, and for a screenshot
)

// A Page is one tab, of one test, used by the test's goroutine only.
//
// Every method that meets an error ends the test.
type Page struct {
	t   testing.TB
	tab context.Context // ends when the page closes or its renderer crashes
	ctx context.Context // tab, with the test's deadline

	evalTimeout time.Duration

	close func()
	watch *watch
}

//go:embed inject.js
var injected string

// Open opens a path of the test server, such as "/index.html", in a new tab
// and waits for its load event. When the test ends, the page gives its
// verdict (see the package documentation) and closes.
func Open(t testing.TB, path string, options ...Option) *Page {
	t.Helper()
	p := open(t, options)
	p.Navigate(path)
	return p
}

// An Option changes how Open opens a page.
type Option func(*settings)

type settings struct {
	timeout time.Duration
	eval    time.Duration
	faulty  bool
	own     bool
	flags   []string
}

// Timeout bounds the life of the page; the default is two minutes.
func Timeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// EvalTimeout bounds each evaluation; the default is five minutes. One that hangs is named so, long before all tests are
// out of time.
func EvalTimeout(d time.Duration) Option {
	return func(s *settings) { s.eval = d }
}

// Own opens the page in a browser of its own, with further command-line
// flags. It is for tests that crash the GPU process.
func Own(flags ...string) Option {
	return func(s *settings) { s.own, s.flags = true, flags }
}

// Faulty is for pages that make mistakes on purpose: the browser's words on their use of WebGPU are neither problems
// nor printed.
func Faulty() Option {
	return func(s *settings) { s.faulty = true }
}

func open(t testing.TB, options []Option) *Page {
	t.Helper()
	s := settings{timeout: defaultTimeout, eval: defaultEvalTimeout}
	for _, o := range options {
		o(&s)
	}
	b := pickChrome(t, s)

	p := &Page{t: t, evalTimeout: s.eval}
	tab, closeTab := chromedp.NewContext(b.ctx)
	if err := chromedp.Do(tab); err != nil {
		closeTab()
		t.Fatalf("browser: open a tab: %v", err)
	}
	alive, crash := context.WithCancelCause(tab)
	deadline, cancel := context.WithTimeout(alive, s.timeout)
	p.tab, p.ctx = alive, deadline
	p.close = func() { cancel(); crash(nil); closeTab() }
	p.watch = watchPage(alive, crash, t, s.faulty)
	t.Cleanup(p.finish)
	p.inject()
	return p
}

func pickChrome(t testing.TB, s settings) *chrome {
	t.Helper()
	if shared.absent != nil {
		t.Skipf("browser: %v", shared.absent)
	}
	if shared.chrome == nil {
		t.Fatal("browser: open before Main")
	}
	if !s.own {
		return shared.chrome
	}
	own, err := startChrome(shared.server.url, s.flags)
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	t.Cleanup(own.stop)
	return own
}

// inject runs inject.js before any script of every later document.
func (p *Page) inject() {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument,
			cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: injected})
		return err
	}))
}

// Navigate loads another path of the test server. It first collects all that
// the present document has to report.
func (p *Page) Navigate(path string) {
	p.t.Helper()
	if err := p.drain(); err != nil {
		p.fatal("leave the page", err)
	}
	p.Do(chromedp.Navigate(URL(path)))
}

// Context is the page's: it ends at the page's deadline, when the test ends
// and when the renderer crashes. It serves every function of chromedp.
func (p *Page) Context() context.Context { return p.ctx }

// finish gives the verdict and closes the page.
func (p *Page) finish() {
	p.t.Helper()
	if err := p.drain(); err != nil {
		p.t.Errorf("browser: drain the GPU's queue: %v", err)
	}
	p.watch.judge(p.t)
	if p.t.Failed() {
		p.keepScreenshot()
	}
	p.close()
	<-p.watch.done
}

// fatal ends the test. If the page has ended, the reason for that says more
// than the error of the call that met it.
func (p *Page) fatal(operation string, err error) {
	p.t.Helper()
	if cause := context.Cause(p.ctx); cause != nil {
		err = cause
	}
	p.t.Fatalf("browser: %s: %v", operation, err)
}
