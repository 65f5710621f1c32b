//go:build js && wasm

package main

import (
	"strconv"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/examples/internal/controls"
)

// meter shows how long frames take, and what the system holds.
type meter struct {
	graph  *controls.Graph
	last   time.Duration // when the frame before was submitted
	shown  time.Duration // when the numbers were last shown
	frames int           // since then
	total  uint64        // frames
	writes time.Duration // since shown, spent on writing petals
}

func newMeter() meter { return meter{graph: controls.NewGraph("graph", 50*time.Millisecond)} }

func (m *meter) wrote(d time.Duration) { m.writes += d }

// frame notes a frame, and shows the numbers four times a second.
func (m *meter) frame(now time.Duration, s *scene) {
	if m.last != 0 {
		m.graph.Add(now - m.last)
	}
	m.last = now
	m.frames++
	m.total++
	if since := now - m.shown; since > time.Second/4 {
		controls.Show("frame-time", milliseconds(since, m.frames))
		controls.Show("write-time", milliseconds(m.writes, m.frames))
		controls.ShowNumber("frames", m.total, "")
		showStats(s)
		m.shown, m.frames, m.writes = now, 0, 0
	}
}

func milliseconds(d time.Duration, count int) string {
	return strconv.FormatFloat(d.Seconds()*1000/float64(count), 'f', 2, 64) + " ms"
}

func showStats(s *scene) {
	stats := s.system.Stats()
	dynamic := stats.Of(buffers.KindDynamic)
	controls.ShowNumber("instances", uint64(s.count.Value()), "")
	controls.ShowNumber("frame-bytes", uint64(s.count.Value())*petalSize, " B")
	controls.ShowNumber("bytes-up", stats.BytesUp>>20, " MiB")
	controls.ShowNumber("slots", uint64(s.dynamic.Slots()), "")
	controls.ShowNumber("in-flight", uint64(stats.FramesInFlight), "")
	controls.ShowNumber("dynamic-bytes", dynamic.Bytes, " B")
	controls.ShowNumber("chunks", stats.Uploads.Misses+stats.Reads.Misses, "")
	controls.ShowNumber("buffers", created(&stats), "")
}

// created counts the buffers that were ever made.
func created(stats *buffers.Stats) (n uint64) {
	for _, k := range buffers.Kinds() {
		n += stats.Of(k).Created
	}
	return n
}
