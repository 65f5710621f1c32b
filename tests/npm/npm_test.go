//go:build !js

// Package npm installs the npm package into small applications, as a new user does, and opens each in headless
// Chrome: a first upload, a first frame, first reads. `make test-npm` makes the package before.
package npm

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestMain(m *testing.M) {
	os.Exit(browser.Main(m))
}

// An application is made of folders of apps, one laid over the other, and is built and served in several ways.
type application struct {
	folders []string
	ways    []way
}

type way struct {
	name  string
	build []string // words of a command, in node_modules/.bin
	copy  bool     // whether gpubuffers.wasm is to be copied beside the bundle
	serve server
	pages []string
}

var applications = map[string]application{
	"no bundler": {[]string{"plain"}, []way{
		{name: "import map", serve: files(""), pages: []string{"/"}},
	}},
	"Vite 8": {[]string{"vite", "vite-8"}, viteWays},
	"Vite 7": {[]string{"vite", "vite-7"}, viteWays},
	"webpack 5": {[]string{"webpack"}, []way{
		{name: "build", build: []string{"webpack"}, serve: files(""), pages: []string{"/"}},
	}},
	"esbuild": {[]string{"esbuild"}, []way{
		{name: "copy", build: esbuild("main.js"), copy: true, serve: files(""), pages: []string{"/"}},
		{name: "file loader", build: esbuild("loaded.js", "--loader:.wasm=file"), serve: files(""), pages: []string{"/loaded.html"}},
		{name: "strict policy", build: esbuild("main.js"), copy: true, serve: files(strictPolicy), pages: []string{"/"}},
	}},
	"Next": {[]string{"next"}, []way{
		{name: "start", build: []string{"next", "build"}, serve: command("next", "start", "--hostname=127.0.0.1", "--port={port}"), pages: []string{"/"}},
	}},
}

// viteWays are the development server, and what is built for a path below the root. Each has a page with a worker.
var viteWays = []way{
	{name: "dev", serve: command("vite", "--host=127.0.0.1", "--strictPort", "--port={port}"), pages: []string{"/", "/worker.html"}},
	{
		name:  "preview",
		build: []string{"vite", "build", "--base=/below/", "--logLevel=warn"},
		serve: command("vite", "preview", "--base=/below/", "--host=127.0.0.1", "--strictPort", "--port={port}"),
		pages: []string{"/below/", "/below/worker.html"},
	},
}

func esbuild(file string, options ...string) []string {
	return append([]string{"esbuild", file, "--bundle", "--minify", "--format=esm", "--outdir=dist", "--log-level=warning"}, options...)
}

const strictPolicy = "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'"

func TestFirstSteps(t *testing.T) {
	for name, app := range applications {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := install(t, app.folders...)
			for _, way := range app.ways {
				t.Run(way.name, func(t *testing.T) {
					if way.build != nil {
						run(t, dir, filepath.Join("node_modules", ".bin", way.build[0]), way.build[1:]...)
					}
					if way.copy {
						copyFile(t, filepath.Join(dir, "node_modules/gpubuffers/gpubuffers.wasm"), filepath.Join(dir, "dist/gpubuffers.wasm"))
					}
					address := way.serve(t, dir)
					for _, page := range way.pages {
						requireFirstSteps(t, address+page)
					}
				})
			}
		})
	}
}

// requireFirstSteps opens a page and waits for what show.js writes into its title.
func requireFirstSteps(t *testing.T, address string) {
	t.Helper()
	page := browser.Open(t, address)
	page.Wait(`document.title.startsWith("{")`)
	require.JSONEq(t, `{"numbers": [2, 3], "pixel": [0, 255, 0, 255], "refused": "UsageError"}`, browser.Eval[string](page, "document.title"), address)
}

// installed is an empty application that has the package alone, with files besides.
func installed(t *testing.T, folder string) string {
	t.Helper()
	dir := install(t, "plain")
	require.NoError(t, os.CopyFS(dir, os.DirFS(folder)))
	return dir
}

func TestOnAServer(t *testing.T) {
	run(t, installed(t, "node"), "node", "check.mjs")
}

// Structs that other packages describe are taken.
func TestSchemas(t *testing.T) { run(t, install(t, "schemas"), "node", "check.mjs") }

// TypeScript finds the types as bundlers and Node find the package.
func TestTypesAreFound(t *testing.T) {
	tsc, err := filepath.Abs("../javascript/node_modules/typescript/bin/tsc")
	require.NoError(t, err)
	dir := installed(t, "types")
	for resolution, module := range map[string]string{"bundler": "esnext", "nodenext": "nodenext"} {
		run(t, dir, tsc, "--moduleResolution", resolution, "--module", module)
	}
}

// What an application does not use costs it nothing, and what it uses is whole.
func TestTreeShaking(t *testing.T) {
	dir := install(t, "esbuild")
	bundle := func(program string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "program.js"), []byte(program), 0o644))
		return run(t, dir, "node_modules/.bin/esbuild", "program.js", "--bundle", "--format=esm", "--minify", "--log-level=error")
	}
	require.Empty(t, strings.TrimSpace(bundle(`import "gpubuffers"`)))
	require.Empty(t, strings.TrimSpace(bundle(`import { open } from "gpubuffers"`)))
	require.Contains(t, bundle(`import { open } from "gpubuffers"; open()`), "gpubuffers.wasm")
}

// The package has what is promised, and nothing else.
func TestContents(t *testing.T) {
	var packed []struct {
		Name, Version string
		Files         []struct{ Path string }
	}
	text := run(t, "../../build/npm", "npm", "pack", "--dry-run", "--json")
	require.NoError(t, json.Unmarshal([]byte(text), &packed))
	var paths []string
	for _, file := range packed[0].Files {
		paths = append(paths, file.Path)
	}
	require.ElementsMatch(t, []string{"LICENSE", "LICENSE-go", "README.md", "gpubuffers.d.ts", "gpubuffers.js", "gpubuffers.wasm", "package.json"}, paths)

	description, err := os.ReadFile("../../build/npm/package.json")
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(description, &fields))
	require.NotContains(t, fields, "scripts", "nothing runs at an installation")
	require.NotContains(t, fields, "dependencies")
}

// The program of the package's README is the one that the applications run.
func TestTheReadmesProgramRuns(t *testing.T) {
	readme, err := os.ReadFile("../../npm/README.md")
	require.NoError(t, err)
	program, err := os.ReadFile("apps/shared/first.js")
	require.NoError(t, err)
	require.Contains(t, string(readme), "```js\n"+string(program)+"```\n")
}

// A server serves an application until the test ends, and gives its address.
type server func(t *testing.T, dir string) string

// files serves the files as they are, with a Content-Security-Policy if there is one.
func files(policy string) server {
	return func(t *testing.T, dir string) string {
		handler := http.FileServer(http.Dir(dir))
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if policy != "" {
				w.Header().Set("Content-Security-Policy", policy)
			}
			handler.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
}

const startTimeout = time.Minute

// command runs the application's own server on a free port, and waits until it answers.
func command(name string, arguments ...string) server {
	return func(t *testing.T, dir string) string {
		port := freePort(t)
		var words []string
		for _, argument := range arguments {
			words = append(words, strings.ReplaceAll(argument, "{port}", port))
		}
		server := exec.Command(filepath.Join("node_modules", ".bin", name), words...)
		output := start(t, server, dir)
		address := "http://127.0.0.1:" + port
		for deadline := time.Now().Add(startTimeout); ; time.Sleep(50 * time.Millisecond) {
			if answer, err := http.Get(address); err == nil {
				answer.Body.Close()
				return address
			}
			if time.Now().After(deadline) {
				text, _ := os.ReadFile(output)
				t.Fatalf("%s does not answer at %s:\n%s", name, address, text)
			}
		}
	}
}

// start starts a program in a group of its own, which ends with the test, and gives the file of its output.
func start(t *testing.T, program *exec.Cmd, dir string) string {
	t.Helper()
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	require.NoError(t, err)
	program.Dir, program.Env, program.Stdout, program.Stderr = dir, environment(), output, output
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		syscall.Kill(-program.Process.Pid, syscall.SIGKILL)
		program.Wait()
		output.Close()
	})
	return output.Name()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// install copies folders of apps into a temporary one, and installs what their lock file says, and the package.
func install(t *testing.T, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range append([]string{"shared"}, folders...) {
		// NOTE: os.CopyFS replaces no file: the folders have none in common.
		require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("apps", folder))))
	}
	run(t, dir, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
	run(t, dir, "npm", "install", "--no-save", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", tarball(t))
	return dir
}

// tarball is the package that `make npm` has made.
func tarball(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("../../build/gpubuffers-*.tgz")
	require.NoError(t, err)
	require.Len(t, found, 1, "the package: run `make npm`")
	path, err := filepath.Abs(found[0])
	require.NoError(t, err)
	return path
}

const runTimeout = 3 * time.Minute

// run runs a program to its end and gives what it printed. It took so long is in the log.
func run(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	program := exec.CommandContext(ctx, name, arguments...)
	program.Dir, program.Env = dir, environment()
	began := time.Now()
	output, err := program.CombinedOutput()
	words := strings.Join(append([]string{filepath.Base(name)}, arguments...), " ")
	require.NoError(t, err, "%s:\n%s", words, output)
	t.Logf("%.1f s: %s", time.Since(began).Seconds(), words)
	return string(output)
}

func environment() []string {
	return append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1", "NODE_ENV=", "CI=1")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o644))
}
