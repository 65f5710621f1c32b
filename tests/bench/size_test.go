//go:build !js

package bench

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

const sizeWorkload = "size"

// forms are how files are downloaded.
var forms = []string{"raw", "gzip", "brotli"}

// downloads are the files of a competitor, by patterns. Those of libraries hold what the benchmark uses of them.
var downloads = []struct {
	competitor string
	files      []string
}{
	{"gpubuffers", []string{"../../web/gpubuffers.wasm", "../../web/gpubuffers.js"}},
	{"three.js", []string{"page/dist/three.js"}},
	{"TypeGPU", []string{"page/dist/typegpu.js"}},
	{"luma.gl", []string{"page/dist/luma.js"}},
	{"PlayCanvas", []string{"page/dist/playcanvas.js"}},
}

// sizes tells how many bytes a page downloads. Brotli is known of files that were compressed beforehand,
// which those of libraries were not.
func (m *measurement) sizes(form string) results.Cell {
	cell := results.Cell{Workload: sizeWorkload + ", " + form, Unit: results.Bytes}
	for _, d := range downloads {
		if !m.takesPart(d.competitor) {
			continue
		}
		total := 0.0
		for _, file := range filesOf(m.t, d.files) {
			size, err := sizeOf(file, form)
			if errors.Is(err, fs.ErrNotExist) {
				total = 0
				break
			}
			require.NoError(m.t, err)
			total += float64(size)
		}
		if total > 0 {
			cell.Results = append(cell.Results, results.Result{Competitor: d.competitor, Median: total, Minimum: total, Rounds: 1})
		}
	}
	return cell
}

// filesOf are the files that match the patterns; a pattern that none matches stands for itself.
func filesOf(t *testing.T, patterns []string) (files []string) {
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		if len(found) == 0 {
			found = []string{pattern}
		}
		files = append(files, found...)
	}
	return files
}

func (m *measurement) takesPart(name string) bool {
	return slices.ContainsFunc(m.run.Competitors, func(c results.Competitor) bool { return c.Name == name })
}

func sizeOf(file, form string) (int, error) {
	path := filepath.FromSlash(file)
	if form == "brotli" {
		return compressedSize(path)
	}
	content, err := os.ReadFile(path)
	if err != nil || form != "gzip" {
		return len(content), err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	w.Write(content)
	return packed.Len(), w.Close()
}

// compressedSize is that of a file compressed since it was last written.
func compressedSize(path string) (int, error) {
	plain, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	packed, err := os.Stat(path + ".br")
	if err != nil {
		return 0, err
	}
	if packed.ModTime().Before(plain.ModTime()) {
		return 0, fs.ErrNotExist
	}
	return int(packed.Size()), nil
}
