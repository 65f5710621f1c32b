//go:build !js

package bench

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var (
	planFlag       = flag.String("plan", "", "how long to measure: quick (under 10 minutes on two cores) or full (over an hour)")
	workloadFlag   = flag.String("workload", "", "regular expression of the workloads to measure; all by default")
	competitorFlag = flag.String("competitor", "", "regular expression of the competitors besides hand-written JavaScript; all by default")
	outFlag        = flag.String("out", filepath.Join("results", "latest.json"), "file for the results")
	driverFlag     = flag.String("driver", "", "the driver of the GPU to name in the results")
	commitFlag     = flag.String("commit", "", "the commit to name in the results; asked of git by default")
)

const (
	measureTimeout = 2 * time.Hour
	// cellTimeout bounds a cell: a case that does not end is left behind by the page much earlier.
	cellTimeout = 8 * time.Minute
)

// TestMeasure measures what the flags say, prints a table of each cell when it is done, and writes the
// results after each, so that a run which breaks off leaves what it found.
func TestMeasure(t *testing.T) {
	if *planFlag == "" {
		t.Skip("give -plan=quick or -plan=full to measure")
	}
	m := &measurement{t: t, run: &results.Run{}, plan: *planFlag, competitor: *competitorFlag, out: *outFlag}
	m.workload = regexp.MustCompile("(?i)" + *workloadFlag)
	m.everything()
	m.run.WriteTable(os.Stdout)
	require.False(t, len(m.run.Cells)+len(m.run.Regrets) == 0, "no workload matches -workload=%s", *workloadFlag)
	m.requireClean()
}

// measurement is a run in the making.
type measurement struct {
	t                     *testing.T
	run                   *results.Run
	plan, competitor, out string
	workload              *regexp.Regexp
}

// everything measures in the page first, then by loading pages, then the files.
func (m *measurement) everything() {
	servePage(m.t)
	// The watchdog ends a GPU process that is busy for long, as a software GPU on few cores is with the
	// largest transfers.
	page := browser.Open(m.t, browser.Blank, browser.Timeout(measureTimeout), browser.Own("--disable-gpu-watchdog"))
	openBench(page)
	m.describe(page)
	for _, c := range cells(page, m.plan) {
		if m.workload.MatchString(c.Workload) {
			m.add(m.inPage(page, c))
		}
	}
	if m.workload.MatchString(regretWorkload) {
		openBench(page) // without the other competitors
		m.regrets(page)
	}
	if m.workload.MatchString(readyWorkload) {
		m.add(m.ready("cold"))
		m.add(m.ready("warm"))
	}
	if m.workload.MatchString(sizeWorkload) {
		for _, form := range forms {
			m.add(m.sizes(form))
		}
	}
}

// add keeps a cell that was measured.
func (m *measurement) add(c results.Cell) {
	c.Compare()
	c.WriteTable(os.Stdout)
	m.run.Cells = append(m.run.Cells, c)
	m.keep()
}

// keep writes what there is so far, unless it is for nobody.
func (m *measurement) keep() {
	if m.out != "" {
		require.NoError(m.t, m.run.Write(m.out))
	}
}

// requireClean fails where something did not move what it should have.
func (m *measurement) requireClean() {
	for _, g := range m.run.Regrets {
		if g.Error != "" {
			m.t.Errorf("%s", &g)
		}
	}
	for _, c := range m.run.Cells {
		if c.Error != "" {
			m.t.Errorf("%s: %s", c.Title(), c.Error)
		}
		for _, e := range c.GPUErrors {
			m.t.Errorf("%s: GPU error: %s", c.Title(), e)
		}
		for _, r := range c.Results {
			if r.Error != "" {
				m.t.Errorf("%s: %s, %s: %s", c.Title(), r.Competitor, r.Path, r.Error)
			}
		}
	}
}
