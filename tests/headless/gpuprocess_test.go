//go:build !js

package headless

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// gpuProcess lets a page stop, continue and kill the GPU process of its browser.
type gpuProcess struct{ page context.Context }

var signals = map[string]syscall.Signal{
	"stop":     syscall.SIGSTOP,
	"continue": syscall.SIGCONT,
	"kill":     syscall.SIGKILL,
}

// ServeHTTP does what the query names.
func (g gpuProcess) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := g.signal(signals[r.URL.RawQuery]); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// standstill bounds how long a GPU process is stopped: a page that waits for it in the middle of a task, as the browser
// does once its buffer of commands is full, cannot ask for it to go on.
const standstill = 10 * time.Second

func (g gpuProcess) signal(s syscall.Signal) error {
	pid, err := gpuProcessID(g.page)
	if errors.Is(err, errNoProcess) && s == syscall.SIGCONT {
		return nil // it was killed meanwhile
	}
	if err != nil {
		return err
	}
	if s == syscall.SIGSTOP {
		time.AfterFunc(standstill, func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	}
	return syscall.Kill(pid, s)
}

var errNoProcess = errors.New("the browser has no GPU process")

func gpuProcessID(page context.Context) (int, error) {
	info, err := chromedp.CallBrowser(page, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		return 0, err
	}
	for _, p := range info.ProcessInfo {
		if p.Type == "GPU" && p.ID > 0 {
			return int(p.ID), nil
		}
	}
	return 0, errNoProcess
}
