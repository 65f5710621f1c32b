//go:build !js

package soak

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

var (
	frames = flag.Int("frames", 4_000, "how many frames are drawn")
	seed   = flag.Uint64("seed", 1, "of what is drawn")
	out    = flag.String("out", "", "file for what was seen")
)

const lifetime = 200 // frames, of the program that does not last

// Two programs go on in turn: one for as long as the soak, and one that again and again loses its GPU, or ends with
// everything under way, and begins anew.
func TestNothingIsLeft(t *testing.T) {
	run := soak(t, *frames, func(*mix) {})
	if *out != "" {
		require.NoError(t, run.Write(*out))
	}
	t.Log(run)
	require.Empty(t, run.Grown())
}

// TestALeakIsFound leaves an object of each kind behind, once in a hundred frames.
func TestALeakIsFound(t *testing.T) {
	left := 0
	run := soak(t, 2_000, func(m *mix) {
		if left++; left%100 == 0 {
			for _, leak := range leaks {
				leak(m)
			}
		}
	})
	for name := range leaks {
		require.Contains(t, names(run.Grown()), name)
	}
}

var kept []any

// leaks leave something behind that must be seen in a series.
var leaks = map[string]func(*mix){
	"heap KiB": func(*mix) { kept = append(kept, make([]byte, 16*kib)) },
	"heap objects": func(*mix) {
		for range 16 { // of so short a run, in which the heap's noise is as much as one each time
			kept = append(kept, new(int64))
		}
	},
	"goroutines":  func(m *mix) { go func() { <-m.gpu.Lost() }() },
	"GPU buffers": func(m *mix) { must(m.gpu.CreateBuffer(&buffers.Descriptor{Size: 4, Usage: storing})) },
	"GPU KiB":     func(m *mix) { must(m.gpu.CreateBuffer(&buffers.Descriptor{Size: 4, Usage: storing})) },
	"leaks":       func(m *mix) { must(m.system.NewReadbackBuffer(buffers.ReadbackDescriptor{})) },
	"objects":     func(m *mix) { kept = append(kept, must(m.system.NewReadbackBuffer(buffers.ReadbackDescriptor{}))) },
	"budget KiB": func(m *mix) {
		kept = append(kept, must(m.system.NewMappableBuffer(buffers.Descriptor{Size: 8, Usage: buffers.UsageMapRead})))
	},
}

func names(series []*Series) (list []string) {
	for _, s := range series {
		list = append(list, s.Name)
	}
	return list
}

// soak performs frames, and calls each after every one.
func soak(t *testing.T, frames int, each func(*mix)) *Run {
	run := NewRun("GPU in memory", *seed, frames, []Series{
		{Name: "heap KiB", Noise: 64}, {Name: "heap objects", Noise: 100}, {Name: "goroutines"}, {Name: "GPU buffers"}, {Name: "GPU KiB"},
		{Name: "objects"}, {Name: "budget KiB"}, {Name: "held KiB"}, {Name: "maps pending"}, {Name: "frames in flight"}, {Name: "leaks"}})
	run.Counts = map[string]int{}
	for i := range run.Series {
		run.Series[i].Values = make([]float64, 0, run.Samples())
	}
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(*seed, 0))
		steady, mortal := newMix(t, r, run.Counts), newMix(t, r, run.Counts)
		defer func() { steady.end(); mortal.end() }()
		for range run.Samples() {
			for range run.Every {
				if r.IntN(8) > 0 {
					steady.run(1)
				} else {
					mortal.run(1)
				}
				each(steady)
				if r.IntN(lifetime) == 0 {
					mortal.die()
					mortal = newMix(t, r, run.Counts)
				}
			}
			mortal.die()
			mortal = newMix(t, r, run.Counts)
			steady.rest()
			run.Sample(measure(steady, mortal)...)
		}
		steady.close()
		mortal.close()
	})
	run.Took = time.Since(start)
	return run
}

const kib = 1 << 10

func measure(mixes ...*mix) []float64 {
	var left, bytes, objects, budget, held, maps, inFlight, leaks float64
	for _, m := range mixes {
		s := m.system.Stats()
		left, bytes = left+float64(len(m.gpu.Buffers())), bytes+float64(m.gpu.Bytes())/kib
		for _, kind := range s.Kinds {
			objects += float64(kind.Count)
		}
		budget, held = budget+float64(s.Mappable)/kib, held+float64(s.Held)/kib
		maps, inFlight, leaks = maps+float64(s.MapsPending), inFlight+float64(s.FramesInFlight), leaks+float64(s.Leaks)
	}
	runtime.GC()
	runtime.GC()
	var go_ runtime.MemStats
	runtime.ReadMemStats(&go_)
	return []float64{float64(go_.HeapAlloc) / kib, float64(go_.HeapObjects), float64(runtime.NumGoroutine()), left, bytes,
		objects, budget, held, maps, inFlight, leaks}
}

var losses = []memory.Loss{memory.Destroyed, memory.Crashed}

// die loses the GPU, or destroys the system, with something of each kind under way: each wait ends.
func (m *mix) die() {
	m.upload()
	frame := must(m.system.BeginFrame(ctx))
	m.gpu.Hold()
	m.readNow()
	m.encoder = must(frame.Encoder())
	mapped := m.deferred.MapAsync()
	m.readAll()
	m.update()
	code := "destroyed"
	if m.IntN(2) == 0 {
		m.counts["fault: the device is lost"]++
		m.gpu.Lose(losses[m.IntN(len(losses))])
		code = "device-lost"
	} else {
		m.counts["fault: the system is destroyed"]++
		m.system.Destroy()
	}
	endings := []error{<-m.stream.done, <-mapped}
	for _, x := range append(m.pending, m.asked...) {
		endings = append(endings, x.Wait(ctx))
	}
	for _, err := range endings {
		if err != nil && buffers.Code(err) != "stale" {
			m.fails(code, err)
		}
	}
	m.end()
}
