//go:build js && wasm

package main

import (
	"syscall/js"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
)

func stats(c *call) (any, error) {
	s := c.system(0)
	if c.err != nil {
		return nil, c.err
	}
	st := s.core.Stats()
	o := newObject()
	o.Set("kinds", kindStats(&st))
	o.Set("uploads", poolStats(&st.Uploads))
	o.Set("reads", poolStats(&st.Reads))
	o.Set("budget", float64(st.Budget))
	o.Set("mappable", float64(st.Mappable))
	o.Set("peak", float64(st.Peak))
	o.Set("held", float64(st.Held))
	o.Set("mapsPending", st.MapsPending)
	o.Set("mapLatency", latencyStats(&st.MapLatency))
	o.Set("bytesUp", float64(st.BytesUp))
	o.Set("bytesDown", float64(st.BytesDown))
	o.Set("submits", float64(st.Submits))
	o.Set("framesInFlight", st.FramesInFlight)
	o.Set("leaks", float64(st.Leaks))
	return o, nil
}

func kindStats(st *buffers.Stats) js.Value {
	kinds := newObject()
	for _, k := range buffers.Kinds() {
		of := st.Of(k)
		o := newObject()
		o.Set("count", of.Count)
		o.Set("peak", of.Peak)
		o.Set("bytes", float64(of.Bytes))
		o.Set("peakBytes", float64(of.PeakBytes))
		o.Set("created", float64(of.Created))
		kinds.Set(k.String(), o)
	}
	return kinds
}

func poolStats(p *buffers.PoolStats) js.Value {
	o := newObject()
	o.Set("hits", float64(p.Hits))
	o.Set("misses", float64(p.Misses))
	o.Set("chunks", p.Chunks)
	o.Set("bytes", float64(p.Bytes))
	o.Set("idleBytes", float64(p.IdleBytes))
	return o
}

func latencyStats(l *buffers.LatencyStats) js.Value {
	o := newObject()
	o.Set("count", float64(l.Count))
	o.Set("last", milliseconds(l.Last))
	o.Set("mean", milliseconds(l.Mean))
	o.Set("max", milliseconds(l.Max))
	return o
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
