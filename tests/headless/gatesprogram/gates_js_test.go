//go:build js && wasm

// Package gatesprogram counts the Go objects that a program on the WebGPU backend makes in steady state.
// It holds nothing but tests, which package headless loads into a browser.
package gatesprogram

import (
	"context"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func TestMain(m *testing.M) {
	if !jsbridge.Available() {
		os.Stderr.WriteString("gatesprogram: there is no navigator.gpu here: tests/headless loads these tests into Chrome\n")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const (
	warmUp = 100 // calls; the first ones make what is kept
	calls  = 100 // of a round
	rounds = 5
	// slack is less than one object in 20 calls.
	slack = 0.04
)

// objectsOf is how many Go objects a call of f makes: the least of some rounds, since the runtime makes one
// now and then for itself.
func (x *bench) objectsOf(f func()) float64 {
	for range warmUp {
		f()
	}
	least := x.objectsOfRound(calls, f)
	for range rounds - 1 {
		least = min(least, x.objectsOfRound(calls, f))
	}
	return float64(least-x.objectsOfRound(0, f)) / calls
}

// objectsOfRound counts until everything of the calls has settled.
func (x *bench) objectsOfRound(calls int, f func()) int {
	var before, after runtime.MemStats
	x.workDone()
	runtime.ReadMemStats(&before)
	for range calls {
		f()
	}
	x.workDone()
	runtime.ReadMemStats(&after)
	return int(after.Mallocs - before.Mallocs)
}

// bench is a system with one of each buffer.
type bench struct {
	t         *testing.T
	device    *webgpu.Device
	system    *buffers.System
	a, b      *buffers.DeviceBuffer
	dynamic   *buffers.DynamicBuffer
	hosted    *buffers.DynamicBuffer // whose memory is JavaScript's
	immediate *buffers.ImmediateStagingBuffer
	deferred  *buffers.DeferredStagingBuffer
	readback  *buffers.ReadbackBuffer
	p         []byte
	encoders  [1]buffers.Encoder
	reads     [10]buffers.Read
}

var background = context.Background()

func open(t *testing.T) *bench {
	t.Helper()
	x := &bench{t: t, p: make([]byte, 1<<20)}
	var err error
	x.device, err = webgpu.Request(t.Context(), nil)
	require.NoError(t, err)
	// As many frames in flight as warming up brings about, whatever the machine does then.
	x.system, err = buffers.Open(x.device, buffers.Options{MaxFramesInFlight: 3})
	require.NoError(t, err)
	t.Cleanup(func() {
		x.system.Destroy()
		x.device.Destroy()
	})
	x.a = x.deviceBuffer("a")
	x.b = x.deviceBuffer("b")
	x.dynamic, err = x.system.NewDynamicBuffer(buffers.DynamicDescriptor{Label: "dynamic", Size: 64 << 10, Usage: buffers.UsageUniform})
	require.NoError(t, err)
	x.hosted, err = x.system.NewDynamicBuffer(buffers.DynamicDescriptor{
		Label: "hosted", Size: 64 << 10, Usage: buffers.UsageUniform,
		HostMemory: func(size uint64) (buffers.Host, error) { return webgpu.MakeData(size) },
	})
	require.NoError(t, err)
	x.immediate, err = x.system.NewImmediateStagingBuffer(t.Context(), buffers.StagingDescriptor{Label: "immediate", Size: 4096})
	require.NoError(t, err)
	x.deferred, err = x.system.NewDeferredStagingBuffer(buffers.StagingDescriptor{Label: "deferred", Size: 4096})
	require.NoError(t, err)
	x.readback, err = x.system.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "readback"})
	require.NoError(t, err)
	return x
}

func (x *bench) deviceBuffer(label string) *buffers.DeviceBuffer {
	x.t.Helper()
	b, err := x.system.NewDeviceBuffer(buffers.Descriptor{Label: label, Size: 1 << 20, Usage: buffers.UsageStorage})
	require.NoError(x.t, err)
	return b
}

// must does without what testify makes of its arguments.
func (x *bench) must(err error) {
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *bench) write(size int) func() {
	return func() { x.must(x.a.Write(0, x.p[:size])) }
}

// writeLong writes 1 MiB along a path that is known to be fast, with the others known to be slow, so that no
// experiments are made.
func (x *bench) writeLong() {
	x.system.Load(known)
	x.must(x.a.Write(0, x.p))
}

// known says, too, that copies do no harm: if nobody knew, that would be measured.
var known = func() (c buffers.Calibration) {
	for path, rate := range map[string]float64{"queue write": 1e12, "queue write where copies went": 1e12, "mapped ring, 2 MiB chunks": 1e6} {
		for _, size := range []uint64{1 << 20, 16 << 20} {
			for _, operation := range []string{"upload", "burst"} {
				c.Rates = append(c.Rates, buffers.Rate{Operation: operation, Path: path, Size: size, BytesPerSecond: rate})
			}
		}
	}
	return c
}()

func (x *bench) workDone() { x.must(<-x.device.Queue().WorkDone()) }

func (x *bench) submitACopy() {
	e, err := x.device.CreateEncoder("")
	x.must(err)
	x.must(e.CopyBufferToBuffer(x.a, 0, x.b, 0, 4096))
	x.encoders[0] = e
	x.must(x.device.Queue().Submit(x.encoders[:]...))
}

func (x *bench) frame(record func(*buffers.Frame)) {
	f, err := x.system.BeginFrame(background)
	x.must(err)
	record(f)
	x.must(f.Submit())
}

func (x *bench) update100(*buffers.Frame) {
	for range 100 {
		a, err := x.dynamic.Update(256)
		x.must(err)
		copy(a.Bytes, x.p)
	}
}

func (x *bench) updateHosted(*buffers.Frame) {
	_, err := x.hosted.Update(25_600)
	x.must(err)
}

func (x *bench) uploadImmediate(f *buffers.Frame) {
	x.must(x.immediate.Reset(background))
	_, err := x.immediate.Write(x.p[:4096])
	x.must(err)
	e, err := f.Encoder()
	x.must(err)
	x.must(x.immediate.UploadTo(e, x.a, 0))
}

func (x *bench) uploadDeferred(f *buffers.Frame) {
	x.must(x.deferred.Map(background))
	_, err := x.deferred.Write(x.p[:4096])
	x.must(err)
	e, err := f.Encoder()
	x.must(err)
	x.must(x.deferred.UploadTo(e, x.a, 0))
}

func (x *bench) read() { x.must(x.readback.Read(background, x.a, 5, x.p[:4096])) }

func (x *bench) tenReads() {
	for i := range x.reads {
		var err error
		x.reads[i], err = x.readback.Start(x.a, uint64(i)*100_000, buffers.Bytes(x.p[i*4096:i*4096+4096]))
		x.must(err)
	}
	x.must(x.system.Submit())
	for _, read := range x.reads {
		x.must(read.Wait(background))
	}
}

// check checks how many Go objects a call of f makes, and that it makes none of the GPU's.
func (x *bench) check(t *testing.T, objects float64, f func()) {
	for range warmUp {
		f()
	}
	made := x.made()
	n := x.objectsOf(f)
	t.Logf("%v objects", n)
	assert.InDelta(t, objects, n, slack)
	assert.Equal(t, made, x.made(), "chunks made for uploads and reads, slots, bytes")
}

// made counts what the system has made of the GPU's.
func (x *bench) made() [4]uint64 {
	st := x.system.Stats()
	return [4]uint64{st.Uploads.Misses, st.Reads.Misses, uint64(x.dynamic.Slots()), st.Mappable}
}

// Everything that a frame does makes the objects that the runtime and syscall/js make, for each promise that settles
// and for each encoder and its commands; of Go's own there are none, and none of the GPU's.
func TestSteadyState(t *testing.T) {
	x := open(t)
	promise, encoder := x.objectsOf(x.workDone), x.objectsOf(x.submitACopy)
	t.Logf("a promise that calls back makes %v objects, an encoder and its commands %v", promise, encoder)
	require.LessOrEqual(t, promise, 2.0, "what the runtime makes for an event: see package jsbridge's tests")
	require.LessOrEqual(t, encoder, 4.0, "two JavaScript objects")

	for _, c := range []struct {
		name               string
		promises, encoders float64
		f                  func()
	}{
		{"a write of 256 B", 0, 0, x.write(256)},
		{"a write of 64 KiB", 0, 0, x.write(64 << 10)},
		{"a write of 1 MiB", 1.0 / calls, 0, x.writeLong},                 // of those in a row the first is measured
		{"a frame of 100 updates", 1, 0, func() { x.frame(x.update100) }}, // the frame's end
		{"a frame of JavaScript's updates", 1, 0, func() { x.frame(x.updateHosted) }},
		{"an immediate upload in a frame", 2, 1, func() { x.frame(x.uploadImmediate) }}, // and the chunk's map
		{"a deferred upload in a frame", 2, 1, func() { x.frame(x.uploadDeferred) }},
		{"a read", 1, 0, x.read}, // the chunk's map
		{"ten reads of one submit", 1, 0, x.tenReads},
	} {
		t.Run(c.name, func(t *testing.T) {
			x.check(t, c.promises*promise+c.encoders*encoder, c.f)
		})
	}
}
