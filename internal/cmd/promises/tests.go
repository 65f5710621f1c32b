package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	headless = "tests/headless"
	modules  = headless + "/testdata/module" // whose exported functions are tests
	kit      = "buffers/buffertest"          // whose rules are subtests of the packages that run them
)

// A suite is the functions and literals of one place.
type suite struct {
	functions map[string]bool
	literals  map[string]bool // a subtest is named by one
}

func checkTests(root fs.FS, rows []row) ([]string, error) {
	suites := map[string]*suite{}
	var faults []string
	for _, r := range rows {
		for _, t := range r.tests {
			if suites[t.place] == nil {
				s, err := loadSuite(root, t.place)
				if err != nil {
					return nil, err
				}
				suites[t.place] = s
			}
			if missing := suites[t.place].lacks(t.name); missing != "" {
				faults = append(faults, r.fault("%s has no test %q; name one that turns red if this does not hold: %s", t.place, missing, r.promise))
			}
		}
	}
	return faults, nil
}

// lacks returns the part of a test's name that is not there, or "".
func (s *suite) lacks(name string) string {
	function, subtest, _ := strings.Cut(name, "/")
	if !s.functions[function] {
		return function
	}
	// A subtest's own name may have slashes.
	if subtest == "" || s.literals[subtest] || !slices.ContainsFunc(strings.Split(subtest, "/"), func(part string) bool { return !s.literals[part] }) {
		return ""
	}
	return name
}

func loadSuite(root fs.FS, place string) (*suite, error) {
	s := &suite{functions: map[string]bool{}, literals: map[string]bool{}}
	if path.Ext(place) == ".js" {
		return s, s.addModule(root, place)
	}
	if err := s.addGo(root, path.Join(place, "*_test.go")); err != nil {
		return nil, err
	}
	return s, s.addGo(root, path.Join(kit, "*.go"))
}

var exportedFunction = regexp.MustCompile(`(?m)^export (?:async )?(?:function\*?|const|let) (\w+)`)

// addModule takes the functions of a file that runModuleTests is called for.
func (s *suite) addModule(root fs.FS, file string) error {
	text, err := fs.ReadFile(root, path.Join(modules, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	callers := &suite{functions: map[string]bool{}, literals: map[string]bool{}}
	if err := errors.Join(err, callers.addGo(root, headless+"/*_test.go")); err != nil || !callers.literals[file] {
		return err
	}
	for _, match := range exportedFunction.FindAllSubmatch(text, -1) {
		s.functions[string(match[1])] = true
	}
	return nil
}

func (s *suite) addGo(root fs.FS, pattern string) error {
	names, err := fs.Glob(root, pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		file, err := parseGo(root, token.NewFileSet(), name)
		if err != nil {
			return err
		}
		ast.Inspect(file, s.add)
	}
	return nil
}

func (s *suite) add(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.FuncDecl:
		s.functions[n.Name.Name] = true
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil {
			s.literals[text] = true
		}
	}
	return true
}

// parseGo reads a file for any platform.
func parseGo(root fs.FS, files *token.FileSet, name string) (*ast.File, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	return parser.ParseFile(files, name, text, parser.ParseComments)
}
