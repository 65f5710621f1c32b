package buffers_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// TestSteadyStateAllocatesNothing warms each operation up and then counts. The GPU in memory allocates
// nothing itself, so that what is counted is the core's.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ctx := context.Background()
	s, device := openSystem(t, buffers.Options{})
	shares, _ := openSystem(t, buffers.Options{})
	onPath(shares, "queue write")
	b := deviceBuffer(t, s, 64<<10)
	p, long := randomBytes(4096), randomBytes(160<<10)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 64 << 10, Usage: buffers.UsageUniform})
	hosts := newHostPages(t, s, 4096)
	st := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
	im := immediate(t, s, buffers.StagingDescriptor{Size: 4096})

	slow := openOn(t, memory.Open(memory.Options{Copy: memory.Fixed(100 * time.Microsecond)}), buffers.Options{MaxFramesInFlight: 1})
	slowBuffer := deviceBuffer(t, slow, 64)

	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	oneFrame := func(record func(buffers.Encoder)) {
		f, err := s.BeginFrame(ctx)
		check(err)
		e, err := f.Encoder()
		check(err)
		record(e)
		check(f.Submit())
	}
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"a device write", func() {
			check(b.Write(256, p))
			check(<-device.Queue().WorkDone()) // or the GPU in memory holds ever more copies
		}},
		{"a frame of 100 updates", func() {
			f, err := s.BeginFrame(ctx)
			check(err)
			for range 100 {
				a, err := d.Update(64)
				check(err)
				copy(a.Bytes, p)
			}
			check(f.Submit())
		}},
		{"a frame of the host's updates", func() {
			f, err := s.BeginFrame(ctx)
			check(err)
			_, err = hosts.Update(4096)
			check(err)
			check(f.Submit())
		}},
		{"a deferred upload", func() {
			check(st.Map(ctx))
			_, err := st.Write(p)
			check(err)
			oneFrame(func(e buffers.Encoder) { check(st.UploadTo(e, b, 0)) })
		}},
		{"an immediate upload", func() {
			check(im.Reset(ctx))
			_, err := im.Write(p)
			check(err)
			oneFrame(func(e buffers.Encoder) { check(im.UploadTo(e, b, 0)) })
		}},
		{"uploads at once", crowd(t, shares, deviceBuffer(t, shares, 3*uint64(len(long))), long, 3)},
		{"a frame that waits", func() {
			f, err := slow.BeginFrame(ctx)
			check(err)
			e, err := f.Encoder()
			check(err)
			check(e.ClearBuffer(slowBuffer, 0, 64))
			check(f.Submit())
		}},
		{"a read", func() { check(r.Read(ctx, b, 5, p)) }},
		{"ten reads of one frame", func() {
			var reads [10]buffers.Read
			for i := range reads {
				var err error
				reads[i], err = r.Start(b, uint64(i)*1000, buffers.Bytes(p[i*400:i*400+400]))
				check(err)
			}
			check(s.Submit())
			for _, x := range reads {
				check(x.Wait(ctx))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a frame that waits" && runtime.GOOS == "js" {
				t.Skip("a timer of Go's, which the GPU in memory waits by, costs an object at each event of JavaScript's")
			}
			for range 50 {
				c.do()
			}
			made := s.Stats().Uploads.Misses + s.Stats().Reads.Misses
			require.Zero(t, testing.AllocsPerRun(200, c.do))
			require.LessOrEqual(t, s.Stats().Uploads.Misses+s.Stats().Reads.Misses-made, uint64(2), "no buffer is made in steady state")
		})
	}
}

// crowd has goroutines upload p at once, each to its own part of b.
func crowd(t *testing.T, s *buffers.System, b *buffers.DeviceBuffer, p []byte, count int) func() {
	begin, ended := make(chan int), make(chan error)
	t.Cleanup(func() { close(begin) })
	buffers.SetYield(s, func() {
		for buffers.Sharing(s) < count {
			runtime.Gosched()
		}
	})
	for range count {
		go func() {
			for i := range begin {
				ended <- s.UploadMemory(context.Background(), b, uint64(i*len(p)), buffers.Bytes(p))
			}
		}()
	}
	return func() {
		for i := range count {
			begin <- i
		}
		for range count {
			if err := <-ended; err != nil {
				panic(err)
			}
		}
		if err := <-s.Device().Queue().WorkDone(); err != nil {
			panic(err)
		}
	}
}

// A long read goes by way of a hold, which is used again.
func TestLongReadsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s, _ := openSystem(t, buffers.Options{ChunkSize: 4096})
	b, r := knownBuffer(t, s, 64<<10), readback(t, s, buffers.ReadbackDescriptor{})
	p, ctx := make([]byte, 64<<10), t.Context()
	once := func() {
		if err := r.Read(ctx, b, 0, p); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		once()
	}
	held := s.Stats().Held
	require.NotZero(t, held)
	require.Zero(t, testing.AllocsPerRun(200, once))
	require.Equal(t, held, s.Stats().Held)
}
