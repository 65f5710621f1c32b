package main

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

var regretColors = []color.Color{colors["gpubuffers"], color.Black, colors["three.js"]}

// drawRegret draws the distribution: the share of workloads that have a regret of at most so much.
func drawRegret(run *results.Run, folder, name string) ([]picture, error) {
	p, legend := plot.New(), plot.NewLegend()
	p.Add(plotter.NewGrid())
	legend.Top, legend.Left, legend.Padding = true, true, vg.Millimeter
	p.Title.Text = "regret, " + run.Adapter.Vendor + " " + run.Adapter.Architecture
	p.X.Label.Text, p.Y.Label.Text = "time over that of the best path", "share of the workloads"
	for i, f := range results.RegretFigures {
		values := run.Regretted(f.Value)
		if len(values) < 2 {
			return nil, nil
		}
		points := make(plotter.XYs, len(values))
		for j, v := range values {
			points[j] = plotter.XY{X: v, Y: float64(j+1) / float64(len(values))}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width, line.StepStyle = regretColors[i], vg.Points(1.5), plotter.PostStep
		p.Add(line)
		legend.Add(f.Name, line)
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, regretTicks
	drawn := picture{p.Title.Text, name + "-regret.svg"}
	return []picture{drawn}, save(p, legend, filepath.Join(folder, drawn.file))
}

var regretTicks = func() (t plot.ConstantTicks) {
	for _, v := range []float64{0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 16, 32} {
		t = append(t, plot.Tick{Value: v, Label: fmt.Sprintf("%g", v)})
	}
	return t
}()

func writeRegret(w io.Writer, run *results.Run) {
	if len(run.Regrets) == 0 {
		return
	}
	fmt.Fprintf(w, "\n**regret**\n\n%d random workloads, seed %d. The engine's median over that of the best of its paths alone.\n\n", len(run.Regrets), run.Seed)
	fmt.Fprint(w, "| | p50 | p90 | p99 | most |\n|---|---:|---:|---:|---:|\n")
	for _, f := range results.RegretFigures {
		if values := run.Regretted(f.Value); len(values) > 0 {
			fmt.Fprintf(w, "| %s | %.2f | %.2f | %.2f | %.2f |\n", f.Name,
				results.Quantile(values, 0.5), results.Quantile(values, 0.9), results.Quantile(values, 0.99), values[len(values)-1])
		}
	}
	fmt.Fprint(w, "\n| the worst | regret | noise | first second | engine | best alone |\n|---|---:|---:|---:|---:|---|\n")
	for _, g := range run.WorstRegrets(10) {
		if g.Error != "" {
			fmt.Fprintf(w, "| %d: %s | failed | | | | |\n", g.Number, g.Description)
			continue
		}
		fmt.Fprintf(w, "| %d: %s | %.2f | %.2f | %.2f | %.3g ms | %.3g ms, %s |\n", g.Number, g.Description, g.Regret, g.Noise, g.First, g.Engine, g.Best, g.BestPath)
	}
}
