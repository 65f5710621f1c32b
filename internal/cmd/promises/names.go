package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	types = "web/gpubuffers.d.ts"
	api   = modules + "/api.json" // the declarations of types, as make api writes them
)

// public are the documents whose exported names need rows.
var public = []string{types, "buffers", "buffers/gpu", "buffers/host", "buffers/memory", "buffers/webgpu", "buffers/buffertest", "buffers/slogger", "buffers/wgsl", "jsbridge", "jsbridge/page"}

// names are the exports of a document, true for those that need a row. The row of their type covers the others.
type names map[string]bool

func exportsOf(root fs.FS, document string) (names, error) {
	if document == types {
		return moduleNames(root)
	}
	return packageNames(root, document)
}

// checkExports finds exported names without a row.
func checkExports(root fs.FS, rows []row) ([]string, error) {
	var faults []string
	for _, document := range public {
		exported, err := exportsOf(root, document)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(exported)) {
			if exported[name] && !isPromised(rows, document, name) {
				faults = append(faults, fmt.Sprintf("%s: no promise is made of %s: add a row to %q of %s, or its name to one", document, name, "## "+document, table))
			}
		}
	}
	return faults, nil
}

func isPromised(rows []row, document, name string) bool {
	return slices.ContainsFunc(rows, func(r row) bool {
		return r.document == document && slices.ContainsFunc(r.subjects, func(subject string) bool { return matches(subject, name) })
	})
}

// matches follows path.Match, in which * is any part of a name.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// checkSubjects finds rows about names that there are not.
func checkSubjects(root fs.FS, rows []row) ([]string, error) {
	known := map[string]names{}
	var faults []string
	for _, r := range rows {
		if known[r.document] == nil {
			names, err := subjectsOf(root, r.document)
			if err != nil {
				return nil, err
			}
			known[r.document] = names
		}
		for _, subject := range r.subjects {
			if !known[r.document].has(subject) {
				faults = append(faults, r.fault("%s has no %q; name what the promise is about", r.document, subject))
			}
		}
	}
	return faults, nil
}

func (n names) has(pattern string) bool {
	if _, ok := n[pattern]; ok { // a heading may have characters that path.Match reads otherwise
		return true
	}
	for name := range n {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// subjectsOf are exported names, with "package" for the whole of them, or the headings of prose.
func subjectsOf(root fs.FS, document string) (names, error) {
	if path.Ext(document) == ".md" {
		return headingsOf(root, document)
	}
	exported, err := exportsOf(root, document)
	if err == nil {
		exported["package"] = false
	}
	return exported, err
}

func headingsOf(root fs.FS, document string) (names, error) {
	text, err := fs.ReadFile(root, document)
	headings := names{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			headings[strings.Trim(line, "# \n")] = false
		}
	}
	return headings, err
}

// moduleNames are constants, classes, their members, functions, and "FUNCTION.OPTION" of the objects that they take.
func moduleNames(root fs.FS) (names, error) {
	text, err := fs.ReadFile(root, api)
	if err != nil {
		return nil, err
	}
	var declared struct {
		Constants map[string]json.RawMessage
		Functions map[string]member
		Classes   map[string]map[string]member
	}
	if err := json.Unmarshal(text, &declared); err != nil {
		return nil, fmt.Errorf("%s: %w", api, err)
	}
	found := names{}
	for name := range declared.Constants {
		found[name] = true
	}
	found.addMembers("", declared.Functions)
	for class, members := range declared.Classes {
		found[class] = true
		found.addMembers(class+".", members)
	}
	return found, nil
}

// A member is a property, or a function, which has parameters. Each parameter is of one of several types. The type of
// an object with options is {"options": {NAME: ...}}.
type member struct {
	Parameters map[string]struct{ Type []any }
}

func (n names) addMembers(prefix string, members map[string]member) {
	for name, m := range members {
		n[prefix+name] = true
		for _, p := range m.Parameters {
			n.addOptions(prefix+name+".", p.Type)
		}
	}
}

func (n names) addOptions(prefix string, types []any) {
	for _, t := range types {
		object, _ := t.(map[string]any)
		options, _ := object["options"].(map[string]any)
		for name := range options {
			n[prefix+name] = true
		}
	}
}

// packageNames are those that go doc shows, for all platforms. Types, functions and methods need a row.
func packageNames(root fs.FS, folder string) (names, error) {
	paths, err := fs.Glob(root, path.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range paths {
		file, err := parseGo(root, set, name)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	shown, err := doc.NewFromFiles(set, files, folder) // of files of tests it takes only examples
	if err != nil {
		return nil, err
	}
	return documented(shown), nil
}

func documented(p *doc.Package) names {
	found := names{}
	found.addValues(true, p.Consts, p.Vars)
	found.addFunctions("", p.Funcs)
	for _, t := range p.Types {
		spec := t.Decl.Specs[0].(*ast.TypeSpec)
		found[t.Name] = !(spec.Assign.IsValid() && isOther(spec.Type))
		found.addValues(false, t.Consts, t.Vars)
		found.addFunctions("", t.Funcs)
		found.addFunctions(t.Name+".", t.Methods)
		found.addFields(t)
	}
	return found
}

func (n names) addValues(needed bool, groups ...[]*doc.Value) {
	for _, value := range slices.Concat(groups...) {
		for _, spec := range value.Decl.Specs {
			n.addValue(spec.(*ast.ValueSpec), needed)
		}
	}
}

func (n names) addValue(spec *ast.ValueSpec, needed bool) {
	for i, name := range spec.Names {
		if name.IsExported() {
			n[name.Name] = needed && !(i < len(spec.Values) && isOther(spec.Values[i]))
		}
	}
}

// isOther reports whether an expression is a name of another package, whose document promises what it does.
func isOther(x ast.Expr) bool {
	selector, ok := x.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	_, ok = selector.X.(*ast.Ident)
	return ok
}

func (n names) addFunctions(prefix string, functions []*doc.Func) {
	for _, f := range functions {
		n[prefix+f.Name] = true
	}
}

// addFields takes the fields of a struct and the methods of an interface.
func (n names) addFields(t *doc.Type) {
	ast.Inspect(t.Decl, func(node ast.Node) bool {
		if field, ok := node.(*ast.Field); ok {
			for _, name := range field.Names {
				n[t.Name+"."+name.Name] = false
			}
		}
		return true
	})
}
