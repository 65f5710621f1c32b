package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/soak"
)

func sample(t *testing.T, dir string) string {
	t.Helper()
	cell := func(size uint64, explain string) results.Cell {
		c := results.Cell{Workload: "upload", Size: size, Unit: results.Milliseconds, Bytes: size, Results: []results.Result{
			{Competitor: results.HandWritten, Path: "one | two", Median: float64(size) / 1e6, Rounds: 1},
			{Competitor: "three.js", Median: float64(size) / 5e5, Lower: float64(size) / 6e5, Upper: float64(size) / 4e5, Rounds: 3},
			{Competitor: "TypeGPU", Error: "checksum"},
			{Competitor: results.Ours, Median: float64(size) / 8e5, Rounds: 1, Explain: explain},
			{Competitor: results.OnePath, Path: "queue: write", Median: float64(size) / 5e5, Rounds: 1},
			{Competitor: results.OnePath, Path: "queue: upload", Median: float64(size) / 8e5, Rounds: 1},
			{Competitor: results.OnePath, Path: "ring: write", Median: float64(size) / 1e6, Rounds: 1},
		}}
		c.Compare()
		return c
	}
	regret := func(number int, regret float64) results.Regret {
		return results.Regret{Number: number, Description: "burst", Engine: regret, Best: 1, BestPath: "ring", Regret: regret, Noise: 1.01, First: 3}
	}
	run := &results.Run{Seed: 5, Regrets: []results.Regret{regret(0, 1), regret(1, 2), {Number: 2, Description: "lost", Error: "a device was lost"}}, Commit: "abc", Adapter: results.Adapter{Vendor: "v"}, Cells: []results.Cell{cell(256, `{"path": "queue"}`), cell(64<<20, "")},
		Competitors: []results.Competitor{{Name: results.HandWritten}, {Name: "three.js", Version: "r1"}, {Name: "TypeGPU"}}}
	path := filepath.Join(dir, "sample.json")
	if err := run.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestReportIsTheSameEachTimeAndKeepsTheProse(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "performance.md")
	if err := os.WriteFile(page, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := sample(t, dir)
	var pages, plots [2]string
	for i := range 2 {
		if err := report(dir, []string{file}); err != nil {
			t.Fatal(err)
		}
		pages[i], plots[i] = read(t, page), read(t, filepath.Join(dir, "plots", "sample-upload.svg"))
	}
	if pages[0] != pages[1] || plots[0] != plots[1] {
		t.Error("two reports of the same results differ")
	}
	want := "before\n" + begin + `
### How many times as fast as the others

The median of the workloads with the quartiles, and in how many of them the other is faster. Below 1 the other is faster. Each takes its best path.

| than | v (0 CPUs) |
|---|---:|
| three.js | 1.60 (1.60 to 1.60); in 0 of 2 the other |
| hand-written | 0.80 (0.80 to 0.80); in 2 of 2 the other |

**v (0 CPUs)**

| times as fast as | three.js | hand-written |
|---|---:|---:|
| upload, 256 B | 1.60 | 0.80 |
| upload, 64 MiB | 1.60 | 0.80 |

### v (0 CPUs)

, commit abc, , plan . three.js r1.

![upload, v ](plots/sample-upload.svg)

![regret, v ](plots/sample-regret.svg)

**upload**

| | 256 B | 64 MiB |
|---|---:|---:|
| hand-written | 0.256 us, 1.00x | 67.1 ms, 1 GB/s, 1.00x |
| three.js | 0.512 us (0.427 us to 0.64 us), 2.00x | 134 ms (112 ms to 168 ms), 0.5 GB/s, 2.00x |
| TypeGPU | failed | failed |

Best by hand: 256 B: one | two; 64 MiB: one | two.

The engine's choice, and the path that it chose alone, to the best of its paths alone: 256 B: 1.25x, 1.25x (ring: write); 64 MiB: 1.25x (ring: write).

**regret**

3 random workloads, seed 5. The engine's median over that of the best of its paths alone.

| | p50 | p90 | p99 | most |
|---|---:|---:|---:|---:|
| engine | 1.50 | 1.90 | 1.99 | 2.00 |
| noise floor | 1.01 | 1.01 | 1.01 | 1.01 |
| engine, first second | 3.00 | 3.00 | 3.00 | 3.00 |

| the worst | regret | noise | first second | engine | best alone |
|---|---:|---:|---:|---:|---|
| 1: burst | 2.00 | 1.01 | 3.00 | 2 ms | 1 ms, ring |
| 0: burst | 1.00 | 1.01 | 3.00 | 1 ms | 1 ms, ring |
| 2: lost | failed | | | | |
` + end + "after\n"
	if pages[0] != want {
		t.Errorf("got:\n%s\nwant:\n%s", pages[0], want)
	}
}

func TestReportOfSoaks(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "reliability.md")
	if err := os.WriteFile(page, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run := soak.Run{Where: "here", Commit: "abc", Date: "then", Seed: 1, Frames: 800, Every: 100, Took: time.Minute,
		Counts: map[string]int{"frame": 800, "fault": 2},
		Series: []soak.Series{{Name: "heap", Noise: 8, Values: []float64{1, 2, 3, 4, 5, 6, 7, 8.25}}, {Name: "leaks", Values: make([]float64, 8)}}}
	file := filepath.Join(dir, "soak.json")
	if err := run.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := reportSoaks(dir, []string{file}); err != nil {
		t.Fatal(err)
	}
	want := "before\n" + begin + `
### here

800 frames in 1m0s, a sample after each 100. Commit abc, then, seed 1.

![here](plots/soak.svg)

| median of | the second quarter | the last | that may be noise |
|---|---:|---:|---:|
| heap | 4 | 8.2 | 8 |
| leaks | 0 | 0 | 0 |

Done: frame 800, fault 2.
` + end + "after\n"
	if got := read(t, page); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if !strings.Contains(read(t, filepath.Join(dir, "plots", "soak.svg")), "heap") {
		t.Error("no line of the heap")
	}
}

func TestPageWithoutMarkersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "performance.md")
	if err := os.WriteFile(page, []byte("prose\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := report(dir, []string{sample(t, dir)}); err == nil {
		t.Error("no error")
	}
	if read(t, page) != "prose\n" {
		t.Error("the page changed")
	}
}
