//go:build !js

package browser

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gpubuffers/gpubuffers/internal/webserver"
)

// blankPath is an empty page on which WebGPU works: a test that needs no
// page of its own opens [Blank].
const blankPath = "/blank"

// Blank is the path of an empty, cross-origin isolated page.
const Blank = blankPath

// server serves the web folder and the pages that tests add.
type server struct {
	url   string
	root  string // the module's root
	added sync.Map
	files http.Handler
	stop  func()
}

func startServer() (*server, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{
		url:   "http://" + l.Addr().String(),
		root:  root,
		files: webserver.New(os.DirFS(webFolder(root))),
		stop:  func() { l.Close() },
	}
	s.added.Store(blankPath, markup("<!doctype html><title>blank</title>"))
	s.added.Store("/favicon.ico", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	go http.Serve(l, s)
	return s, nil
}

// webFolder is the module's, or the copy that HEADLESS_WEB names.
func webFolder(root string) string {
	if copied := os.Getenv("HEADLESS_WEB"); copied != "" {
		return copied
	}
	return filepath.Join(root, "web")
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := s.added.Load(r.URL.Path); ok {
		h.(http.Handler).ServeHTTP(w, r)
		return
	}
	s.files.ServeHTTP(w, r)
}

// Handle answers the exact path by h until the test ends, with the headers
// that make a page cross-origin isolated.
func Handle(t testing.TB, path string, h http.Handler) {
	t.Helper()
	if shared.server == nil {
		t.Fatal("browser: handle before Main")
	}
	if _, taken := shared.server.added.LoadOrStore(path, webserver.Isolate(h)); taken {
		t.Fatalf("browser: handle %q: another test answers this path", path)
	}
	t.Cleanup(func() { shared.server.added.Delete(path) })
}

// HTML serves a page made of the given markup at path until the test ends.
func HTML(t testing.TB, path, html string) {
	t.Helper()
	Handle(t, path, markup(html))
}

// URL returns the address of a path on the test server. An address of another server stays as it is.
func URL(path string) string {
	if strings.HasPrefix(path, "http://") {
		return path
	}
	return shared.server.url + path
}

func markup(html string) http.Handler {
	return webserver.Isolate(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, html)
	}))
}

// moduleRoot is the nearest folder at or above the working one that holds
// go.mod. It is not asked of the go command: a test binary also runs where Go
// is not installed.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.mod"))
		if err == nil {
			return at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return "", fmt.Errorf("find the module root above %s: %w", dir, err)
		}
	}
}
