package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// runner runs tests on the tree with a fault in it.
type runner struct {
	inNode string // the command that runs a js/wasm test in Node
}

// outcome is the result of trying a fault.
type outcome struct {
	fault *fault
	what  string // red, green or what else went wrong
	took  time.Duration
}

func (o outcome) red() bool { return strings.HasPrefix(o.what, "red") }

func (o outcome) String() string {
	return fmt.Sprintf("%-10s %-9s %5.1f s  %s  [%s]", o.what, o.fault.area, o.took.Seconds(), o.fault.what, o.fault.test)
}

// try plants one fault and runs its test.
func (r *runner) try(f *fault) outcome {
	start := time.Now()
	what, err := r.plantAndTest(f)
	if err != nil {
		what = "error: " + err.Error()
	}
	return outcome{f, what, time.Since(start)}
}

func (r *runner) plantAndTest(f *fault) (string, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	env, err := plant(f, dir)
	if err != nil {
		return "", err
	}
	out, failed := r.test(f.test, env)
	if failed == nil {
		return "green", nil
	}
	return judge(out)
}

var (
	failure = regexp.MustCompile(`(?m)^\s*--- FAIL: `)
	fatal   = regexp.MustCompile(`(?m)^(panic: test timed out|panic: |fatal error: )`)
)

// judge tells a test that failed from one that could not be built.
func judge(out string) (string, error) {
	switch end := fatal.FindString(out); {
	case end == "panic: test timed out":
		return "red, hangs", nil
	case failure.MatchString(out):
		return "red", nil
	case end != "":
		return "red, ends", nil
	}
	return "", fmt.Errorf("no test failed:\n%s", out)
}

// plant writes the changed file to dir, and returns the environment in which the go command builds it, or in which the
// browser's tests serve it.
func plant(f *fault, dir string) (env []string, err error) {
	source, err := os.ReadFile(f.file)
	if err != nil {
		return nil, err
	}
	planted, err := f.plant(string(source))
	if err != nil {
		return nil, err
	}
	if f.test.where != page {
		return overlay(f.file, planted, dir)
	}
	web := filepath.Join(dir, "web")
	if err := os.CopyFS(web, os.DirFS("web")); err != nil {
		return nil, err
	}
	if !f.isGo() {
		if err := os.WriteFile(filepath.Join(dir, f.file), []byte(planted), 0o644); err != nil {
			return nil, err
		}
		return serve(web, "bundle", nil)
	}
	if env, err = overlay(f.file, planted, dir); err != nil {
		return nil, err
	}
	return serve(web, "module", env)
}

// overlay makes the go command use the changed file in place of the tree's.
func overlay(file, planted, dir string) (env []string, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	changed := filepath.Join(dir, filepath.Base(file))
	table, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(changed, []byte(planted), 0o644); err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "overlay.json")
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -overlay=" + list)
	return []string{"GOFLAGS=" + flags}, os.WriteFile(list, table, 0o644)
}

// serve builds the target that depends on the fault in a copy of web, and makes the tests serve the copy.
func serve(web, target string, env []string) ([]string, error) {
	build := exec.Command("make", "--no-print-directory", target, "WEB="+web)
	build.Env = append(os.Environ(), env...)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make %s: %w\n%s", target, err, out)
	}
	return append(env, "HEADLESS_WEB="+web), nil
}

// test runs tests and returns what they print.
func (r *runner) test(c check, env []string) (string, error) {
	args := []string{"test", "-vet=off", "-count=1", "-failfast", "-timeout=3m", "-run=" + c.run()}
	if c.where == node {
		args = append(args, "-exec="+r.inNode)
		env = append(env, "GOOS=js", "GOARCH=wasm")
	}
	cmd := exec.Command("go", append(args, c.pkg)...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// green runs the tests of all faults on the tree as it is, those of a package together.
func (r *runner) green(faults []fault) error {
	for _, suite := range suites(faults) {
		start := time.Now()
		if out, err := r.test(suite, nil); err != nil {
			return fmt.Errorf("without a fault: %s: %w\n%s", suite, err, out)
		}
		fmt.Printf("green without a fault: the tests of %s, %s, in %v\n", suite.pkg, suite.where, time.Since(start).Round(time.Second))
	}
	return nil
}

// suites are the tests of all faults, by package, and by whether subtests are named.
func suites(faults []fault) (all []check) {
	type kind struct {
		where, pkg string
		named      bool
	}
	tests, subtests := map[kind][]string{}, map[kind][]string{}
	for _, f := range faults {
		top, sub, named := strings.Cut(f.test.pattern, "/")
		k := kind{f.test.where, f.test.pkg, named}
		tests[k], subtests[k] = append(tests[k], top), append(subtests[k], sub)
	}
	for k := range tests {
		// The brackets keep go test from cutting the whole pattern at each |.
		all = append(all, check{k.where, k.pkg, oneOf(tests[k]) + "/(" + oneOf(subtests[k]) + ")"})
	}
	return all
}

func oneOf(patterns []string) string {
	slices.Sort(patterns)
	return strings.Join(slices.Compact(patterns), "|")
}
