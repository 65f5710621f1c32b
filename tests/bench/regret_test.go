//go:build !js

package bench

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

var (
	seedFlag   = flag.Int64("seed", 0, "seed of the random workloads; a new one by default")
	regretFlag = flag.Int("regret", 0, "how many random workloads; as the plan says by default")
	onlyFlag   = flag.Int("regret.only", -1, "number of the one random workload to measure; all by default")
)

const (
	regretWorkload = "regret"
	regretTimeout  = 3 * time.Minute
)

// newSeed is the flag, or one that no run had.
func newSeed() int64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return time.Now().UnixNano() % 1e9
}

// pageRegret is a random workload as the page measured it.
type pageRegret struct {
	Description, Chosen, Error string
	Engine, First              []float64
	Paths                      []results.Series
	Twin                       results.Series
	GPUErrors                  []string
	Lost                       bool
}

// regrets measures random workloads.
func (m *measurement) regrets(page *browser.Page) {
	count := *regretFlag
	if count == 0 {
		count = browser.Eval[int](page, call("bench.regrets", m.plan))
	}
	fmt.Printf("measuring %d random workloads, -seed=%d ...\n", count, m.run.Seed)
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = i
	}
	if *onlyFlag >= 0 {
		numbers = []int{*onlyFlag}
	}
	for _, number := range numbers {
		g := m.regret(page, number)
		fmt.Println(&g)
		m.run.Regrets = append(m.run.Regrets, g)
		m.keep()
	}
}

func (m *measurement) regret(page *browser.Page, number int) results.Regret {
	g := results.Regret{Number: number}
	ctx, cancel := context.WithTimeout(page.Context(), regretTimeout)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[pageRegret](call("bench.regret", m.run.Seed, number, m.plan), chromedp.EvalAwaitPromise))
	if err != nil {
		g.Error = err.Error()
		openBench(page)
		return g
	}
	g.Description, g.Chosen, g.Error = found.Description, found.Chosen, found.Error
	if len(found.GPUErrors) > 0 {
		g.Error = "GPU error: " + found.GPUErrors[0]
	}
	if found.Lost {
		g.Error = "a device was lost"
		openBench(page)
	}
	if g.Error == "" {
		g.Measure(found.Engine, found.First, found.Paths, found.Twin)
	}
	return g
}
