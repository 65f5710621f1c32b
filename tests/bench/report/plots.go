package main

import (
	"image/color"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

// A picture is a plot in the plots folder.
type picture struct{ title, file string }

const (
	width  = 17 * vg.Centimeter
	height = 10 * vg.Centimeter
)

// A figure is drawn for each of these workloads that a run has at several sizes.
var figures = []struct {
	workload, file, x, y string
	value                func(c *results.Cell, r *results.Result) float64
}{
	{"upload", "upload", "bytes", "GB/s", throughput},
	{"readback", "readback", "bytes", "GB/s", throughput},
	{"frames in flight", "frames", "updates of 256 bytes", "ms a frame", median},
	{"create and destroy", "lifetime", "live buffers", "us a buffer", microseconds},
}

func throughput(c *results.Cell, r *results.Result) float64   { return c.GBps(r.Median) }
func median(_ *results.Cell, r *results.Result) float64       { return r.Median }
func microseconds(_ *results.Cell, r *results.Result) float64 { return r.Median * 1000 }

// colors are those of the competitors: a palette that colour-blind people tell apart.
// https://jfly.uni-koeln.de/color/
var colors = map[string]color.Color{
	"hand-written":       color.Black,
	"gpubuffers":         color.RGBA{0, 114, 178, 255},
	"gpubuffers from Go": color.RGBA{86, 180, 233, 255},
	"usual Go":           color.RGBA{153, 153, 153, 255},
	"three.js":           color.RGBA{213, 94, 0, 255},
	"TypeGPU":            color.RGBA{230, 159, 0, 255},
	"luma.gl":            color.RGBA{0, 158, 115, 255},
	"PlayCanvas":         color.RGBA{204, 121, 167, 255},
}

func drawAll(run *results.Run, folder, name string) ([]picture, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	var pictures []picture
	for _, f := range figures {
		cells := cellsOf(run, f.workload)
		if len(cells) < 2 {
			continue
		}
		p := plot.New()
		p.Title.Text = f.workload + ", " + run.Adapter.Vendor + " " + run.Adapter.Architecture
		p.X.Label.Text, p.Y.Label.Text = f.x, f.y
		logarithmic(&p.X)
		logarithmic(&p.Y)
		if err := addLines(p, run, cells, f.value); err != nil {
			return nil, err
		}
		picture := picture{p.Title.Text, name + "-" + f.file + ".svg"}
		if err := p.Save(width, height, filepath.Join(folder, picture.file)); err != nil {
			return nil, err
		}
		pictures = append(pictures, picture)
	}
	return pictures, nil
}

func logarithmic(a *plot.Axis) {
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.LogTicks{Prec: 3}
	a.Padding = 0
}

// addLines draws a line a competitor, through the best path of each cell.
func addLines(p *plot.Plot, run *results.Run, cells []results.Cell, value func(*results.Cell, *results.Result) float64) error {
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs, p.Legend.Padding = vg.Millimeter*2, vg.Millimeter/2
	for _, name := range taking(run, cells) {
		var points plotter.XYs
		for _, c := range cells {
			if best := c.Best(name); best != nil {
				points = append(points, plotter.XY{X: float64(c.Size), Y: value(&c, best)})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = colorOf(name), vg.Points(1.5)
		marks.Color = line.Color
		p.Add(line, marks)
		p.Legend.Add(name, line, marks)
	}
	// Room for the legend, whose corner lines seldom reach.
	p.X.Max *= 1.2
	p.Y.Max *= math.Sqrt(10)
	return nil
}

func colorOf(name string) color.Color {
	if c, ok := colors[name]; ok {
		return c
	}
	return color.Black
}
