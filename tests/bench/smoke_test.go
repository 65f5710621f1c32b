//go:build !js

package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/bench/results"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// TestSmoke runs what the benchmark is made of once, on little data, and measures nothing by it.
func TestSmoke(t *testing.T) {
	build(t)
	servePage(t)
	t.Run("every workload, by everybody", func(t *testing.T) {
		m := &measurement{t: t, run: &results.Run{}, plan: "smoke"}
		m.smoke()
	})
	t.Run("random workloads", func(t *testing.T) {
		m := &measurement{t: t, run: &results.Run{Seed: 1}, plan: "smoke", competitor: "^$"}
		page := browser.Open(t, browser.Blank, browser.Timeout(2*time.Minute))
		openBench(page)
		m.regrets(page)
		m.requireClean()
	})
}

func (m *measurement) smoke() {
	page := browser.Open(m.t, browser.Blank, browser.Timeout(4*time.Minute))
	openBench(page)
	m.describe(page)
	for _, c := range cells(page, m.plan) {
		m.once(m.inPage(page, c))
	}
	m.once(m.ready("warm"))
	m.requireClean()
}

// once takes a cell in which every path was measured once.
func (m *measurement) once(c results.Cell) {
	m.run.Cells = append(m.run.Cells, c)
	require.NotEmpty(m.t, c.Results, c.Workload)
	for _, r := range c.Results {
		require.Equal(m.t, 1, r.Rounds, "%s: %s, %s: %s", c.Workload, r.Competitor, r.Path, r.Error)
	}
}

// Of frames in flight the last one is looked for: neither an earlier one nor a part of one may pass for it.
func TestTheChecksumTellsFramesApart(t *testing.T) {
	servePage(t)
	page := browser.Open(t, browser.Blank)
	same := browser.Eval[[]string](page, `Promise.all(["pattern.js", "workloads/update.js"].map((f) => import("/bench/" + f))).then(([{ digest }, { fillArena }]) => {
		const count = 1000;
		const frame = (number) => { const floats = new Float32Array(count * 64); fillArena(floats, count, number); return new Uint32Array(floats.buffer); };
		const seen = new Map();
		const found = [];
		const look = (what, words) => { const d = digest(words); if (seen.has(d)) found.push(what + " like " + seen.get(d)); seen.set(d, what); };
		for (let number = 29; number < 65536; number += 512) {
			look("frame " + number, frame(number));
			for (const at of [64, 4096, 16384]) {
				const torn = frame(number);
				torn.set(frame(number - 1).subarray(at), at);
				look("frame " + number + " up to word " + at, torn);
			}
		}
		return found;
	})`)
	require.Empty(t, same)
}
