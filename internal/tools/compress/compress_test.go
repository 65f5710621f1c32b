package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

func folder(t *testing.T, files map[string]string) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root, dir
}

func compressed(t *testing.T, root *os.Root) string {
	t.Helper()
	return compressedBy(t, root, best)
}

func compressedBy(t *testing.T, root *os.Root, quality int) string {
	t.Helper()
	lines, err := compressAll(root, quality)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestOnlyAHigherQualityWritesAnew(t *testing.T) {
	root, dir := folder(t, map[string]string{"a.js": strings.Repeat("text ", 1000)})
	for _, c := range []struct {
		quality int
		writes  bool
	}{{5, true}, {5, false}, {2, false}, {best, true}, {5, false}, {best, false}} {
		if wrote := compressedBy(t, root, c.quality) != ""; wrote != c.writes {
			t.Errorf("quality %d: wrote is %v, want %v", c.quality, wrote, c.writes)
		}
		if br, gz := expand(t, dir, "a.js"); br != gz || br != strings.Repeat("text ", 1000) {
			t.Errorf("quality %d: content is another", c.quality)
		}
	}
}

func expand(t *testing.T, dir, name string) (br, gz string) {
	t.Helper()
	read := func(path string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	b, err := io.ReadAll(brotli.NewReader(bytes.NewReader(read(name + ".br"))))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(read(name + ".gz")))
	if err != nil {
		t.Fatal(err)
	}
	g, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), string(g)
}

func TestSiblingsHoldTheContent(t *testing.T) {
	text := strings.Repeat("export const answer = 42;\n", 500)
	root, dir := folder(t, map[string]string{"a.js": text, "examples/b.wasm": text, "photo.jpg": text})
	lines := compressed(t, root)
	for _, name := range []string{"a.js", "examples/b.wasm"} {
		if !strings.Contains(lines, name+": 13000 bytes") {
			t.Errorf("%s is not reported in %q", name, lines)
		}
		if br, gz := expand(t, dir, name); br != text || gz != text {
			t.Errorf("%s: the siblings hold something else", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "photo.jpg.br")); err == nil {
		t.Error("a picture was compressed")
	}
}

func TestOnlyChangedContentIsCompressed(t *testing.T) {
	root, dir := folder(t, map[string]string{"a.js": "one", "b.js": "two"})
	compressed(t, root)
	if lines := compressed(t, root); lines != "" {
		t.Errorf("compressed again: %q", lines)
	}

	later := time.Now().Add(time.Second)
	os.WriteFile(filepath.Join(dir, "a.js"), []byte("new"), 0o644)
	os.Chtimes(filepath.Join(dir, "b.js"), later.Add(-time.Minute), later.Add(-time.Minute))
	if lines := compressed(t, root); !strings.HasPrefix(lines, "a.js") || strings.Contains(lines, "b.js") {
		t.Errorf("compressed %q, want a.js only", lines)
	}
	if br, gz := expand(t, dir, "a.js"); br != "new" || gz != "new" {
		t.Errorf("siblings hold %q and %q", br, gz)
	}
}

func TestSiblingsAreNewerThanARewrittenFile(t *testing.T) {
	root, dir := folder(t, map[string]string{"a.js": "same"})
	compressed(t, root)
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"a.js.br", "a.js.gz"} {
		os.Chtimes(filepath.Join(dir, name), old, old)
	}
	compressed(t, root)
	file, _ := os.Stat(filepath.Join(dir, "a.js"))
	for _, name := range []string{"a.js.br", "a.js.gz"} {
		sibling, err := os.Stat(filepath.Join(dir, name))
		if err != nil || sibling.ModTime().Before(file.ModTime()) {
			t.Errorf("%s is older than the file: %v", name, err)
		}
	}
}

func TestDamagedSiblingsAreMadeAgain(t *testing.T) {
	text := strings.Repeat("text ", 1000)
	for _, damage := range []func(dir string){
		func(dir string) { os.Remove(filepath.Join(dir, "a.js.br")) },
		func(dir string) { os.Remove(filepath.Join(dir, "a.js.gz")) },
		func(dir string) { os.Truncate(filepath.Join(dir, "a.js.gz"), 100) },
	} {
		root, dir := folder(t, map[string]string{"a.js": text})
		compressed(t, root)
		damage(dir)
		compressed(t, root)
		if br, gz := expand(t, dir, "a.js"); br != text || gz != text {
			t.Error("the siblings were not made again")
		}
	}
}
