package memory

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Options of a Device. The zero value is a GPU without latency, with WebGPU's default limits and as
// much memory as Go has.
type Options struct {
	Label string
	// Limits are the default ones if they are left zero.
	Limits gpu.Limits

	// The GPU's time for a write of the queue, for each command of a submit, and for a map once nothing uses the buffer
	// any more. Writes and commands run one after the other, maps beside them.
	Write, Copy, Map Cost

	// Memory is the most bytes that buffers may have together; 0 means no limit.
	Memory uint64
	// LateErrors makes running out of memory an error that OnError takes after the buffer was returned, as in a
	// browser. Otherwise the creation itself fails.
	LateErrors bool
	// Notifies makes the Queue a [gpu.ChunkQueue], which notifies the core when it is done as a browser does. Otherwise
	// the core takes the steps itself, and listens.
	Notifies bool
}

// Cost is the time that moving bytes takes. It must not call the device. A nil Cost is no time.
type Cost func(bytes uint64) time.Duration

// Fixed is a Cost that is the same for any size.
func Fixed(d time.Duration) Cost {
	return func(uint64) time.Duration { return d }
}

// Bandwidth is a Cost of latency and then bytesPerSecond.
func Bandwidth(latency time.Duration, bytesPerSecond uint64) Cost {
	perByte := float64(time.Second) / float64(bytesPerSecond)
	return func(bytes uint64) time.Duration { return latency + time.Duration(perByte*float64(bytes)) }
}

func (c Cost) of(bytes uint64) time.Duration {
	if c == nil {
		return 0
	}
	return c(bytes)
}
