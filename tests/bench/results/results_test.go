package results

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		samples                       []float64
		minimum, lower, median, upper float64
	}{
		{[]float64{3}, 3, 3, 3, 3},
		{[]float64{5, 1, 3}, 1, 2, 3, 4},
		{[]float64{4, 1, 9, 2}, 1, 1.75, 3, 5.25},
	} {
		var r Result
		r.Summarize(c.samples)
		require.Equal(t, Result{Median: c.median, Minimum: c.minimum, Lower: c.lower, Upper: c.upper, Rounds: len(c.samples)}, r)
	}
}

func cell() Cell {
	return Cell{Workload: "upload", Size: 1 << 20, Unit: Milliseconds, Bytes: 1 << 20, Results: []Result{
		{Competitor: HandWritten, Path: "slow", Median: 4, Minimum: 3, Rounds: 2},
		{Competitor: HandWritten, Path: "best", Median: 2, Minimum: 2, Lower: 1.5, Upper: 2.5, Rounds: 2},
		{Competitor: HandWritten, Path: "wrong", Median: 1, Rounds: 1, Error: "checksum"},
		{Competitor: "other", Median: 3, Minimum: 1, Rounds: 2},
		{Competitor: "none", Error: "took longer than 1 s"},
	}}
}

func TestRatiosReferToTheBestHandWrittenPathThatIsRight(t *testing.T) {
	c := cell()
	c.Compare()
	require.Equal(t, "best", c.Reference)
	require.Equal(t, []float64{2, 1, 0, 1.5, 0}, []float64{c.Results[0].Ratio, c.Results[1].Ratio, c.Results[2].Ratio, c.Results[3].Ratio, c.Results[4].Ratio})
}

func TestTableShowsWhatFailedLast(t *testing.T) {
	c := cell()
	c.Compare()
	var b strings.Builder
	c.WriteTable(&b)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Equal(t, "upload, 1 MiB", lines[0])
	require.Regexp(t, `hand-written +best +2 ms +1.5 ms to 2.5 ms +min 2 ms +0.524 GB/s +1.00x +2 rounds`, lines[1])
	require.Contains(t, lines[2], "other")
	require.Contains(t, lines[4], "failed: took longer")
	require.Contains(t, lines[5], "failed: checksum")
}

func TestRunSurvivesItsFile(t *testing.T) {
	run := &Run{Date: "2030-01-02T03:04:05Z", Browser: "Chrome/1", Adapter: Adapter{Vendor: "v", CPUs: 2}, Cells: []Cell{cell()}}
	path := filepath.Join(t.TempDir(), "folder", "run.json")
	require.NoError(t, run.Write(path))
	read, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, run, read)
}

func TestRegretIsToTheBestPathAndNoiseToTheSamePath(t *testing.T) {
	var g Regret
	g.Measure([]float64{6, 4, 5}, []float64{8, 12}, []Series{{"slow", []float64{10}}, {"best", []float64{2, 3, 2}}}, Series{"slow", []float64{11}})
	require.Equal(t, Regret{Engine: 5, Best: 2, BestPath: "best", Rounds: 3, Regret: 2.5, Noise: 1.1, First: 5}, g)
}

func TestRegretWithoutSamplesIsAnError(t *testing.T) {
	var g Regret
	g.Measure(nil, nil, nil, Series{})
	require.Equal(t, "no samples", g.Error)
	require.Empty(t, (&Run{Regrets: []Regret{g}}).Regretted(func(g *Regret) float64 { return g.Regret }))
}
