package results

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Regret is a random workload, run by the engine and by each path alone. Times are milliseconds of a round.
type Regret struct {
	Number      int     `json:"number"` // with the run's seed it gives the workload
	Description string  `json:"description"`
	Engine      float64 `json:"engine"` // median
	Best        float64 `json:"best"`   // median of the best path alone
	BestPath    string  `json:"bestPath"`
	Chosen      string  `json:"chosen"` // what the engine says afterwards
	Rounds      int     `json:"rounds"`
	// Regret is the engine's median over that of the best path. Noise is the best path against itself. First is the mean
	// of the engine's rounds in its first second, over the best path.
	Regret float64 `json:"regret"`
	Noise  float64 `json:"noise"`
	First  float64 `json:"first"`
	Error  string  `json:"error,omitempty"`
}

// A Series is samples with a name.
type Series struct {
	Name    string
	Samples []float64
}

// Measure sets the figures from samples: of the engine, of its first second, of the paths, and of one path once more.
func (g *Regret) Measure(engine, first []float64, paths []Series, twin Series) {
	own := 0.0 // of the path that the twin repeats
	for _, p := range paths {
		m := Median(p.Samples)
		if g.BestPath == "" || m < g.Best {
			g.Best, g.BestPath = m, p.Name
		}
		if p.Name == twin.Name {
			own = m
		}
	}
	if len(engine) == 0 || g.Best == 0 || own == 0 {
		g.Error = cmp.Or(g.Error, "no samples")
		return
	}
	g.Engine, g.Rounds = Median(engine), len(engine)
	g.Regret, g.Noise = g.Engine/g.Best, Median(twin.Samples)/own
	for _, ms := range first {
		g.First += ms / float64(len(first)) / g.Best
	}
}

// Median is that of samples in any order; 0 if there are none.
func Median(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	return Quantile(slices.Sorted(slices.Values(samples)), 0.5)
}

// Regretted are the values of one figure over all workloads that were measured, sorted.
func (r *Run) Regretted(value func(*Regret) float64) []float64 {
	var values []float64
	for i := range r.Regrets {
		if g := &r.Regrets[i]; g.Error == "" {
			values = append(values, value(g))
		}
	}
	slices.Sort(values)
	return values
}

// RegretFigures are those of a Regret, with names.
var RegretFigures = []struct {
	Name  string
	Value func(*Regret) float64
}{
	{"engine", func(g *Regret) float64 { return g.Regret }},
	{"noise floor", func(g *Regret) float64 { return g.Noise }},
	{"engine, first second", func(g *Regret) float64 { return g.First }},
}

// WorstRegrets are those with the largest regret.
func (r *Run) WorstRegrets(n int) []Regret {
	sorted := slices.SortedFunc(slices.Values(r.Regrets), func(a, b Regret) int { return cmp.Compare(b.Regret, a.Regret) })
	return sorted[:min(n, len(sorted))]
}

func (r *Run) writeRegrets(w io.Writer) {
	if len(r.Regrets) == 0 {
		return
	}
	fmt.Fprintf(w, "\nregret of %d random workloads, seed %d\n", len(r.Regrets), r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range RegretFigures {
		if values := r.Regretted(f.Value); len(values) > 0 {
			fmt.Fprintf(t, "  %s\tp50 %.2f\tp90 %.2f\tp99 %.2f\tmost %.2f\n", f.Name,
				Quantile(values, 0.5), Quantile(values, 0.9), Quantile(values, 0.99), values[len(values)-1])
		}
	}
	t.Flush()
	fmt.Fprintln(w, "the worst")
	for _, g := range r.WorstRegrets(10) {
		fmt.Fprintf(w, "  %s\n", &g)
	}
	for _, g := range r.Regrets {
		if g.Error != "" {
			fmt.Fprintf(w, "  %s\n", &g)
		}
	}
}

func (g *Regret) String() string {
	if g.Error != "" {
		return fmt.Sprintf("%d: %s: failed: %s", g.Number, g.Description, g.Error)
	}
	return fmt.Sprintf("%.2fx (noise %.2f, first second %.2f) %d: %s: %.3g ms, best %.3g ms by %s; chosen: %s", g.Regret, g.Noise, g.First,
		g.Number, g.Description, g.Engine, g.Best, g.BestPath, g.Chosen)
}
