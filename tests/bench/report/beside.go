package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

// rivals are whom this project is compared with, each with what it is compared by.
var rivals = []struct{ ours, name string }{
	{results.Ours, "three.js"},
	{results.Ours, "TypeGPU"},
	{results.Ours, "luma.gl"},
	{results.Ours, "PlayCanvas"},
	{results.Ours, results.HandWritten},
	{"gpubuffers from Go", "usual Go"},
}

// measured is what was measured on one adapter, in one run or several.
type measured struct {
	adapter string
	cells   []results.Cell
}

func byAdapter(runs []*results.Run) []measured {
	var all []measured
	for _, run := range runs {
		name := run.Adapter.String()
		i := slices.IndexFunc(all, func(m measured) bool { return m.adapter == name })
		if i < 0 {
			i = len(all)
			all = append(all, measured{adapter: name})
		}
		all[i].cells = append(all[i].cells, run.Cells...)
	}
	return all
}

// times is how many times as fast ours is as the rival, by the best path of each; 0 if one of them was not measured.
func times(c *results.Cell, ours, rival string) float64 {
	a, b := c.Best(ours), c.Best(rival)
	if c.Unit != results.Milliseconds || a == nil || b == nil || a.Median == 0 {
		return 0
	}
	return b.Median / a.Median
}

func allTimes(cells []results.Cell, ours, rival string) []float64 {
	var all []float64
	for _, c := range cells {
		if t := times(&c, ours, rival); t > 0 {
			all = append(all, t)
		}
	}
	slices.Sort(all)
	return all
}

// writeBeside begins the tables: how many times as fast this project is as the others, over all workloads and in each.
func writeBeside(w io.Writer, runs []*results.Run) {
	adapters := byAdapter(runs)
	fmt.Fprint(w, "\n### How many times as fast as the others\n\n")
	fmt.Fprint(w, "The median of the workloads with the quartiles, and in how many of them the other is faster. Below 1 the other is faster. Each takes its best path.\n\n| than |")
	for _, m := range adapters {
		fmt.Fprintf(w, " %s |", m.adapter)
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---:|", len(adapters)))
	for _, r := range rivals {
		writeRival(w, adapters, r.ours, r.name)
	}
	for _, m := range adapters {
		writeTimes(w, m)
	}
}

func writeRival(w io.Writer, adapters []measured, ours, rival string) {
	var entries []string
	known := false
	for _, m := range adapters {
		all := allTimes(m.cells, ours, rival)
		if len(all) == 0 {
			entries = append(entries, "")
			continue
		}
		known = true
		slower, _ := slices.BinarySearch(all, 1)
		entries = append(entries, fmt.Sprintf("%s (%s to %s); in %d of %d the other", figureOf(results.Quantile(all, 0.5)),
			figureOf(results.Quantile(all, 0.25)), figureOf(results.Quantile(all, 0.75)), slower, len(all)))
	}
	if known {
		fmt.Fprintf(w, "| %s | %s |\n", nameOf(ours, rival), strings.Join(entries, " | "))
	}
}

// writeTimes has a row a cell and a column a rival.
func writeTimes(w io.Writer, m measured) {
	columns := slices.Clone(rivals)
	columns = slices.DeleteFunc(columns, func(r struct{ ours, name string }) bool { return len(allTimes(m.cells, r.ours, r.name)) == 0 })
	if len(columns) == 0 {
		return
	}
	fmt.Fprintf(w, "\n**%s**\n\n| times as fast as |", m.adapter)
	for _, r := range columns {
		fmt.Fprintf(w, " %s |", nameOf(r.ours, r.name))
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---:|", len(columns)))
	for _, c := range m.cells {
		entries, known := "", false
		for _, r := range columns {
			t := times(&c, r.ours, r.name)
			known = known || t > 0
			entries += " " + figureOf(t) + " |"
		}
		if known {
			fmt.Fprintf(w, "| %s |%s\n", c.Title(), entries)
		}
	}
}

// nameOf is the rival's, with who is compared if that is not this project from JavaScript.
func nameOf(ours, rival string) string {
	if ours == results.Ours {
		return rival
	}
	return rival + " (by " + ours + ")"
}

// figureOf has three digits at most; nothing is unknown.
func figureOf(times float64) string {
	switch {
	case times == 0:
		return ""
	case times < 10:
		return fmt.Sprintf("%.2f", times)
	case times < 100:
		return fmt.Sprintf("%.1f", times)
	}
	return fmt.Sprintf("%.0f", times)
}
