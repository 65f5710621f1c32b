package buffers_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// chunksTaken is how many chunks of mapped memory uploads have used.
func chunksTaken(s *buffers.System) uint64 {
	st := s.Stats()
	return st.Uploads.Hits + st.Uploads.Misses
}

// chunksOf is how many chunks an upload of size bytes takes along a path.
func chunksOf(path string, size uint64) uint64 {
	switch {
	case strings.Contains(path, "2 MiB"):
		return (size + 2<<20 - 1) / (2 << 20)
	case strings.Contains(path, "4 MiB"):
		return (size + 4<<20 - 1) / (4 << 20)
	case strings.Contains(path, "mapped"):
		return 1
	}
	return 0
}

// What Explain says of a buffer is what the next write to it does, the tries of other paths included.
func TestExplainSaysWhatHappens(t *testing.T) {
	rates := func(fast string) (c buffers.Calibration) {
		for _, path := range []string{"queue write", "mapped ring, 2 MiB chunks", "queue write where copies went"} {
			rate := 1e9
			if path == fast {
				rate = 2e9
			}
			for size := uint64(256 << 10); size <= 64<<20; size *= 4 {
				c.Rates = append(c.Rates, buffers.Rate{Operation: "upload", Path: path, Size: size, BytesPerSecond: rate})
			}
		}
		return c
	}
	for _, fast := range []string{"queue write", "mapped ring, 2 MiB chunks", "queue write where copies went"} {
		regime(t, fast, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			s.Load(rates(fast))
			const size = 6 << 20
			p := make([]byte, size)
			seen := map[string]bool{}
			for _, copied := range []bool{false, true} {
				b := deviceBuffer(t, s, size)
				if copied {
					require.NoError(t, b.Grow(size+4))
				}
				for range 70 {
					synctest.Wait() // nobody measures between what is said and what is done
					x := s.Explain(buffers.OpUpload, size, b)
					seen[x.Path] = true
					before := chunksTaken(s)
					require.NoError(t, b.Write(0, p))
					require.Equal(t, chunksOf(x.Path, size), chunksTaken(s)-before, "copied %t: %+v", copied, x)
					require.NoError(t, <-device.Queue().WorkDone())
					s.Stats()                    // the chunks are back
					time.Sleep(time.Millisecond) // it is no burst
				}
			}
			require.Greater(t, len(seen), 1, "more than one path: %v", seen)
		})
	}
}

func TestExplainSaysWhereAFlushGoes(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	s.Load(buffers.Calibration{Rates: []buffers.Rate{
		{Operation: "flush", Path: "mapped chunk", Size: 256 << 10, BytesPerSecond: 2e9},
		{Operation: "flush", Path: "queue write", Size: 256 << 10, BytesPerSecond: 1e9},
	}})
	const size = 512 << 10
	d, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: size, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	device.Hold() // frames overlap
	update := func() {
		_, err := d.Update(size)
		require.NoError(t, err)
		require.NoError(t, s.Submit())
	}
	flush := func() {
		x := s.Explain(buffers.OpFlush, size, d)
		before := chunksTaken(s)
		update()
		require.Equal(t, chunksOf(x.Path, size), chunksTaken(s)-before, "%+v", x)
	}
	update()
	flush()
	s.Load(buffers.Calibration{Rates: []buffers.Rate{{Operation: "flush", Path: "queue write", Size: 256 << 10, BytesPerSecond: 9e9}}})
	require.Equal(t, "queue write", s.Explain(buffers.OpFlush, size, nil).Path, "for a new buffer")
	require.Equal(t, "mapped chunk", s.Explain(buffers.OpFlush, size, d).Path, "where copies went they go on")
	flush()
}

// There is a path for every operation, whatever the buffer is and wherever its bytes come from.
func TestExplainHasAPathForEveryBuffer(t *testing.T) {
	for _, hosted := range []bool{false, true} {
		s, _ := openSystem(t, buffers.Options{HostWrites: hosted})
		dynamic, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 1 << 20, Usage: buffers.UsageVertex})
		require.NoError(t, err)
		for _, dst := range []buffers.Destination{nil, deviceBuffer(t, s, 1<<20), dynamic} {
			for _, op := range []buffers.Operation{buffers.OpUpload, buffers.OpFlush, buffers.OpReadback} {
				for _, size := range []uint64{0, 4, 1 << 20, 1 << 31, 1<<53 - 1} {
					require.NotEmpty(t, s.Explain(op, size, dst).Path, "%v of %d bytes to %T, hosted %t", op, size, dst, hosted)
				}
			}
		}
	}
}
