package main

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gpubuffers/gpubuffers/tests/soak"
)

// reportSoaks makes the tables and plots of docs/reliability.md out of the files of soaks.
func reportSoaks(docs string, files []string) error {
	if err := os.MkdirAll(filepath.Join(docs, "plots"), 0o755); err != nil {
		return err
	}
	var text strings.Builder
	for _, file := range files {
		run, err := soak.Read(file)
		if err != nil {
			return err
		}
		plot := strings.TrimSuffix(filepath.Base(file), ".json") + ".svg"
		if err := drawSoak(run, filepath.Join(docs, "plots", plot)); err != nil {
			return err
		}
		writeSoak(&text, run, plot)
	}
	return replaceGenerated(filepath.Join(docs, "reliability.md"), text.String())
}

// drawSoak has a line for each series that is not zero: its values over the median of its second quarter.
func drawSoak(run *soak.Run, path string) error {
	p, legend := plot.New(), plot.NewLegend()
	p.Add(plotter.NewGrid())
	legend.Top, legend.Left, legend.Padding = true, true, vg.Millimeter
	p.Title.Text = run.Where
	p.X.Label.Text, p.Y.Label.Text = "frames", "to the median of the second quarter"
	drawn := 0
	for _, s := range run.Series {
		before := s.Before()
		if before == 0 {
			continue
		}
		points := make(plotter.XYs, len(s.Values))
		for i, value := range s.Values {
			points[i] = plotter.XY{X: float64((i + 1) * run.Every), Y: value / before}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.Color = palette[drawn%len(palette)]
		drawn++
		p.Add(line)
		legend.Add(s.Name, line)
	}
	p.Y.Min, p.Y.Max = 0, 2 // whatever a single sample is
	return save(p, legend, path)
}

// palette are the colors of the competitors, in an order that stays.
var palette = func() (list []color.Color) {
	for _, name := range slices.Sorted(maps.Keys(colors)) {
		list = append(list, colors[name])
	}
	return list
}()

func writeSoak(w io.Writer, run *soak.Run, plot string) {
	fmt.Fprintf(w, "\n### %s\n\n", run.Where)
	fmt.Fprintf(w, "%d frames in %v, a sample after each %d. Commit %s, %s, seed %d.\n", run.Frames, run.Took.Round(time.Second), run.Every, run.Commit, run.Date, run.Seed)
	fmt.Fprintf(w, "\n![%s](plots/%s)\n", run.Where, plot)
	fmt.Fprint(w, "\n| median of | the second quarter | the last | that may be noise |\n|---|---:|---:|---:|\n")
	for _, s := range run.Series {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", s.Name, figure(s.Before()), figure(s.After()), figure(s.Noise))
	}
	fmt.Fprintf(w, "\nDone: %s.\n", counted(run.Counts))
}

func figure(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// counted names what was done, the most frequent first.
func counted(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names, ", ")
}
