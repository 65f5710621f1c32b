package buffers_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// burstsByChunks has lone writes go by the queue, and bursts through chunks.
func burstsByChunks(s *buffers.System) {
	var c buffers.Calibration
	for operation, fast := range map[string]string{"upload": "queue write", "burst": "mapped ring, 2 MiB chunks"} {
		for _, path := range append(uploadPaths, "queue write where copies went") {
			rate := 1e6
			if strings.HasPrefix(path, fast) {
				rate = 1e12
			}
			for size := uint64(64 << 10); size <= 64<<20; size *= 4 {
				c.Rates = append(c.Rates, buffers.Rate{Operation: operation, Path: path, Size: size, BytesPerSecond: rate})
			}
		}
	}
	s.Load(c)
}

func TestAWriteThatFollowsAnotherIsPartOfABurst(t *testing.T) {
	regime(t, "a GPU in no time", func(t *testing.T) {
		s, _ := openSystem(t, buffers.Options{})
		burstsByChunks(s)
		b := deviceBuffer(t, s, 1<<20)
		byChunk := func() bool {
			before := chunksTaken(s)
			require.NoError(t, b.Write(0, make([]byte, 1<<20)))
			return chunksTaken(s) > before
		}
		require.False(t, byChunk(), "the first")
		require.True(t, byChunk(), "the second, at once")
		require.True(t, byChunk())
		time.Sleep(time.Millisecond)
		require.False(t, byChunk(), "one after a pause")
		require.NoError(t, b.Write(0, make([]byte, 4)))
		require.True(t, byChunk(), "whatever is too small to be chosen for is passed over")
	})
}

func TestAWriteThatFollowsAnUploadIsPartOfABurst(t *testing.T) {
	for name, isFirst := range map[string]bool{"one that is measured": false, "the first into its buffer, which is not": true} {
		regime(t, name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			burstsByChunks(s)
			b := deviceBuffer(t, s, 1<<20)
			upload := func() { require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(make([]byte, 1<<20)))) }
			for range 2 { // rows of their own
				upload()
				time.Sleep(time.Millisecond)
			}
			if isFirst {
				b = deviceBuffer(t, s, 1<<20)
			}
			upload()
			before := chunksTaken(s)
			require.NoError(t, b.Write(0, make([]byte, 1<<20)))
			require.Greater(t, chunksTaken(s), before)
		})
	}
}

func TestTheRateOfABurstIsThatOfAllOfIt(t *testing.T) {
	regime(t, "a GPU that takes a millisecond for each copy", func(t *testing.T) {
		device := memory.Open(memory.Options{Copy: memory.Fixed(time.Millisecond), Write: memory.Fixed(5 * time.Millisecond)})
		s := openOn(t, device, buffers.Options{})
		onPath(s, "mapped ring, 2 MiB chunks")
		const size, count = 16 << 20, 4 // which nobody else measures, in chunks of 2 MiB
		b := deviceBuffer(t, s, size)
		for range 8 {
			for range count {
				require.NoError(t, b.Write(0, make([]byte, size)))
			}
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait()
			time.Sleep(time.Second)
		}
		x := s.Explain(buffers.OpBurst, size, b)
		require.Equal(t, "mapped ring, 2 MiB chunks", x.Path)
		// The first is not part of it, but the GPU may have it to do.
		require.InDelta(t, 0.85, x.BytesPerSecond/(size*1000.0/8), 0.2, "of the bytes per second")
	})
}

func TestABurstTakesTheMemoryOfHalfOfTheBudget(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		budget uint64
		chunks int
	}{"where there is room": {256 << 20, 40}, "where there is not": {16 << 20, 8}} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{Budget: c.budget})
			onPath(s, "mapped ring, 2 MiB chunks")
			b, p := deviceBuffer(t, s, 40*size), randomBytes(40*size)
			device.Hold()
			for at := 0; at < len(p); at += size {
				require.NoError(t, b.Write(uint64(at), p[at:at+size]))
			}
			require.Equal(t, c.chunks, s.Stats().Uploads.Chunks)
			device.Release()
			for at := uint64(0); at < b.Size(); at += 4 * size {
				require.True(t, bytes.Equal(p[at:at+4*size], read(t, s, b, at, 4*size)))
			}
		})
	}
}

func TestIdleChunksOfOtherSizesMakeRoom(t *testing.T) {
	s, device := openSystem(t, buffers.Options{Budget: 8 << 20})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 2<<20)
	device.Hold()
	for range 8 {
		require.NoError(t, b.Write(0, make([]byte, 512<<10)))
	}
	device.Release()
	require.NoError(t, <-device.Queue().WorkDone())
	require.Eventually(t, func() bool { return s.Stats().Uploads.IdleBytes == 4<<20 }, hang, time.Millisecond)
	made := s.Stats().Uploads.Misses
	require.NoError(t, b.Write(0, make([]byte, 2<<20)))
	st := s.Stats().Uploads
	require.Equal(t, made+1, st.Misses, "a chunk of the right size")
	require.EqualValues(t, 4<<20, st.Bytes)
}

// send does what a host does with a chunk that is lent to it.
func send(t *testing.T, s *buffers.System, c *host.Chunk, p []byte, dst buffers.Buffer, offset uint64) {
	t.Helper()
	_, err := c.Buffer.WriteAt(p, 0)
	require.NoError(t, err)
	require.NoError(t, c.Buffer.Unmap())
	e := encoder(t, s.Device(), "the host's")
	require.NoError(t, e.CopyBufferToBuffer(c.Buffer, 0, dst, offset, uint64(len(p))))
	require.NoError(t, s.Device().Queue().Submit(e))
	require.NoError(t, <-c.Buffer.MapAsync(buffers.MapWrite, 0, c.Buffer.Size()))
}

func TestAHostSendsAChunkThatIsLentToIt(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	const size = 1 << 20
	b, p := deviceBuffer(t, s, size), randomBytes(size)
	c := embedder.LendWrite(s, size, false)
	require.NotNil(t, c)
	require.Equal(t, 1, s.Stats().MapsPending)
	send(t, s, c, p, b.Unwrap(), 0)
	c.Return(nil)
	require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
	st := s.Stats()
	require.Zero(t, st.MapsPending)
	require.EqualValues(t, size, st.Uploads.IdleBytes)
	require.Same(t, c, embedder.LendWrite(s, size, false), "it is lent again")
	c.Return(nil)

	c = embedder.LendWrite(s, size, false)
	c.Return(errors.New("the device is lost"))
	require.Zero(t, s.Stats().Uploads.Chunks, "one in no known state is destroyed")
	c.Return(nil)
	require.Zero(t, s.Stats().Uploads.Chunks, "nobody had it")

	c = embedder.LendWrite(s, size, false)
	s.Destroy()
	c.Return(nil)
	require.Nil(t, embedder.LendWrite(s, size, false))
	require.Zero(t, s.Stats().Mappable)
}

func TestAnUploadGoesOnWithAChunkThatAHostReturns(t *testing.T) {
	s, _ := openNotifying(t, memory.Options{}, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	buffers.SetHangAfter(s, time.Hour)
	b, p := deviceBuffer(t, s, 4<<20), randomBytes(4<<20)
	var lent []*host.Chunk
	for range 4 { // as many as the GPU may have of a ring
		lent = append(lent, embedder.LendWrite(s, 2<<20, false))
	}
	pending := uploadThen(s, b, 0, buffers.Bytes(p))
	select {
	case err := <-pending:
		require.Fail(t, "it did not wait", "%v", err)
	case <-time.After(20 * time.Millisecond):
	}
	lent[0].Return(nil)
	lent[1].Return(nil)
	require.NoError(t, ended(t, pending))
	for _, c := range lent[2:] {
		c.Return(nil)
	}
	require.True(t, bytes.Equal(p, read(t, s, b, 0, 4<<20)))
}

func TestShortUploadsTogetherDoNotWaitForEachOther(t *testing.T) {
	regime(t, "a GPU that gives nothing back", func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{}, buffers.Options{})
		onPath(s, "mapped ring, 2 MiB chunks")
		const size, count = 512 << 10, 32
		b, p := deviceBuffer(t, s, size*count), randomBytes(size*count)
		device.Hold()
		began := time.Now()
		for i := range uint64(count) {
			require.NoError(t, s.UploadMemory(within(t), b, i*size, buffers.Bytes(p[i*size:(i+1)*size])))
		}
		require.Zero(t, time.Since(began), "of the clock of the test")
		device.Release()
		require.True(t, bytes.Equal(p, read(t, s, b, 0, size*count)))
	})
}

// What is said to a host of the first bytes is what the next pieces take, too.
func TestAHostIsLentChunksOfThePathOfItsWrite(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 8<<20)
	piece, c := embedder.AllowWrite(b, 0, 5<<20, false, false)
	require.EqualValues(t, 2<<20, piece)
	require.NotNil(t, c)
	c.Return(nil)
	piece, c = embedder.AllowWrite(b, 0, 2<<20, false, true)
	require.EqualValues(t, 2<<20, piece)
	require.NotNil(t, c, "an upload of one piece")
	c.Return(nil)
	for range 64 { // half of the budget
		require.NotNil(t, embedder.LendWrite(s, 2<<20, false))
	}
	piece, c = embedder.AllowWrite(b, 0, 4<<20, false, true)
	require.Zero(t, piece, "an upload that has to wait for a chunk")
	require.Nil(t, c)
	piece, c = embedder.AllowWrite(b, 0, 4<<20, false, false)
	require.EqualValues(t, 4<<20, piece, "a write that does not wait goes by the queue, in its pieces")
	require.Nil(t, c)
	require.True(t, embedder.AllowShared(s, host.Together{Size: 1 << 20, Touched: true, Copied: true}))
	for range 4 { // nothing else is known then
		burstsByChunks(s)
	}
	require.False(t, embedder.AllowShared(s, host.Together{Size: 1 << 20, Touched: true}), "uploads that share a chunk are one")
	require.True(t, embedder.AllowShared(s, host.Together{Size: 1 << 20, Touched: true, Follows: true}), "and one that follows another at once")
	time.Sleep(time.Millisecond)
	require.True(t, embedder.AllowShared(s, host.Together{Size: 1 << 20, Touched: true, Begins: true}), "and the first of several chunks")
}

// What was measured beside other work may be far too slow.
func TestAPathThatSeemsSlowIsTried(t *testing.T) {
	regime(t, "a GPU whose ring is four times as fast", func(t *testing.T) {
		at := func(bytesPerSecond float64) memory.Cost {
			return func(n uint64) time.Duration { return time.Duration(float64(n) / bytesPerSecond * 1e9) }
		}
		device := memory.Open(memory.Options{Write: at(1e9), Copy: at(4e9)})
		s := openOn(t, device, buffers.Options{})
		const size = 1 << 20
		s.Load(buffers.Calibration{Rates: append([]buffers.Rate{ // and the prober has nothing to find out
			{Operation: "upload", Path: "queue write where copies went", Size: size, BytesPerSecond: 1e9},
			{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: size, BytesPerSecond: 2e8},
		}, harmless...)})
		b := deviceBuffer(t, s, size-4)
		require.NoError(t, b.Grow(size)) // a copy went into it
		for range 40 {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
		require.Equal(t, "mapped ring, 2 MiB chunks", s.Explain(buffers.OpUpload, size, b).Path)
	})
}

func TestUploadsThatTakeTurnsAreAsFastAsTogether(t *testing.T) {
	const size = 16 << 20
	for name, sizes := range map[string][]uint64{
		"six that are alike":          {size, size, size, size, size, size},
		"one that ends before others": {4 * size, size},
	} {
		regime(t, name, func(t *testing.T) {
			s, device := openNotifying(t, memory.Options{Copy: memory.Fixed(time.Millisecond), Write: memory.Fixed(5 * time.Millisecond)}, buffers.Options{})
			s.Load(buffers.Calibration{Rates: []buffers.Rate{{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: size, BytesPerSecond: 1e6}}})
			b, p := deviceBuffer(t, s, 4*size), make([]byte, 4*size)
			for range 8 {
				var pending []<-chan error
				for _, n := range sizes {
					pending = append(pending, uploadThen(s, b, 0, buffers.Bytes(p[:n])))
				}
				for _, c := range pending {
					require.NoError(t, ended(t, c))
				}
				require.NoError(t, <-device.Queue().WorkDone())
				synctest.Wait()
				time.Sleep(time.Second)
			}
			rates := ratesOf(s, "burst", size)
			require.InDelta(t, 1, rates["mapped ring, 2 MiB chunks"]/(size*1000.0/8), 0.3, "of the bytes per second, of %v", rates)
		})
	}
}

func TestAnUploadBesideAnotherIsPartOfABurst(t *testing.T) {
	regime(t, "a GPU that takes a millisecond for each copy", func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{Copy: memory.Fixed(time.Millisecond), Write: memory.Fixed(time.Second)}, buffers.Options{})
		const size = 32 << 20
		onPath(s, "mapped ring, 2 MiB chunks")
		b, p := deviceBuffer(t, s, size), buffers.Bytes(make([]byte, size))
		for range 6 { // before another path is tried
			first := uploadThen(s, b, 0, p)
			time.Sleep(time.Millisecond) // it goes on meanwhile
			select {
			case err := <-first:
				require.Fail(t, "it has ended", "%v", err)
			default:
			}
			second := uploadThen(s, b, 0, p)
			require.NoError(t, ended(t, first))
			require.NoError(t, ended(t, second))
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait()
			time.Sleep(time.Second)
		}
		require.Less(t, ratesOf(s, "burst", 16<<20)["mapped ring, 2 MiB chunks"], 1e11, "what was loaded was replaced")
	})
}

// ratesOf are the rates of an operation, by path.
func ratesOf(s *buffers.System, operation string, size uint64) map[string]float64 {
	rates := map[string]float64{}
	for _, r := range s.Calibration().Rates {
		if r.Operation == operation && r.Size == size {
			rates[r.Path] = r.BytesPerSecond
		}
	}
	return rates
}

func TestUploadsSideBySideMakeNoPathSlow(t *testing.T) {
	regime(t, "a GPU that takes a millisecond for each copy", func(t *testing.T) {
		s := openOn(t, memory.Open(memory.Options{Copy: memory.Fixed(time.Millisecond), Write: memory.Fixed(time.Second)}), buffers.Options{})
		const size = 2 << 20
		onPath(s, "mapped ring, 2 MiB chunks")
		b, p := deviceBuffer(t, s, size), make([]byte, size)
		require.NoError(t, b.Write(0, p))
		for range 7 { // before another path is tried
			time.Sleep(time.Second)
			var uploads [2]*buffers.Upload
			for i := range uploads {
				var err error
				uploads[i], err = s.NewUpload(b, 0, size)
				require.NoError(t, err)
			}
			for _, u := range uploads {
				require.NoError(t, u.Write(within(t), buffers.Bytes(p)))
			}
			for _, u := range uploads {
				require.NoError(t, u.Finish())
			}
		}
		time.Sleep(time.Second)
		require.InDelta(t, 1, ratesOf(s, "upload", 1<<20)["mapped ring, 2 MiB chunks"]/1e12, 0.1, "nothing was alone, so nothing has replaced what was loaded")
	})
}

func TestWhatCopiesDoIsMeasuredIfACalibrationDoesNotTell(t *testing.T) {
	regime(t, "a GPU in no time", func(t *testing.T) {
		device := newStandIn(memory.Options{})
		s := openOn(t, device, buffers.Options{})
		const size = 512 << 10
		s.Load(buffers.Calibration{Rates: []buffers.Rate{
			{Operation: "upload", Path: "queue write", Size: size, BytesPerSecond: 1e12},
			{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: size, BytesPerSecond: 1e6},
		}})
		require.NotContains(t, ratesOf(s, "upload", 16<<20), "queue write where copies went")
		b := deviceBuffer(t, s, size)
		for range 20 {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			time.Sleep(time.Second)
		}
		require.Contains(t, ratesOf(s, "upload", 16<<20), "queue write where copies went")
	})
}

// A host writes more of an upload by one queue write than would have shared a chunk.
func TestTheRateOfABurstIsOfAllItsBytes(t *testing.T) {
	regime(t, "uploads of three times what shares a chunk", func(t *testing.T) {
		const took = 10 * time.Millisecond
		device := newStandIn(memory.Options{})
		device.workDone = func(gpu.Queue) <-chan error {
			done := make(chan error, 1)
			time.AfterFunc(took, func() { done <- nil })
			return done
		}
		s := openOn(t, device, buffers.Options{})
		u := host.Together{Size: 1 << 20, Whole: 3 << 20, Touched: true, Begins: true}
		const count = 8
		for range count {
			require.False(t, embedder.AllowShared(s, u))
			u.Begins, u.Follows = false, true
		}
		time.Sleep(2 * took)
		synctest.Wait()
		want := float64(count*u.Whole) / took.Seconds()
		require.InEpsilon(t, want, s.Explain(buffers.OpBurst, u.Whole, nil).BytesPerSecond, 0.01)
		require.EqualValues(t, count*u.Whole, s.Stats().BytesUp)
	})
}
