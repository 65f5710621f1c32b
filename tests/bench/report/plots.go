package main

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

// A picture is a plot in the plots folder.
type picture struct{ title, file string }

const (
	width       = 21 * vg.Centimeter
	height      = 10 * vg.Centimeter
	legendWidth = 6 * vg.Centimeter
)

// A figure is drawn for each of these workloads that a run has at several sizes.
var figures = []struct {
	workload, file, x, y string
	value                func(c *results.Cell, r *results.Result) float64
}{
	{"upload", "upload", "size", "GB/s", throughput},
	{"readback", "readback", "size", "GB/s", throughput},
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
		p, legend, err := drawing(run, cells, f.value)
		if err != nil {
			return nil, err
		}
		p.Title.Text = f.workload + ", " + run.Adapter.Vendor + " " + run.Adapter.Architecture
		p.X.Label.Text, p.Y.Label.Text = f.x, f.y
		picture := picture{p.Title.Text, name + "-" + f.file + ".svg"}
		if err := save(p, legend, filepath.Join(folder, picture.file)); err != nil {
			return nil, err
		}
		pictures = append(pictures, picture)
	}
	if len(run.Regrets) == 0 {
		return pictures, nil
	}
	regret, err := drawRegret(run, folder, name)
	return append(pictures, regret...), err
}

// drawing has a line a competitor, through the best path of each cell.
func drawing(run *results.Run, cells []results.Cell, value func(*results.Cell, *results.Result) float64) (*plot.Plot, plot.Legend, error) {
	p, legend := plot.New(), plot.NewLegend()
	p.Add(plotter.NewGrid())
	legend.Top, legend.Left, legend.Padding = true, true, vg.Millimeter
	for _, name := range taking(run, cells) {
		if name == results.OnePath {
			continue
		}
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
			return nil, legend, err
		}
		line.Color, line.Width = colorOf(name), vg.Points(1.5)
		marks.Color = line.Color
		p.Add(line, marks)
		legend.Add(name, line, marks)
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks(cells)
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	return p, legend, nil
}

// ticks has one at each cell's size.
func ticks(cells []results.Cell) plot.ConstantTicks {
	var t plot.ConstantTicks
	for _, c := range cells {
		label := strconv.FormatUint(c.Size, 10)
		if c.Workload == "upload" || c.Workload == "readback" {
			label = results.SizeName(c.Size)
		}
		t = append(t, plot.Tick{Value: float64(c.Size), Label: label})
	}
	return t
}

// save draws the legend beside the plot, where it hides no line.
func save(p *plot.Plot, legend plot.Legend, path string) error {
	canvas, err := draw.NewFormattedCanvas(width, height, "svg")
	if err != nil {
		return err
	}
	whole := draw.New(canvas)
	p.Draw(draw.Crop(whole, 0, -legendWidth, 0, 0))
	legend.Draw(draw.Crop(whole, width-legendWidth+vg.Millimeter*2, 0, 0, -vg.Centimeter))
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(file)
	return errors.Join(err, file.Close())
}

func colorOf(name string) color.Color {
	if c, ok := colors[name]; ok {
		return c
	}
	return color.Black
}
