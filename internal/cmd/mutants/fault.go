package main

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// A fault is a small mistake that some test has to notice.
type fault struct {
	area string // the file that it is written in
	what string // it does, in words
	file string // that it stands in
	test check
	old  string // lines of the file, which occur there once
	new  string // the lines in their place
}

// A check is the test that turns red.
type check struct {
	where   string
	pkg     string
	pattern string // of -run
}

func (c check) String() string { return strings.TrimSpace(c.where + " " + c.pkg + " " + c.pattern) }

const (
	native   = "native"
	node     = "node"
	page     = "page"
	headless = "./tests/headless" // the package of pages
)

func (f *fault) isGo() bool { return path.Ext(f.file) == ".go" }

// load reads the faults of every file of a folder.
func load(tree fs.FS, folder string) ([]fault, error) {
	files, err := fs.Glob(tree, path.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var faults []fault
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, err
		}
		more, err := parse(strings.TrimSuffix(path.Base(file), ".txt"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		faults = append(faults, more...)
	}
	return faults, nil
}

// parse reads faults, with empty lines between them. README.md of tests/mutants has the form.
func parse(area, text string) ([]fault, error) {
	var faults []fault
	for block := range strings.SplitSeq(text, "\n\n") {
		block = strings.Trim(block, "\n")
		if block == "" {
			continue
		}
		f, err := parseFault(strings.Split(block, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", block, err)
		}
		f.area = area
		faults = append(faults, f)
	}
	return faults, nil
}

func parseFault(lines []string) (f fault, err error) {
	if len(lines) < 4 {
		return f, fmt.Errorf("%d lines are too few", len(lines))
	}
	f.what = lines[0]
	var isFile, isTest bool
	f.file, isFile = strings.CutPrefix(lines[1], "in ")
	test, isTest := strings.CutPrefix(lines[2], "red ")
	if !isFile || !isTest {
		return f, fmt.Errorf(`want "in FILE", then "red TEST"`)
	}
	if f.test, err = parseCheck(strings.Fields(test)); err != nil {
		return f, err
	}
	f.old, f.new, err = parseHunk(lines[3:])
	return f, err
}

func parseCheck(words []string) (check, error) {
	switch {
	case len(words) == 3 && (words[0] == native || words[0] == node):
		return check{words[0], words[1], words[2]}, nil
	case len(words) == 2 && words[0] == page:
		return check{page, headless, words[1]}, nil
	}
	return check{}, fmt.Errorf("want native PACKAGE PATTERN, node PACKAGE PATTERN or page PATTERN, not %q", words)
}

// parseHunk takes the lines of a unified diff apart.
func parseHunk(lines []string) (old, new string, err error) {
	for _, line := range lines {
		kind, text := line[0], line[1:]
		switch kind {
		case ' ', '-', '+':
		default:
			return "", "", fmt.Errorf("%q is no line of a diff", line)
		}
		if kind != '+' {
			old += text + "\n"
		}
		if kind != '-' {
			new += text + "\n"
		}
	}
	return old, new, nil
}

// plant returns the file with the fault in it.
func (f *fault) plant(source string) (string, error) {
	source = "\n" + source
	old := "\n" + f.old
	if n := strings.Count(source, old); n != 1 || f.old == f.new {
		return "", fmt.Errorf("its lines occur %d times in %s, or stay the same", n, f.file)
	}
	return strings.Replace(source, old, "\n"+f.new, 1)[1:], nil
}

// verify reports why a fault cannot be planted, or has no test.
func (f *fault) verify(tree fs.FS) error {
	if !f.isGo() && f.test.where != page {
		return fmt.Errorf("the test of %s is a page's", f.file)
	}
	source, err := fs.ReadFile(tree, f.file)
	if err != nil {
		return err
	}
	if _, err := f.plant(string(source)); err != nil {
		return err
	}
	return f.test.verify(tree)
}

// verify reports a function of the pattern that the package does not have.
func (c check) verify(tree fs.FS) error {
	files, err := fs.Glob(tree, path.Join(path.Clean(c.pkg), "*_test.go"))
	if err != nil {
		return err
	}
	var source strings.Builder
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		source.Write(text)
	}
	for _, name := range c.functions() {
		if !strings.Contains(source.String(), "func "+name+"(") {
			return fmt.Errorf("%s has no %s", c.pkg, name)
		}
	}
	return nil
}

// functions are the tests of the pattern, without its subtests.
func (c check) functions() []string {
	top, _, _ := strings.Cut(c.pattern, "/")
	return strings.Split(top, "|")
}

// run is the pattern for tests of exactly these names.
func (c check) run() string {
	top, sub, _ := strings.Cut(c.pattern, "/")
	return "^(" + top + ")$/" + sub
}
