//go:build js && wasm

package controls

import (
	"syscall/js"
	"time"
)

const (
	white = "#ffffff"
	grey  = "#d5dae3"
	green = "#2f9e6b"
	amber = "#d99a1c"
	red   = "#cf4a3c"
)

// Graph draws durations as bars, one pixel wide, on a canvas, and moves older ones to the left.
type Graph struct {
	canvas, context     js.Value
	drawImage, fillRect js.Value // of the context, bound once
	width, height       int
	most                time.Duration
}

// NewGraph takes the canvas with this id. A bar of its full height stands for most.
func NewGraph(id string, most time.Duration) *Graph {
	canvas := element(id)
	context := canvas.Call("getContext", "2d", map[string]any{"alpha": false})
	g := &Graph{
		canvas:    canvas,
		context:   context,
		drawImage: context.Get("drawImage").Call("bind", context),
		fillRect:  context.Get("fillRect").Call("bind", context),
		width:     canvas.Get("width").Int(),
		height:    canvas.Get("height").Int(),
		most:      most,
	}
	g.fill(white, 0, 0, g.width, g.height)
	return g
}

// Add draws one duration, and a dot at those of 60 and of 30 frames a second.
func (g *Graph) Add(d time.Duration) {
	newest := g.width - 1
	g.drawImage.Invoke(g.canvas, -1, 0)
	g.fill(white, newest, 0, 1, g.height)
	g.fill(colorOf(d), newest, g.height-g.pixels(d), 1, g.height)
	g.fill(grey, newest, g.height-g.pixels(time.Second/60), 1, 1)
	g.fill(grey, newest, g.height-g.pixels(time.Second/30), 1, 1)
}

func (g *Graph) pixels(d time.Duration) int {
	return int(min(d, g.most) * time.Duration(g.height) / g.most)
}

func colorOf(d time.Duration) string {
	switch {
	case d < time.Second/50:
		return green
	case d < time.Second/25:
		return amber
	}
	return red
}

func (g *Graph) fill(color string, x, y, width, height int) {
	g.context.Set("fillStyle", color)
	g.fillRect.Invoke(x, y, width, height)
}
