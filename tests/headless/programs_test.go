//go:build !js

package headless

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
	"github.com/gpubuffers/gpubuffers/tests/model"
)

var (
	programs      = flag.Int("programs", 40, "how many programs are performed on each surface")
	firstProgram  = flag.Uint64("programs.first", 0, "the seed of the first")
	programLength = flag.Int("programs.length", 60, "how many operations each has")
)

// surfaces are what programs are performed on in a browser. A script has the page perform them: it makes a global function
// of a program's text and patience, which resolves with the steps.
var surfaces = []struct {
	name   string
	on     model.Surface
	script string
}{
	{"api", model.Browser, `new Promise((resolve, reject) => {
		document.head.append(Object.assign(document.createElement("script"), { src: "/model/wasm_exec.js", onload: resolve, onerror: reject }));
	}).then(() => {
		globalThis.go = new Go();
		return WebAssembly.instantiateStreaming(fetch("/model/program.wasm"), go.importObject);
	}).then(({ instance }) => void go.run(instance))`},
	{"functions", model.Functions, performOn("/model/functions.js")},
	{"module", model.Module, performOn("/gpubuffers.js")},
}

// performOn has JavaScript perform programs on systems that a module opens.
func performOn(module string) string {
	return `Promise.all([import("/model/perform.js"), import("` + module + `")]).then(([{ perform }, { open }]) => {
		globalThis.performProgram = (text, patience) => perform(open, text, patience);
	})`
}

// The programs of package model do in a browser what the model says.
func TestPrograms(t *testing.T) {
	for _, s := range surfaces {
		t.Run(s.name, func(t *testing.T) {
			x := openPerformer(t, s.on, s.script)
			x.checkFound(t)
			for i := range *programs {
				x.check(t, x.draw(rand.New(rand.NewPCG(*firstProgram+uint64(i), 0))))
			}
			t.Logf("%d operations, and %d of things that were not there; %d programs twice since something waited", x.performed, x.skipped, x.again)
		})
	}
}

// Every kind of operation that can be performed in JavaScript is.
func TestEveryKindIsPerformedInJavaScript(t *testing.T) {
	x := openPerformer(t, model.Module, performOn("/gpubuffers.js"))
	performed := browser.Eval[[]string](x.Page, `import("/model/operations.js").then((m) => Object.keys(m.operations))`)
	require.ElementsMatch(t, model.KindsOn(model.Module), performed)
	require.Subset(t, performed, model.KindsOn(model.Functions))
}

// performer performs programs on a page, and counts their operations.
type performer struct {
	*browser.Page
	on                 model.Surface
	performed, skipped int
	again              int // how many programs were performed once more
}

func openPerformer(t *testing.T, on model.Surface, script string) *performer {
	t.Helper()
	serveScripts(t, "module", "model")
	serve(t, "/model/wasm_exec.js", filepath.Join("..", "..", "web", "wasm_exec.js"))
	serve(t, "/model/program.wasm", jsBinary(t, "build", "./tests/headless/modelprogram"))
	p := browser.Open(t, browser.Blank, browser.Timeout(time.Hour), browser.Faulty())
	browser.Eval[browser.Void](p, script)
	return &performer{Page: p, on: on}
}

// draw makes a program of all kinds of operation, or of a few.
func (x *performer) draw(r *rand.Rand) model.Program {
	if r.IntN(2) == 0 {
		return model.Draw(r, *programLength)
	}
	return model.DrawFew(r, *programLength, x.on)
}

// checkFound performs the programs that have failed once, on whatever surface.
func (x *performer) checkFound(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "model", "testdata", "programs", "*.txt"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := model.Parse(string(text))
		require.NoError(t, err)
		x.check(t, p)
	}
}

// check performs a program. Where it fails it prints the shortest that does.
func (x *performer) check(t *testing.T, p model.Program) {
	t.Helper()
	err := x.run(p)
	if err == nil {
		return
	}
	p = model.Shrink(p, func(q model.Program) bool {
		again := x.run(q)
		if again != nil {
			err = again
		}
		return again != nil
	})
	t.Fatalf("%v\n%s", err, p)
}

// run performs a program and compares it with the model. If something waits for too long it performs it once more with
// more patience.
func (x *performer) run(p model.Program) error {
	err := x.perform(p, 1)
	if errors.Is(err, model.ErrWaits) {
		x.again++
		err = x.perform(p, 10)
	}
	return err
}

func (x *performer) perform(p model.Program, patience int) error {
	j := model.NewJudge(p, x.on)
	var steps []model.Step
	trace := browser.Eval[string](x.Page, fmt.Sprintf("performProgram(%q, %d)", j.Program, patience))
	if err := json.Unmarshal([]byte(trace), &steps); err != nil {
		return err
	}
	for _, step := range steps {
		if step.Result != nil && step.Result.Skipped {
			x.skipped++
		} else {
			x.performed++
		}
		if err := j.Take(step); err != nil {
			return err
		}
	}
	return nil
}
