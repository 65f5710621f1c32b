package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
)

// writeSection writes the results of a run: the plots, and a table a workload with the best path of each
// competitor.
func writeSection(w io.Writer, run *results.Run, plots []picture) {
	fmt.Fprintf(w, "\n### %s\n\n", run.Adapter)
	fmt.Fprintf(w, "%s, commit %s, %s, plan %s.", run.Browser, run.Commit, run.Date, run.Plan)
	if run.Driver != "" {
		fmt.Fprintf(w, " Driver: %s.", run.Driver)
	}
	if len(run.Flags) > 0 {
		fmt.Fprintf(w, " Flags: `%s`.", strings.Join(run.Flags, " "))
	}
	fmt.Fprintf(w, " %s.\n", versions(run))
	for _, p := range plots {
		fmt.Fprintf(w, "\n![%s](plots/%s)\n", p.title, p.file)
	}
	for _, workload := range workloads(run) {
		writeTable(w, run, workload)
	}
	writeRegret(w, run)
}

func versions(run *results.Run) string {
	var texts []string
	for _, c := range run.Competitors {
		if c.Version != "" {
			texts = append(texts, c.Name+" "+c.Version)
		}
	}
	for _, a := range run.Absent {
		texts = append(texts, "without "+a.Name)
	}
	return strings.Join(texts, ", ")
}

// workloads are in the order of the run.
func workloads(run *results.Run) []string {
	var names []string
	for _, c := range run.Cells {
		if !slices.Contains(names, c.Workload) {
			names = append(names, c.Workload)
		}
	}
	return names
}

func cellsOf(run *results.Run, workload string) []results.Cell {
	var cells []results.Cell
	for _, c := range run.Cells {
		if c.Workload == workload {
			cells = append(cells, c)
		}
	}
	return cells
}

// writeTable has a row a competitor and a column a size. Each figure is the median of the competitor's best
// path, with the ratio to hand-written JavaScript.
func writeTable(w io.Writer, run *results.Run, workload string) {
	cells := cellsOf(run, workload)
	fmt.Fprintf(w, "\n**%s**\n\n| |", workload)
	for _, c := range cells {
		fmt.Fprintf(w, " %s |", column(&c))
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---:|", len(cells)))
	for _, competitor := range taking(run, cells) {
		fmt.Fprintf(w, "| %s |", competitor)
		for _, c := range cells {
			fmt.Fprintf(w, " %s |", entry(&c, competitor))
		}
		fmt.Fprintln(w)
	}
	writeReferences(w, cells)
	writeChoices(w, cells)
}

func writeReferences(w io.Writer, cells []results.Cell) {
	var texts []string
	for _, c := range cells {
		if c.Reference != "" {
			texts = append(texts, column(&c)+": "+c.Reference)
		}
	}
	if len(texts) > 0 {
		fmt.Fprintf(w, "\nBest by hand: %s.\n", strings.Join(texts, "; "))
	}
}

// writeChoices compares with the best of the engine's paths alone: the engine's choice, and the path that it says
// it chose, alone.
func writeChoices(w io.Writer, cells []results.Cell) {
	var texts []string
	for _, c := range cells {
		ours, best := c.Best(results.Ours), c.Best(results.OnePath)
		if ours == nil || best == nil {
			continue
		}
		text := fmt.Sprintf("%s: %.2fx", column(&c), ours.Median/best.Median)
		if alone := chosenAlone(&c, ours.Chosen()); alone != nil {
			text += fmt.Sprintf(", %.2fx", alone.Median/best.Median)
		}
		texts = append(texts, text+" ("+best.Path+")")
	}
	if len(texts) > 0 {
		fmt.Fprintf(w, "\nThe engine's choice, and the path that it chose alone, to the best of its paths alone: %s.\n", strings.Join(texts, "; "))
	}
}

// chosenAlone is the best result of the path alone, or nil.
func chosenAlone(c *results.Cell, path string) *results.Result {
	alone := results.Cell{}
	for _, r := range c.Results {
		if r.Competitor == results.OnePath && path != "" && strings.HasPrefix(r.Path, path+":") {
			alone.Results = append(alone.Results, r)
		}
	}
	return alone.Best(results.OnePath)
}

// column names a cell among those of its workload.
func column(c *results.Cell) string {
	title := strings.TrimPrefix(strings.TrimPrefix(c.Title(), c.Workload), ", ")
	if title == "" {
		return c.Unit
	}
	return title
}

// taking are the competitors that have a result in one of the cells.
func taking(run *results.Run, cells []results.Cell) []string {
	var names []string
	for _, c := range run.Competitors {
		if slices.ContainsFunc(cells, func(cell results.Cell) bool { return hasResult(&cell, c.Name) }) {
			names = append(names, c.Name)
		}
	}
	return names
}

func hasResult(c *results.Cell, competitor string) bool {
	return slices.ContainsFunc(c.Results, func(r results.Result) bool { return r.Competitor == competitor })
}

func entry(c *results.Cell, competitor string) string {
	best := c.Best(competitor)
	switch {
	case best == nil && hasResult(c, competitor):
		return "failed"
	case best == nil:
		return ""
	case best.Ratio == 0:
		return c.Figure(best.Median)
	case c.Bytes > 1<<20:
		return fmt.Sprintf("%s%s, %.3g GB/s, %.2fx", c.Figure(best.Median), spread(c, best), c.GBps(best.Median), best.Ratio)
	}
	return fmt.Sprintf("%s%s, %.2fx", c.Figure(best.Median), spread(c, best), best.Ratio)
}

// spread is between the quartiles, if they are known.
func spread(c *results.Cell, r *results.Result) string {
	if r.Upper == 0 || r.Rounds < 3 {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", c.Figure(r.Lower), c.Figure(r.Upper))
}
