package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func segmentOf(address uint64, data ...byte) []byte {
	s := appendSigned([]byte{activeSegment, i32Const}, address)
	s = appendUnsigned(append(s, end), uint64(len(data)))
	return append(s, data...)
}

func section11(segments ...[]byte) []byte {
	body := appendUnsigned(nil, uint64(len(segments)))
	for _, s := range segments {
		body = append(body, s...)
	}
	return body
}

func TestSegmentsAreJoined(t *testing.T) {
	m, err := joinSegments(section11(segmentOf(4102, 4), segmentOf(4096, 1, 2), segmentOf(4098, 3)))
	require.NoError(t, err)
	require.Equal(t, image{4096, []byte{1, 2, 3, 0, 0, 0, 4}}, *m)
	again, err := joinSegments(m.encode())
	require.NoError(t, err)
	require.Equal(t, m, again)
}

func TestLongRunsOfZerosAreLeftOut(t *testing.T) {
	zeros := make([]byte, gap)
	m := image{4096, slices.Concat([]byte{1}, zeros[1:], []byte{2}, zeros, []byte{3}, zeros, zeros, []byte{0, 0, 4, 0})}
	require.Equal(t, []segment{{4096, m.bytes[:1+gap]}, {4096 + 1 + 2*gap, []byte{3}}, {4096 + 4 + 4*gap, []byte{4, 0}}}, m.segments())
	again, err := joinSegments(m.encode())
	require.NoError(t, err)
	require.Equal(t, m, *again)
	require.Empty(t, (&image{4096, zeros}).segments())
}

func TestSegmentsThatAreRefused(t *testing.T) {
	for name, body := range map[string][]byte{
		"overlap":  section11(segmentOf(8, 1, 2), segmentOf(9, 3)),
		"passive":  section11([]byte{1, 1, 7}),
		"computed": section11([]byte{activeSegment, 0x23, 0, end, 0}),
		"cut":      section11(segmentOf(8, 1, 2, 3))[:8],
	} {
		_, err := joinSegments(body)
		require.Error(t, err, name)
	}
}

func TestNumbers(t *testing.T) {
	for _, n := range []uint64{0, 1, 63, 64, 127, 128, 8191, 8192, 1<<31 - 1} {
		for _, append := range []func([]byte, uint64) []byte{appendUnsigned, appendSigned} {
			r := reader{append(nil, n)}
			require.Equal(t, n, r.unsigned())
			require.Empty(t, r.rest)
		}
		signed := appendSigned(nil, n)
		require.Zero(t, signed[len(signed)-1]&0x40, "%d is not negative", n)
	}
}

func TestModulesThatAreRefused(t *testing.T) {
	_, err := pack([]byte("not a module"))
	require.ErrorContains(t, err, "not a WebAssembly module")
	_, err = pack([]byte(preamble + "\x0b\x7f"))
	require.ErrorIs(t, err, errCut)
	_, err = pack(module{{dataSection, section11(segmentOf(0, 1, 2, 3))}}.encode())
	require.ErrorIs(t, err, errTable)
}

func TestImportsAreCounted(t *testing.T) {
	function, memory := []byte{1, 'm', 1, 'f', 0, 9}, []byte{1, 'm', 1, 'g', 2, 0, 1}
	count, err := importedFunctions(slices.Concat([]byte{2}, function, function))
	require.NoError(t, err)
	require.EqualValues(t, 2, count)
	_, err = importedFunctions(slices.Concat([]byte{2}, function, memory))
	require.Error(t, err)
	_, err = importedFunctions([]byte{1, 7, 'm'})
	require.ErrorIs(t, err, errCut)
}

const program = `package main

import ("runtime"; "strings")

type node struct { next *node; text string }

func grow(n int) (head *node) {
	for i := range n {
		head = &node{head, strings.Repeat("x", i%100)}
		if i%1000 == 0 { runtime.GC() }
	}
	return head
}

func broken() { var n *node; println(n.text) }

type length struct { n *int }

func (l length) get() int { return *l.n }

type getter interface { get() int }

var getters = []getter{(*length)(nil)}

type inner struct{}

func (inner) leave() { mend() }

type outer struct{ *inner }

type leaver interface { leave() }

// Called by a method that is inlined into a wrapper: too far from the panic to recover.
//go:noinline
func mend() { println("mended", recover() != nil) }

func main() {
	println("goroutines", runtime.NumGoroutine()) // but for those of package runtime
	func() {
		defer func() { println("not mended", recover() != nil) }()
		defer leaver(outer{&inner{}}).leave()
		panic("inlined")
	}()
	func() {
		defer func() { _, ok := recover().(runtime.Error); println("wrapper", ok) }()
		for _, g := range getters { g.get() }
	}()
	total := 0
	for n := grow(20000); n != nil; n = n.next { total += len(n.text) }
	println(total)
	func() {
		defer func() { println(recover().(error).Error()) }()
		broken()
	}()
	broken()
}
`

// A packed program collects garbage, recovers and tells of a panic as before, but for where it was.
func TestPackedProgramRuns(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600))
	path := filepath.Join(dir, "program.wasm")
	build := exec.Command("go", "build", "-o", path, filepath.Join(dir, "main.go"))
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	before := runInNode(t, path, 2)
	require.Contains(t, before, "goroutines 1\nmended false\nnot mended true\nwrapper true\n990000\n")
	require.NoError(t, run(path))
	after := runInNode(t, path, 2)

	require.Contains(t, before, "main.go:")
	require.NotContains(t, after, "main.go:")
	require.Contains(t, before, "main.broken(")
	require.NotContains(t, after, "main.broken(")
	require.NotContains(t, after, "goroutine 1 [running]")
	require.Equal(t, untilTrace(before), strings.TrimSpace(after))

	require.NoError(t, run(path), "packed again")
	require.Equal(t, after, runInNode(t, path, 2))
}

func untilTrace(output string) string {
	head, _, _ := strings.Cut(output, "\ngoroutine ")
	return strings.TrimSpace(head)
}

// runInNode runs a program that ends by this code.
func runInNode(t *testing.T, path string, code int) string {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	node := exec.Command(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "go_js_wasm_exec"), path)
	node.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	out, err := node.CombinedOutput()
	if code == 0 {
		require.NoError(t, err, string(out))
		return string(out)
	}
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, string(out))
	require.Equal(t, code, exit.ExitCode(), string(out))
	return string(out)
}
