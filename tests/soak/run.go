// Package soak judges programs that go on for long: whether anything grows meanwhile. Its tests are such a program on
// the GPU in memory; the one in Chrome is in tests/headless.
package soak

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

// Run is the record of a soak.
type Run struct {
	Where  string         `json:"where"`
	Date   string         `json:"date"` // RFC 3339, UTC
	Commit string         `json:"commit"`
	Seed   uint64         `json:"seed"`
	Frames int            `json:"frames"`
	Every  int            `json:"every"` // frames between two samples
	Took   time.Duration  `json:"took"`
	Counts map[string]int `json:"counts"` // how often something was done
	Series []Series       `json:"series"`
}

// Series is something that must not grow.
type Series struct {
	Name string `json:"name"`
	// Noise is how far it may grow though nothing is left behind.
	Noise  float64   `json:"noise"`
	Values []float64 `json:"values"`
}

// NewRun is a run of so many frames that begins now.
func NewRun(where string, seed uint64, frames int, series []Series) *Run {
	r := &Run{Where: where, Date: time.Now().UTC().Format(time.RFC3339), Commit: results.Commit(), Seed: seed, Frames: frames, Series: series}
	r.Every = frames / r.Samples()
	return r
}

// Samples is the number of samples taken.
func (r *Run) Samples() int { return max(8, min(r.Frames/100, 200)) }

// Sample appends a value to each series.
func (r *Run) Sample(values ...float64) {
	for i, value := range values {
		r.Series[i].Values = append(r.Series[i].Values, value)
	}
}

// Before and After are the medians of the second quarter and of the last. In the first quarter everything that is kept
// is made.
func (s *Series) Before() float64 { return median(s.Values[len(s.Values)/4 : len(s.Values)/2]) }
func (s *Series) After() float64  { return median(s.Values[len(s.Values)*3/4:]) }

func (s *Series) String() string {
	return fmt.Sprintf("%s: %g, then %g", s.Name, s.Before(), s.After())
}

// String has a line for the run and one for each series.
func (r *Run) String() string {
	text := fmt.Sprintf("%d frames in %v: %v", r.Frames, r.Took.Round(time.Second), r.Counts)
	for i := range r.Series {
		text += "\n" + r.Series[i].String()
	}
	return text
}

// Grown are the series that grew by more than noise.
func (r *Run) Grown() (grown []*Series) {
	for i := range r.Series {
		if s := &r.Series[i]; s.After()-s.Before() > s.Noise {
			grown = append(grown, s)
		}
	}
	return grown
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
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
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
