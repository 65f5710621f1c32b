package main

import (
	"os"
	"os/exec"
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
	for call, want := range map[string]string{
		"time.Unix(int64(len(os.Args)), 0).Format(time.RFC3339)": "which was not to be used",
		"time.Unix(int64(len(os.Args)), 0).String()":             "which was not to be used",
	} {
		_, err := pack(buildProgram(t, writeProgram(t, "package main\n\nimport (\"os\"; \"time\")\n\nfunc main() { println("+call+") }\n")))
		require.ErrorContains(t, err, want, call)
	}
}

// Each part is still one of the module's, and has its bytes left out.
func TestEveryPartIsOneOfTheModule(t *testing.T) {
	m, err := parse(buildProgram(t, "../../../wasm"))
	require.NoError(t, err)
	memory, err := joinSegments(m.section(dataSection).body)
	require.NoError(t, err)
	table, err := findTable(memory)
	require.NoError(t, err)
	functions, err := table.functions()
	require.NoError(t, err)
	imported, err := importedFunctions(m.section(importSection).body)
	require.NoError(t, err)
	for i, p := range unusedParts {
		c, err := readCode(m.section(codeSection).body, functions)
		require.NoError(t, err)
		before := len(c.encode())
		dropped, err := table.dropUnused(c, functions, imported, unusedParts[i:i+1])
		require.NoError(t, err)
		n := 0
		for _, d := range dropped {
			if d {
				n++
			}
		}
		t.Logf("%d functions, %d bytes: %s", n, before-len(c.encode()), p.why)
		require.Greater(t, n, 2, p.why)
	}
}

func TestCallsOfABody(t *testing.T) {
	called, err := calls([]byte{
		1, 2, i32, // two locals
		0x02, noType, i64Const, 0x80, 0x7f, f64Const, 1, 2, 3, 4, 5, 6, 7, 0x10, 0x1a, f32Const, 0x10, 0, 0, 0, 0x1a, 0x1a,
		0x20, 0x10, i32Load, 2, 0x10, callOp, 0x85, 0x01, brTableOp, 1, 0x10, 0, callIndirect, 0x10, 0,
		prefixed, 3, prefixed, memoryCopy, 0, 0, prefixed, memFill, 0, memorySize, 0, callOp, 7, end, end,
	})
	require.NoError(t, err)
	require.Equal(t, []uint64{133, 7}, called)
	for _, unknown := range [][]byte{{0, 0xd2, 0}, {0, prefixed, 12, 0, 0}} {
		_, err := calls(unknown)
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
