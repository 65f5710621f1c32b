//go:build !js

package headless

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// serveScripts makes the JavaScript of folders of testdata importable: that of module from /module/.
func serveScripts(t *testing.T, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			serve(t, "/"+folder+"/"+filepath.Base(file), file)
		}
	}
}

// runModuleTests calls each function that a file of testdata/module exports, one after the other on one
// page.
func runModuleTests(t *testing.T, file string, options ...browser.Option) *browser.Page {
	t.Helper()
	serveScripts(t, "module")
	p := browser.Open(t, browser.Blank, append(options, browser.Timeout(3*time.Minute))...)
	names := browser.Eval[[]string](p, `import("/module/`+file+`").then((m) => Object.keys(m))`)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if why, ok := lackedByFirefox[name]; ok {
				browser.NotInFirefox(t, why)
			}
			failure := browser.Eval[string](p, `import("/module/`+file+`").then((m) => m["`+name+`"]())
				.then(() => "", (error) => String(error) + "\n" + error?.stack)`)
			if strings.Contains(failure, "gc is not") {
				browser.NotInFirefox(t, "it lends no page its garbage collector")
			}
			if failure != "" {
				t.Error(failure)
			}
		})
	}
	return p
}

// noUsage is what browsers say of a buffer without a usage.
var noUsage = []string{"Buffer usages must not be 0", "Invalid usage flags BufferUsages(0x0)"}

// What Firefox 153 does otherwise than Chromium, and tests that rely on it.
const (
	counted     = "the submits and error scopes of the pump are counted with the test's"
	heardLater  = "it rejects a map that was given up later than a microtask after"
	lostLater   = "it settles the work of a destroyed device before it tells that the device is lost"
	reportsLate = "it reports errors of a device that the page has destroyed"
	loses       = "it loses the device when it makes a pipeline that reads some of the structs"
	toldOnce    = "it tells of a device's first error that nobody captures, and of no later one"
)

var lackedByFirefox = map[string]string{
	"anEndSettlesTheUploadsOfItsTask": reportsLate,
	"longReadsThatEndEarly":           reportsLate,
	"aSceneTakesFewSubmits":           counted,
	"oneMapForATask":                  counted,
	"pollsForShortReads":              counted,
	"orderByMicrotasks":               heardLater,
	"sideBySide":                      heardLater,
	"pendingGrowsEnd":                 lostLater,
	"whatAShaderReads":                loses,
	"everyWaitEnds":                   lostLater,
	"openingEndsWithItsDevice":        lostLater,
	"theConsoleOfThePage":             toldOnce,
	"alphaIsNoFactor":                 "it multiplies pictures by their alpha on the way, which rounds",
	"optionsOfTheBrowser":             "it converts no colours of pictures",
}

func TestModule(t *testing.T) { runModuleTests(t, "api.js") }

func TestModuleReads(t *testing.T) { runModuleTests(t, "reads.js") }

func TestModuleBursts(t *testing.T) {
	p := runModuleTests(t, "bursts.js")
	p.Expect(browser.GPUError, `"gone"`, "'gone'") // which the page has destroyed, or there was no memory for
}

func TestModuleWrappedBuffers(t *testing.T) {
	p := runModuleTests(t, "wrap.js")
	p.Expect(browser.GPUError, `"gone"`, "'gone'") // which the page has destroyed
}

func TestModuleScreenshots(t *testing.T) { runModuleTests(t, "screenshot.js") }

func TestModuleImages(t *testing.T) { runModuleTests(t, "image.js") }

func TestModuleRanges(t *testing.T) { runModuleTests(t, "ranges.js") }

func TestModuleStructs(t *testing.T) {
	p := runModuleTests(t, "structs.js")
	if browser.OnFirefox() { // Chrome takes any layout for uniforms
		p.Expect(browser.ConsoleError, "creating shader module", "Shader validation error")
		p.Expect(browser.GPUError, "Shader validation error")
	}
}

// What the browser refuses to copy rejects its read.
func TestModuleRefusedReads(t *testing.T) {
	p := runModuleTests(t, "refused.js")
	p.Expect(browser.GPUError, noUsage...) // the page's own mistake
}

func TestModulePlacesOfReads(t *testing.T) { runModuleTests(t, "places.js") }

// Each kind of data is taken by every method that takes data, or refused by all of them with one code.
func TestModuleKindsOfData(t *testing.T) { runModuleTests(t, "kinds.js") }

// Errors name the caller's own method and label, in the caller's words.
func TestModuleErrors(t *testing.T) {
	p := runModuleTests(t, "errors.js")
	p.Expect(browser.GPUError, "usage") // of a mistake that is the page's own
}

func TestModuleCreation(t *testing.T) { runModuleTests(t, "creation.js") }

// A MappableBuffer does what a GPUBuffer does, when it does it.
func TestModuleMappableBuffer(t *testing.T) { runModuleTests(t, "mappable.js") }

func TestModuleDynamicBuffer(t *testing.T) { runModuleTests(t, "dynamic.js") }

func TestModuleWithoutModules(t *testing.T) { runModuleTests(t, "handles.js") }

// What a page can reach of the module, and what it can hand to it.
func TestModuleBorders(t *testing.T) { runModuleTests(t, "borders.js") }

func TestModuleTextures(t *testing.T) { runModuleTests(t, "textures.js") }

func TestModuleStreams(t *testing.T) { runModuleTests(t, "streams.js") }

// Memory and streams of any length and cut, on every path, within bounds.
func TestModuleUploads(t *testing.T) {
	runModuleTests(t, "uploads.js", browser.Own("--js-flags=--expose-gc", "--enable-precise-memory-info"))
}

// Buffers are replaced, or turn out not to be there, while they are used.
func TestModuleGrow(t *testing.T) {
	p := runModuleTests(t, "grow.js")
	if browser.OnSoftware() { // a GPU may have the memory that there must not be
		p.Expect(browser.GPUError, "[Invalid")
	}
}

func TestModuleMemory(t *testing.T) {
	p := runModuleTests(t, "memory.js")
	if browser.OnSoftware() {
		p.Expect(browser.GPUError, `"none"`)
	}
}

func TestModuleCalibration(t *testing.T) { runModuleTests(t, "calibration.js") }

func TestModuleInWorker(t *testing.T) { runModuleTests(t, "worker.js") }

// Systems come and go, on devices of their own and on others'.
func TestModuleSystems(t *testing.T) { runModuleTests(t, "systems.js") }

func TestModuleThatEnded(t *testing.T) {
	p := runModuleTests(t, "ended.js")
	p.Expect(browser.Exception, "Go program has already exited") // of the browser's late callbacks
}

// What a page is done with goes, and what it still uses stays.
func TestModuleLifetimes(t *testing.T) {
	runModuleTests(t, "lifetimes.js", browser.Own("--js-flags=--expose-gc"))
}

// What the documents promise besides.
func TestModulePromises(t *testing.T) {
	p := runModuleTests(t, "promises.js")
	p.Expect(browser.GPUError, "no such usage", "Invalid usage flags BufferUsages(0x100000)")
}

func TestModuleTypes(t *testing.T) { runModuleTests(t, "types.js") }

// Whatever waits comes to an end, and says what has ended it.
func TestModuleWaits(t *testing.T) { runModuleTests(t, "waits.js") }
