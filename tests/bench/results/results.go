// Package results holds the results of a benchmark run: the JSON file, and the table that people read.
package results

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Run is one run of the benchmark in one browser.
type Run struct {
	Date        string       `json:"date"` // RFC 3339, UTC
	Commit      string       `json:"commit"`
	Plan        string       `json:"plan"` // "quick", "full"
	Browser     string       `json:"browser"`
	Flags       []string     `json:"flags"`            // those that pick the GPU
	Driver      string       `json:"driver,omitempty"` // of the GPU, which a browser does not tell
	Adapter     Adapter      `json:"adapter"`
	Competitors []Competitor `json:"competitors"`
	Absent      []Absent     `json:"absent,omitempty"`
	Cells       []Cell       `json:"cells"`
	Seed        int64        `json:"seed,omitempty"` // of the random workloads
	Regrets     []Regret     `json:"regrets,omitempty"`
}

// Adapter is the browser's account of the GPU and of the processor beside it.
type Adapter struct {
	Vendor       string `json:"vendor"`
	Architecture string `json:"architecture"`
	Device       string `json:"device"`
	Description  string `json:"description"`
	Fallback     bool   `json:"fallback"`
	CPUs         int    `json:"cpus"`
}

// Competitor takes part in the run.
type Competitor struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Absent is a competitor that could not be loaded.
type Absent struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Units of a cell's figures.
const (
	Milliseconds = "ms" // an operation
	Bytes        = "bytes"
)

// Cell is one workload at one size, which counts bytes, updates or live buffers.
type Cell struct {
	Workload string `json:"workload"`
	Size     uint64 `json:"size"`
	Of       string `json:"of,omitempty"` // what it is of, if the size does not say it
	Unit     string `json:"unit"`
	// Bytes are moved by one operation; 0 if the workload moves none.
	Bytes uint64 `json:"bytes,omitempty"`
	// Reference is the path of hand-written JavaScript with the least median, or "". Ratios refer to it.
	Reference string   `json:"reference,omitempty"`
	Results   []Result `json:"results"`
	GPUErrors []string `json:"gpuErrors,omitempty"`
	// Error says why the cell has no results, or not all of them.
	Error string `json:"error,omitempty"`
}

// Competitors of their own meaning.
const (
	HandWritten = "hand-written"         // ratios refer to it
	Ours        = "gpubuffers"           // from JavaScript
	OnePath     = "gpubuffers, one path" // the same without a choice of paths
	PromiseEach = "hand-written, a promise each"
)

// Result is one competitor's, by one of the paths it has.
type Result struct {
	Competitor string  `json:"competitor"`
	Path       string  `json:"path,omitempty"`
	Median     float64 `json:"median"`
	Minimum    float64 `json:"minimum"`
	Lower      float64 `json:"lower,omitempty"` // the quartiles
	Upper      float64 `json:"upper,omitempty"`
	Rounds     int     `json:"rounds"`
	// Ratio is the median over that of the reference: below 1 is faster, or smaller.
	Ratio   float64 `json:"ratio,omitempty"`
	Error   string  `json:"error,omitempty"`
	Explain string  `json:"explain,omitempty"` // the engine's words on its choice
}

// Summarize sets median, minimum, quartiles and rounds.
func (r *Result) Summarize(samples []float64) {
	if len(samples) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(samples))
	r.Lower, r.Median, r.Upper = Quantile(sorted, 0.25), Quantile(sorted, 0.5), Quantile(sorted, 0.75)
	r.Minimum, r.Rounds = sorted[0], len(sorted)
}

// Quantile is the value below which the share q of the sorted samples lies, between two of them by their distance.
func Quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Measured reports whether the result has figures that may be shown.
func (r *Result) Measured() bool { return r.Rounds > 0 && r.Error == "" }

// Chosen is the path that the engine says it chose, or "".
func (r *Result) Chosen() string {
	var said struct{ Path string }
	if json.Unmarshal([]byte(r.Explain), &said) != nil {
		return ""
	}
	return said.Path
}

// Compare sets the reference and every ratio.
func (c *Cell) Compare() {
	reference := c.Best(HandWritten)
	if reference == nil {
		return
	}
	c.Reference = reference.Path
	for i := range c.Results {
		if r := &c.Results[i]; r.Measured() && reference.Median > 0 {
			r.Ratio = r.Median / reference.Median
		}
	}
}

// Best is the competitor's result with the least median, or nil.
func (c *Cell) Best(competitor string) *Result {
	var best *Result
	for i := range c.Results {
		r := &c.Results[i]
		if r.Competitor == competitor && r.Measured() && (best == nil || r.Median < best.Median) {
			best = r
		}
	}
	return best
}

// Commit is the name that git gives this commit, or "unknown".
func Commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// Read reads a file that Write wrote.
func Read(path string) (*Run, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	run := &Run{}
	return run, json.Unmarshal(data, run)
}

// Write writes the run, with the folders it needs.
func (r *Run) Write(path string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
