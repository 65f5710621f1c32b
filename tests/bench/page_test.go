//go:build !js

package bench

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/chromedp"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// pageCell is a cell as the page names it. Buffer is how long the buffer of a stream is.
type pageCell struct {
	Workload string `json:"workload"`
	Size     uint64 `json:"size"`
	Buffer   uint64 `json:"buffer,omitempty"`
	Count    uint64 `json:"count,omitempty"` // how many transfers are made together
	Of       string `json:"of,omitempty"`    // what tells it from the other cells of its workload, for readers
}

// pageResult is a cell with what the page measured.
type pageResult struct {
	Bytes     uint64
	GPUErrors []string
	Lost      bool
	Results   []struct {
		results.Result
		Samples []float64 // milliseconds an operation, of each round
	}
}

// openBench loads the page of the benchmark.
func openBench(page *browser.Page) {
	page.Navigate("/bench/index.html")
	page.Wait("globalThis.bench !== undefined")
}

func cells(page *browser.Page, plan string) []pageCell {
	return browser.Eval[[]pageCell](page, call("bench.cells", plan))
}

// inPage measures a cell. Where the page does not come back, or has lost a device, the cell says so and the
// page is loaded anew for the next.
func (m *measurement) inPage(page *browser.Page, c pageCell) results.Cell {
	cell := results.Cell{Workload: c.Workload, Size: c.Size, Of: c.Of, Unit: results.Milliseconds}
	fmt.Printf("measuring %s ...\n", cell.Title())
	ctx, cancel := context.WithTimeout(page.Context(), cellTimeout)
	defer cancel()
	options := map[string]string{"plan": m.plan, "competitor": m.competitor}
	measured, err := chromedp.Run(ctx, chromedp.Evaluate[pageResult](call("bench.run", c, options), chromedp.EvalAwaitPromise))
	if err != nil {
		cell.Error = err.Error()
		openBench(page)
		return cell
	}
	if measured.Lost {
		cell.Error = "a device was lost"
		openBench(page)
	}
	cell.Bytes, cell.GPUErrors = measured.Bytes, measured.GPUErrors
	for _, r := range measured.Results {
		r.Summarize(r.Samples)
		cell.Results = append(cell.Results, r.Result)
	}
	return cell
}

// call is a JavaScript call with arguments that JSON can carry.
func call(function string, arguments ...any) string {
	text := ""
	for i, a := range arguments {
		if i > 0 {
			text += ", "
		}
		value, err := json.Marshal(a)
		if err != nil {
			panic(err) // strings and numbers only
		}
		text += string(value)
	}
	return function + "(" + text + ")"
}
