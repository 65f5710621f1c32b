package main

import (
	"fmt"
	"slices"
	"strings"
)

// A rule yields a line for each place that breaks it.
type rule struct {
	name, why string
	broken    func(t *tree) []string
}

const (
	jsTag    = "js && wasm"
	core     = "buffers"
	contract = "buffers/gpu"
	typed    = "buffers/wgsl"
	hosts    = "buffers/host"
	command  = "wasm"
	page     = "jsbridge/page"
)

var (
	backends = []string{"buffers/webgpu"}
	portable = []string{"buffers/memory", "buffers/buffertest"}
	// parts are the core's own packages, and those beside it that its programs import.
	parts = []string{"buffers/internal/choice", "buffers/slogger", typed, hosts}
	// jsLibraries hold the packages that exist in the browser only.
	jsLibraries = append([]string{"jsbridge"}, backends...)
	// browser holds every folder that may know of the browser.
	browser = append([]string{command, "examples", "tests/bench/gowasm", "tests/headless/modelprogram"}, jsLibraries...)
)

var rules = []rule{
	{"syscall/js", "everything else runs, and is tested, without a browser", onlyBrowserImportsJS},
	{"core", "the core is portable, knows no backend, and every kilobyte of it is downloaded", coreStandsAlone},
	{"contract", "a backend stands on the contract alone, which knows no engine", contractStandsAlone},
	{"listed", "a backend that no list names is held to no rule", everyPackageIsListed},
	{"portable", "the memory backend and the conformance kit run natively", portableAvoidsBrowser},
	{"jsbridge", "the mirror of the browser knows no policy", bridgeKnowsNoBuffers},
	{"page", "the page is a program's", onlyProgramsHaveThePage},
	{"fmt", "fmt adds about 130 KB, compressed, to the module", moduleAvoidsFmt},
	{"third party", "only tests use other modules", noThirdParty},
	{"file names", "a file's name tells where it is built", namesMatchTags},
	{"doc.go", "a package for the browser is still documented natively", libraryHasDoc},
	{"wasm", "natively the command does not exist", commandIsTagged},
}

func (t *tree) check() []string {
	var lines []string
	for _, r := range rules {
		for _, where := range r.broken(t) {
			lines = append(lines, fmt.Sprintf("%s (%s: %s)", where, r.name, r.why))
		}
	}
	return lines
}

// each yields a line for every file that the predicate picks.
func (t *tree) each(what string, broken func(source) bool) []string {
	var lines []string
	for _, s := range t.files {
		if broken(s) {
			lines = append(lines, s.path+": "+what)
		}
	}
	return lines
}

// importing yields a line for every forbidden import of the picked files.
func (t *tree) importing(picked func(source) bool, forbidden func(imported string) bool) []string {
	var lines []string
	for _, s := range t.files {
		for _, imported := range s.imports {
			if picked(s) && forbidden(imported) {
				lines = append(lines, s.path+": imports "+imported)
			}
		}
	}
	return lines
}

// local reports whether an import names a package of one of the folders.
func (t *tree) local(imported string, folders ...string) bool {
	dir, ok := strings.CutPrefix(imported, t.module+"/")
	return ok && slices.ContainsFunc(folders, func(f string) bool { return within(dir, f) })
}

func onlyBrowserImportsJS(t *tree) []string {
	return t.importing(
		func(s source) bool { return !s.under(browser...) },
		func(imported string) bool { return imported == "syscall/js" })
}

func coreStandsAlone(t *tree) []string {
	inCore := func(s source) bool {
		return slices.Contains([]string{core, contract, typed, hosts}, s.dir()) && !s.test()
	}
	others := slices.Concat(jsLibraries, portable, []string{command})
	return append(
		t.importing(inCore, func(imported string) bool {
			return imported == "fmt" || t.local(imported, others...)
		}),
		t.each("has a build tag", func(s source) bool { return inCore(s) && (s.tag != "" || s.jsName()) })...)
}

// contractStandsAlone lets only the tests of backends use the core, as their programs do.
func contractStandsAlone(t *tree) []string {
	isCore := func(imported string) bool { return imported == t.module+"/"+core }
	below := append(slices.Concat(backends, portable), contract, typed, hosts)
	return append(
		t.importing(func(s source) bool { return s.under(below...) && !s.test() }, isCore),
		t.importing(func(s source) bool { return s.dir() == contract }, func(imported string) bool { return t.local(imported, core) && !t.local(imported, contract) })...)
}

func everyPackageIsListed(t *tree) []string {
	listed := slices.Concat([]string{core, contract}, backends, portable, parts)
	return t.each("its folder is in no list of internal/cmd/arrows/rules.go", func(s source) bool {
		return within(s.dir(), core) && !slices.Contains(listed, s.dir())
	})
}

func portableAvoidsBrowser(t *tree) []string {
	return t.importing(
		func(s source) bool { return s.under(portable...) },
		func(imported string) bool {
			return imported == "syscall/js" || t.local(imported, append(jsLibraries, command)...)
		})
}

func bridgeKnowsNoBuffers(t *tree) []string {
	return t.importing(
		func(s source) bool { return s.under("jsbridge") },
		func(imported string) bool { return t.local(imported, core) })
}

func onlyProgramsHaveThePage(t *tree) []string {
	return t.importing(
		func(s source) bool { return !s.under(page, "examples", "tests") },
		func(imported string) bool { return t.local(imported, page) })
}

// moduleAvoidsFmt follows the imports of the command through this module.
func moduleAvoidsFmt(t *tree) []string {
	linked := t.linked(command)
	return t.importing(
		func(s source) bool { return !s.test() && (linked[s.dir()] || s.under(jsLibraries...)) },
		func(imported string) bool { return imported == "fmt" })
}

// linked is the set of the module's folders that the package in dir is built
// from.
func (t *tree) linked(dir string) map[string]bool {
	seen := map[string]bool{dir: true}
	for queue := []string{dir}; len(queue) > 0; queue = queue[1:] {
		for _, s := range t.files {
			if s.dir() != queue[0] || s.test() {
				continue
			}
			for _, imported := range s.imports {
				next, ok := strings.CutPrefix(imported, t.module+"/")
				if ok && !seen[next] {
					seen[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	return seen
}

func noThirdParty(t *tree) []string {
	return t.importing(
		func(s source) bool { return !s.test() && !s.under("tests") },
		func(imported string) bool {
			host, _, _ := strings.Cut(imported, "/")
			return strings.Contains(host, ".") && !within(imported, t.module)
		})
}

func namesMatchTags(t *tree) []string {
	return append(
		t.each("is named _js and lacks //go:build "+jsTag,
			func(s source) bool { return s.jsName() && s.tag != jsTag }),
		t.each("is for js and not named _js.go or _js_test.go",
			func(s source) bool {
				return !s.jsName() && (s.tag == jsTag || slices.Contains(s.imports, "syscall/js"))
			})...)
}

func libraryHasDoc(t *tree) []string {
	docs := map[string]bool{}
	for _, s := range t.files {
		if s.under(jsLibraries...) && !s.test() {
			docs[s.dir()] = docs[s.dir()] || isDoc(s)
		}
	}
	lines := t.each("is untagged; of a package for the browser only doc.go is", func(s source) bool {
		return s.under(jsLibraries...) && !s.test() && s.tag == "" && !isDoc(s)
	})
	for dir, has := range docs {
		if !has {
			lines = append(lines, dir+": has no untagged doc.go")
		}
	}
	slices.Sort(lines)
	return lines
}

func isDoc(s source) bool { return hasSuffix(s.path, "/doc.go") && s.tag == "" }

func commandIsTagged(t *tree) []string {
	return t.each("is untagged", func(s source) bool { return s.dir() == command && s.tag != jsTag })
}
