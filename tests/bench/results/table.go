package results

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteTable prints adapter, browser, commit, date and plan of the run, and a table of each cell.
func (r *Run) WriteTable(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, commit %s, %s, plan %s\n", r.Adapter, r.Browser, r.Commit, r.Date, r.Plan)
	for _, a := range r.Absent {
		fmt.Fprintf(w, "absent: %s: %s\n", a.Name, a.Reason)
	}
	for _, c := range r.Cells {
		c.WriteTable(w)
	}
	r.writeRegrets(w)
}

// String names the adapter.
func (a Adapter) String() string {
	var words []string
	for _, word := range []string{a.Vendor, a.Architecture, a.Device, a.Description} {
		if word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return fmt.Sprintf("%s (%d CPUs)", strings.Join(words, " "), a.CPUs)
}

// WriteTable prints the cell, the fastest first.
func (c *Cell) WriteTable(w io.Writer) {
	fmt.Fprintf(w, "\n%s", c.Title())
	if c.Error != "" {
		fmt.Fprintf(w, ": %s", c.Error)
	}
	fmt.Fprintln(w)
	for _, e := range c.GPUErrors {
		fmt.Fprintf(w, "  GPU error: %s\n", e)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range c.sorted() {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Competitor, r.Path, c.figures(&r))
	}
	t.Flush()
}

// sorted puts failures last.
func (c *Cell) sorted() []Result {
	return slices.SortedStableFunc(slices.Values(c.Results), func(a, b Result) int {
		if a.Measured() != b.Measured() {
			if a.Measured() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Median, b.Median)
	})
}

func (c *Cell) figures(r *Result) string {
	if !r.Measured() {
		return "failed: " + r.Error
	}
	return fmt.Sprintf("%s\t%s to %s\tmin %s\t%s\t%.2fx\t%d rounds",
		c.Figure(r.Median), c.Figure(r.Lower), c.Figure(r.Upper), c.Figure(r.Minimum), c.throughput(r.Median), r.Ratio, r.Rounds)
}

// Figure is a median or minimum, with its unit.
func (c *Cell) Figure(v float64) string {
	switch {
	case c.Unit == Bytes:
		return SizeName(uint64(v))
	case v < 1:
		return fmt.Sprintf("%.3g us", v*1000)
	case v >= 1000:
		return fmt.Sprintf("%.3g s", v/1000)
	}
	return fmt.Sprintf("%.3g ms", v)
}

func (c *Cell) throughput(ms float64) string {
	if c.Bytes == 0 || ms == 0 {
		return ""
	}
	return fmt.Sprintf("%.3g GB/s", c.GBps(ms))
}

// GBps is the throughput of an operation that takes so many milliseconds.
func (c *Cell) GBps(ms float64) float64 { return float64(c.Bytes) / ms / 1e6 }

// Title names workload and size.
func (c *Cell) Title() string {
	if c.Of != "" {
		return c.Workload + ", " + c.Of
	}
	switch c.Workload {
	case "reads, adjacent", "reads, scattered":
		return "64 " + c.Workload + ", of " + SizeName(c.Size) + " each"
	case "frame, one at a time", "frames in flight":
		return fmt.Sprintf("%s, %d updates of 256 B", c.Workload, c.Size)
	case "create and destroy", "create, bind, destroy":
		return fmt.Sprintf("%s, %d live buffers", c.Workload, c.Size)
	case "upload", "readback", "stream", "ReadableStream":
		return c.Workload + ", " + SizeName(c.Size)
	}
	return c.Workload
}

// SizeName is a number of bytes in the largest unit that it fills.
func SizeName(n uint64) string {
	for i, unit := range []string{"GiB", "MiB", "KiB"} {
		if one := uint64(1) << (30 - 10*i); n >= one {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(one)), ".0") + " " + unit
		}
	}
	return fmt.Sprintf("%d B", n)
}
