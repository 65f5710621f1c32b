//go:build !js

package browser_test

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// trial is a testing.TB that records what a test would have shown, so that a
// failure of the harness can itself be tested.
type trial struct {
	testing.TB // for the methods below only; it is nil

	name     string
	mu       sync.Mutex
	failed   bool
	pictured bool // a screenshot was kept
	errors   strings.Builder
	logs     strings.Builder
	cleanups []func()
}

// attempt runs f as a test of its own, with its cleanups, and returns how it
// went.
func attempt(t *testing.T, f func(t testing.TB)) *trial {
	tr := &trial{name: t.Name() + "/trial"}
	tr.goRun(func() { f(tr) })
	for len(tr.cleanups) > 0 {
		last := tr.cleanups[len(tr.cleanups)-1]
		tr.cleanups = tr.cleanups[:len(tr.cleanups)-1]
		tr.goRun(last)
	}
	tr.takePicture(t)
	return tr
}

var kept = regexp.MustCompile(`screenshot kept: (.+)`)

// takePicture removes the screenshot of a failure that was meant to be.
func (tr *trial) takePicture(t *testing.T) {
	path := kept.FindStringSubmatch(tr.logs.String())
	if path == nil {
		return
	}
	require.FileExists(t, path[1])
	require.NoError(t, os.Remove(path[1]))
	tr.pictured = true
}

// goRun waits for f on a goroutine that Fatal can end.
func (tr *trial) goRun(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (tr *trial) Helper()          {}
func (tr *trial) Name() string     { return tr.name }
func (tr *trial) Cleanup(f func()) { tr.cleanups = append(tr.cleanups, f) }

func (tr *trial) Failed() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.failed
}

func (tr *trial) Logf(format string, args ...any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	fmt.Fprintf(&tr.logs, format+"\n", args...)
}

func (tr *trial) Errorf(format string, args ...any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.failed = true
	fmt.Fprintf(&tr.errors, format+"\n", args...)
}

func (tr *trial) Fatalf(format string, args ...any) {
	tr.Errorf(format, args...)
	runtime.Goexit()
}

func (tr *trial) Fatal(args ...any) {
	tr.Fatalf("%s", fmt.Sprint(args...))
}

func (tr *trial) Skipf(format string, args ...any) {
	tr.Logf(format, args...)
	runtime.Goexit()
}
