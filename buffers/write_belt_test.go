package buffers_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func TestPooledMemoryDoesNotShowWhatItHeldBefore(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4096)
	stageInto(t, s, b, bytes.Repeat([]byte{0xee}, 4096))
	require.Len(t, read(t, s, b, 0, 4), 4)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4096})
	require.NotZero(t, s.Stats().Uploads.Hits)
	_, err := st.WriteAt([]byte("last"), 4092)
	require.NoError(t, err)
	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 0))
	require.NoError(t, f.Submit())
	require.Equal(t, append(make([]byte, 4092), "last"...), read(t, s, b, 0, 4096))
}

func TestIdleChunksMakeRoomForOthers(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096})
	immediate(t, s, buffers.StagingDescriptor{Size: 4096}).Destroy()
	require.EqualValues(t, 4096, s.Stats().Uploads.IdleBytes)
	immediate(t, s, buffers.StagingDescriptor{Size: 8192})
	require.EqualValues(t, 8192, s.Stats().Mappable)
}

// Nobody waits for the copy of a chunk that carries next to nothing.
func TestAChunkIsLentForNothingMuchSmaller(t *testing.T) {
	for _, c := range []struct{ idle, size, chunks uint64 }{{64 << 10, 4096, 2}, {64 << 10, 32 << 10, 1}, {16 << 10, 4, 1}, {4096, 8192, 2}} {
		s, _ := openSystem(t, buffers.Options{})
		immediate(t, s, buffers.StagingDescriptor{Size: c.idle}).Destroy()
		immediate(t, s, buffers.StagingDescriptor{Size: c.size})
		require.Equal(t, c.chunks, s.Stats().Uploads.Misses, "%+v", c)
	}
}

// The whole of a chunk goes to the GPU's process when it is unmapped.
func TestWhatIsStagedAgainAndAgainHasAChunkOfItsSize(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	stage := func(size uint64) buffers.PoolStats {
		immediate(t, s, buffers.StagingDescriptor{Size: size}).Destroy()
		return s.Stats().Uploads
	}
	stage(2 << 20)
	for range 3 {
		require.EqualValues(t, 2<<20, stage(1<<20).Bytes, "a larger chunk is taken a few times")
	}
	for range 20 {
		require.EqualValues(t, 3<<20, stage(1<<20).Bytes)
		require.EqualValues(t, 2, stage(2<<20).Misses, "chunks that were made")
	}
}

func TestNothingMakesRoomForAChunkThatOnlyFitsBetter(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{Budget: 6 << 20})
	immediate(t, s, buffers.StagingDescriptor{Size: 2 << 20}).Destroy()
	read(t, s, deviceBuffer(t, s, 7<<19), 0, 7<<19)
	before := s.Stats()
	require.NotZero(t, before.Reads.IdleBytes)
	for range 8 {
		immediate(t, s, buffers.StagingDescriptor{Size: 1 << 20}).Destroy()
	}
	require.Equal(t, before.Reads, s.Stats().Reads)
	require.Equal(t, before.Uploads.Misses, s.Stats().Uploads.Misses)
}

func TestAChunkWhoseMapFailedIsNotUsedAgain(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4096)
	device.FailMap(1, gpu.NewError("map", "staging chunk", buffers.ErrValidation, ""))
	stageInto(t, s, b, randomBytes(4096))
	require.Equal(t, randomBytes(4096), read(t, s, b, 0, 4096))
	immediate(t, s, buffers.StagingDescriptor{Size: 4096})
	require.EqualValues(t, 2, s.Stats().Uploads.Misses)
	require.EqualValues(t, 1, s.Stats().Uploads.Chunks)
}

func TestAChunkThatTurnsOutInvalidIsNotLent(t *testing.T) {
	for name, known := range map[string]func(*testing.T, *memory.Device, *buffers.ImmediateStagingBuffer){
		"known before it comes back": func(t *testing.T, device *memory.Device, b *buffers.ImmediateStagingBuffer) {
			device.Release()
			require.NoError(t, <-device.Queue().WorkDone())
			b.Destroy()
		},
		"known when it is idle": func(t *testing.T, device *memory.Device, b *buffers.ImmediateStagingBuffer) {
			b.Destroy()
			device.Release()
			require.NoError(t, <-device.Queue().WorkDone())
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openLate(t)
			device.Hold()
			device.FailCreate(1)
			known(t, device, immediate(t, s, buffers.StagingDescriptor{Size: 16}))
			if name == "known before it comes back" {
				require.Zero(t, s.Stats().Mappable, "it takes no memory of others")
			}
			b, p := deviceBuffer(t, s, 16), randomBytes(16)
			stageInto(t, s, b, p)
			require.Equal(t, p, read(t, s, b, 0, 16))
			require.Equal(t, 1, s.Stats().Uploads.Chunks)
		})
	}
}

// lateEncoder is the caller's own, who submits it himself.
type lateEncoder struct{ buffers.Encoder }

func (lateEncoder) Foreign() bool { return true }

// staged records a copy of p to dst in an encoder of the caller's.
func staged(t testing.TB, s *buffers.System, device buffers.Device, p []byte, dst buffers.Buffer) buffers.Encoder {
	t.Helper()
	e := encoder(t, device, "theirs")
	staging := immediate(t, s, buffers.StagingDescriptor{Label: "staging", Size: uint64(len(p))})
	_, err := staging.Write(p)
	require.NoError(t, err)
	require.NoError(t, staging.UploadTo(lateEncoder{e}, dst, 0))
	staging.Destroy()
	return e
}

func TestWhatIsStagedForALateSubmitIsNobodyElses(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, c := deviceBuffer(t, s, 16), deviceBuffer(t, s, 16)
	first, second := randomBytes(16), make([]byte, 16)
	late := staged(t, s, device, first, b)
	require.NoError(t, s.Submit())
	require.NoError(t, <-device.Queue().WorkDone())
	require.EqualValues(t, 1, s.Stats().Uploads.Chunks, "it counts")
	staged(t, s, device, second, c)
	require.NoError(t, device.Queue().Submit(late))
	require.Equal(t, first, read(t, s, b, 0, 16))
}

func TestWhatIsStagedForALateSubmitIsNotKeptForEver(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *buffers.System){
		"it grows old": func(t *testing.T, s *buffers.System) {
			time.Sleep(6 * time.Second)
			submitFrames(t, s, 64)
		},
		"others need the memory": func(t *testing.T, s *buffers.System) {
			immediate(t, s, buffers.StagingDescriptor{Size: 1 << 20}).Destroy()
			s.Trim()
		},
		"it is trimmed":           func(_ *testing.T, s *buffers.System) { s.Trim() },
		"the system is destroyed": func(_ *testing.T, s *buffers.System) { s.Destroy() },
	} {
		regime(t, name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{Budget: 1 << 20, ChunkSize: 1 << 10})
			b := deviceBuffer(t, s, 16)
			late := staged(t, s, device, randomBytes(16), b)
			require.NoError(t, s.Submit())
			require.Contains(t, device.Buffers(), "staging chunk")
			end(t, s)
			require.NotContains(t, device.Buffers(), "staging chunk")
			require.Zero(t, s.Stats().Mappable)
			require.ErrorIs(t, device.Queue().Submit(late), buffers.ErrDestroyed, "the caller hears of it")
		})
	}
}

func TestWhatIsStagedForALateSubmitMakesRoomForWhoWaits(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s, device := openSystem(t, buffers.Options{Budget: 1 << 20, ChunkSize: 1 << 10})
		staged(t, s, device, make([]byte, 1<<20), deviceBuffer(t, s, 1<<20))
		lent := outcome(func() error {
			_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 1 << 20})
			return err
		})
		synctest.Wait()
		require.NoError(t, s.Submit())
		require.NoError(t, <-lent)
	})
}
