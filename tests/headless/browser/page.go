//go:build !js

package browser

import (
	"context"
	_ "embed"
	"testing"
	"time"

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
	t    testing.TB
	tab  tab
	life context.Context // ends when the page closes or its renderer crashes
	ctx  context.Context // life, with the test's deadline

	evalTimeout time.Duration

	close func()
	watch *watch
}

//go:embed inject.js
var injected string

// Open opens a path of the test server, such as "/index.html", or the address
// of another server, in a new tab and waits for its load event. When the test ends, the page gives its
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

// Own opens the page in a Chrome of its own, with further command-line
// flags. It is for tests that crash the GPU process. Firefox has no such flags:
// there is one.
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
	if shared.absent != nil {
		t.Skipf("browser: %v", shared.absent)
	}
	p := &Page{t: t, evalTimeout: s.eval, watch: newWatch(s.faulty)}
	var closeTab func()
	if OnFirefox() {
		closeTab = p.openInFirefox()
	} else {
		closeTab = p.openInChrome(s)
	}
	deadline, cancel := context.WithTimeout(p.life, s.timeout)
	p.ctx = deadline
	p.close = func() { cancel(); closeTab() }
	t.Cleanup(p.finish)
	p.BeforeLoad(injected)
	return p
}

func (p *Page) openInChrome(s settings) (closeTab func()) {
	p.t.Helper()
	ctx, closeContext := chromedp.NewContext(pickChrome(p.t, s).ctx)
	if err := chromedp.Do(ctx); err != nil {
		closeContext()
		p.t.Fatalf("browser: open a tab: %v", err)
	}
	life, crash := context.WithCancelCause(ctx)
	p.tab, p.life = chromeTab{}, life
	p.watch.follow(life, crash, p.t)
	return func() { crash(nil); closeContext() }
}

func (p *Page) openInFirefox() (closeTab func()) {
	p.t.Helper()
	if shared.firefox == nil {
		p.t.Fatal("browser: open before Main")
	}
	life, end := context.WithCancelCause(context.Background())
	opened, err := shared.firefox.open(life, func(m chromedp.ConsoleMessage) { p.watch.message(p.t, m) })
	if err != nil {
		end(err)
		p.t.Fatalf("browser: open a tab: %v", err)
	}
	p.tab, p.life = opened, life
	return func() {
		end(nil)
		opened.close()
		close(p.watch.done)
	}
}

// needsChrome skips the test in Firefox, which lacks what it needs.
func (p *Page) needsChrome(what string) {
	p.t.Helper()
	if OnFirefox() {
		p.watch.expectNothing()
		NotInFirefox(p.t, "it needs "+what)
	}
}

func pickChrome(t testing.TB, s settings) *chrome {
	t.Helper()
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

// BeforeLoad runs a script before any other of every later document.
func (p *Page) BeforeLoad(script string) {
	p.t.Helper()
	if err := p.tab.beforeLoad(p.ctx, script); err != nil {
		p.fatal("add a script", err)
	}
}

// Navigate loads another path of the test server, or of another. It first collects all that
// the present document has to report.
func (p *Page) Navigate(path string) {
	p.t.Helper()
	if err := p.drain(); err != nil {
		p.fatal("leave the page", err)
	}
	if err := p.tab.navigate(p.ctx, URL(path)); err != nil {
		p.fatal("navigate", err)
	}
}

// Context is the page's: it ends at the page's deadline, when the test ends
// and when the renderer crashes. It serves every function of chromedp.
func (p *Page) Context() context.Context {
	p.t.Helper()
	p.needsChrome("the protocol of Chrome's DevTools")
	return p.ctx
}

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
