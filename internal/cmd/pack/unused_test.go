package main

import (
	"bytes"
	"encoding/binary"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	pathpkg "path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// buildProgram builds Go for WebAssembly, and gives the module.
func buildProgram(t *testing.T, what string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, what)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	wasm, err := os.ReadFile(path)
	require.NoError(t, err)
	return wasm
}

func writeProgram(t *testing.T, source string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
	return path
}

func TestAPartThatIsUsedIsRefused(t *testing.T) {
	for statement, want := range map[string]string{
		"println(time.Unix(int64(len(os.Args)), 0).Format(time.RFC3339))":         "which was not to be used",
		"println(time.Unix(int64(len(os.Args)), 0).String())":                     "which was not to be used",
		"time.Sleep(time.Duration(len(os.Args))); runtime.SetBlockProfileRate(1)": "there is runtime.SetBlockProfileRate",
	} {
		_, err := pack(buildProgram(t, writeProgram(t, "package main\n\nimport (\"os\"; \"runtime\"; \"time\")\n\nfunc main() { "+statement+"; runtime.GC() }\n")))
		require.ErrorContains(t, err, want, statement)
	}
}

// readModule reads what pack knows of a module before it changes anything.
func readModule(t *testing.T, wasm []byte) (c code, all []string, p *pointers, imported uint64) {
	t.Helper()
	m, err := parse(wasm)
	require.NoError(t, err)
	memory, err := joinSegments(m.section(dataSection).body)
	require.NoError(t, err)
	table, err := findTable(memory)
	require.NoError(t, err)
	functions, err := table.functions()
	require.NoError(t, err)
	all, err = table.allNames(functions)
	require.NoError(t, err)
	c, err = readCode(m.section(codeSection).body, functions)
	require.NoError(t, err)
	imported, err = importedFunctions(m.section(importSection).body)
	require.NoError(t, err)
	p = findPointers(memory, table)
	require.NoError(t, p.addExports(m.section(exportSection).body, imported))
	return c, all, p, imported
}

// Each part is still one of the module's, and has its bytes left out.
func TestEveryPartIsOneOfTheModule(t *testing.T) {
	c, all, p, imported := readModule(t, buildProgram(t, "../../../wasm"))
	whole, err := c.reach(all, p, imported, nil)
	require.NoError(t, err)
	for i := range unusedParts {
		used, err := c.reach(all, p, imported, unusedParts[i:i+1])
		require.NoError(t, err)
		n, size := 0, 0
		for row := range used {
			if whole[row] && !used[row] {
				n, size = n+1, size+len(c[row])
			}
		}
		t.Logf("%d functions, %d bytes: %s", n, size, unusedParts[i].why)
		require.Positive(t, n, unusedParts[i].why)
	}
}

// The linker leaves out what nothing leads to, so nothing of that kind is left. It keeps some that are inlined wherever they
// are called.
func TestTheLinkerFindsTheSameFunctionsUnused(t *testing.T) {
	c, all, p, imported := readModule(t, buildProgram(t, "../../../wasm"))
	used, err := c.reach(all, p, imported, nil)
	require.NoError(t, err)
	size := 0
	for row := range used {
		if !used[row] {
			t.Log(len(c[row]), all[row])
			size += len(c[row])
		}
	}
	require.Less(t, size, 3000)
	require.Greater(t, len(p.values), 200, "function values")
}

// It follows only calls, so it must see each of the ways by which a function is reached without one.
func TestEveryWayToAFunctionIsSeen(t *testing.T) {
	wasm := buildProgram(t, writeProgram(t, `package main

type doer interface{ do() }

type first struct{}

//go:noinline
func (first) do() { println("method of an interface") }

type second struct{ n int }

//go:noinline
func (*second) do() { println("method found by its name") }

//go:noinline
func value() { println("value") }

//go:noinline
func deferred() { println("deferred") }

//go:noinline
func started(done chan int) { println("started"); close(done) }

var variable = map[string]func(){"value": value}

//go:noinline
func closure(n int) func() { return func() { println("closure", n) } }

//go:noinline
func assert(v any) { v.(doer).do() }

func main() {
	defer deferred()
	done := make(chan int)
	go started(done)
	<-done
	variable["value"]()
	closure(7)()
	var d doer = first{}
	d.do()
	assert(&second{})
	f := d.do
	f()
}
`))
	path := filepath.Join(t.TempDir(), "packed.wasm")
	require.NoError(t, os.WriteFile(path, wasm, 0o600))
	require.NoError(t, run(path))
	require.Equal(t, "started\nvalue\nclosure 7\nmethod of an interface\nmethod found by its name\nmethod of an interface\ndeferred\n", runInNode(t, path, 0))
}

func TestSilentFunctionsHaveNoResults(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	n := 0
	for _, folder := range []string{"runtime", "internal/godebug", "internal/cpu"} {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(goroot)), "src", filepath.FromSlash(folder), "*.go"))
		require.NoError(t, err)
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if ok && f.Recv == nil && file.Name.Name == pathpkg.Base(folder) && silent.MatchString(folder+"."+f.Name.Name) {
					n++
					require.Nil(t, f.Type.Results, f.Name.Name)
				}
			}
		}
	}
	require.Equal(t, 18, n, "functions")
}

// The settings of a module whose go.mod names an older version of Go would be read.
func TestTheModuleHasNoDefaultForGODEBUG(t *testing.T) {
	list := exec.Command("go", "list", "-f", "{{.DefaultGODEBUG}}", ".")
	list.Dir = "../../../wasm"
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, strings.TrimSpace(string(out)))
}

// A module that writes numbers with a point keeps the powers of ten, and others do not.
func TestPowersOfTen(t *testing.T) {
	table := binary.LittleEndian.AppendUint64(nil, powersOfTen.first)
	path := filepath.Join(t.TempDir(), "packed.wasm")
	for call, kept := range map[string]bool{`strconv.FormatFloat(0.3*float64(len(os.Args)), 'g', -1, 64)`: true, `strconv.Itoa(len(os.Args))`: false} {
		wasm := buildProgram(t, writeProgram(t, "package main\n\nimport (\"os\"; \"strconv\")\n\nfunc main() { println("+call+") }\n"))
		require.Contains(t, string(wasm), string(table))
		require.NoError(t, os.WriteFile(path, wasm, 0o600))
		want := runInNode(t, path, 0)
		require.NoError(t, run(path))
		packed, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, kept, bytes.Contains(packed, table), call)
		require.Equal(t, want, runInNode(t, path, 0))
	}
}

func TestCallsOfABody(t *testing.T) {
	found, err := references([]byte{
		1, 2, i32, // two locals
		0x02, noType, i64Const, 0x80, 0x7f, f64Const, 1, 2, 3, 4, 5, 6, 7, 0x10, 0x1a, f32Const, 0x10, 0, 0, 0, 0x1a, 0x1a,
		0x20, 0x10, i32Load, 2, 0x10, callOp, 0x85, 0x01, brTableOp, 1, 0x10, 0, callIndirect, 0x10, 0,
		prefixed, 3, prefixed, memoryCopy, 0, 0, prefixed, memFill, 0, memorySize, 0, callOp, 7, end, end,
	})
	require.NoError(t, err)
	require.Equal(t, []uint64{133, 7}, found.called)
	for _, unknown := range [][]byte{{0, 0xd2, 0}, {0, prefixed, 12, 0, 0}} {
		_, err := references(unknown)
		require.ErrorIs(t, err, errInstruction)
	}
}

func TestCodeOfAnotherTableIsRefused(t *testing.T) {
	body := code{trap, trap}.encode()
	row := func(entry uint32) function {
		f := make(function, funcSize)
		f.set(entryAt, entry)
		return f
	}
	_, err := readCode(body, []function{row(firstEntry), row(firstEntry + 1)})
	require.NoError(t, err)
	_, err = readCode(body, []function{row(firstEntry), row(firstEntry + 2)})
	require.ErrorIs(t, err, errTable)
	_, err = readCode(body, make([]function, 3))
	require.ErrorIs(t, err, errTable)
	_, err = readCode([]byte(strings.Repeat("\x7f", 3)), nil)
	require.ErrorIs(t, err, errCut)
}
