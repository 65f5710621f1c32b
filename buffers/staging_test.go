package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func immediate(t testing.TB, s *buffers.System, d buffers.StagingDescriptor) *buffers.ImmediateStagingBuffer {
	t.Helper()
	b, err := s.NewImmediateStagingBuffer(within(t), d)
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

func deferred(t testing.TB, s *buffers.System, d buffers.StagingDescriptor) *buffers.DeferredStagingBuffer {
	t.Helper()
	b, err := s.NewDeferredStagingBuffer(d)
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

func TestStagingUploadsWhatIsWrittenPieceByPiece(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, bytes.Repeat([]byte{0xff}, 64)))
	st := immediate(t, s, buffers.StagingDescriptor{Label: "mesh", Size: 32})
	io.WriteString(st, "0123")
	require.NoError(t, st.WriteMemory(buffers.HostMemory(memory.NewHostBytes([]byte("4567")))))
	_, err := st.WriteAt([]byte("end!"), 12)
	require.NoError(t, err)
	require.EqualValues(t, 16, st.Written())

	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 16))
	require.NoError(t, st.UploadTo(e, b, 40), "a further destination in the same encoder")
	require.NoError(t, f.Submit())
	want := bytes.Repeat([]byte{0xff}, 64)
	copy(want[16:], "01234567\x00\x00\x00\x00end!")
	copy(want[40:], "01234567\x00\x00\x00\x00end!")
	require.Equal(t, want, read(t, s, b, 0, 64), "neighbours stay, what was skipped is zero")
}

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

func TestStagingRefusesMisuseAndKeepsItsData(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	st := immediate(t, s, buffers.StagingDescriptor{Label: "stage", Size: 32})
	io.WriteString(st, "good")
	f, e := frame(t, s)
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"more than fits", func() error { _, err := st.Write(make([]byte, 29)); return err }, buffers.ErrRange},
		{"at a negative offset", func() error { _, err := st.WriteAt(make([]byte, 4), -1); return err }, buffers.ErrRange},
		{"at an offset past the end", func() error { _, err := st.WriteAt(nil, 33); return err }, buffers.ErrRange},
		{"uploaded at an odd offset", func() error { return st.UploadTo(e, b, 2) }, buffers.ErrAlignment},
		{"uploaded past the end", func() error { return st.UploadTo(e, b, 64) }, buffers.ErrRange},
		{"a reset of a destroyed one", func() error {
			gone := immediate(t, s, buffers.StagingDescriptor{Size: 4})
			gone.Destroy()
			return gone.Reset(within(t))
		}, buffers.ErrDestroyed},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, c.do(), c.want) })
	}
	require.NoError(t, st.UploadTo(e, b, 0))
	_, err := st.Write([]byte("late"))
	require.ErrorIs(t, err, buffers.ErrNotMapped)
	require.NoError(t, f.Submit())
	require.ErrorIs(t, st.UploadTo(e, b, 8), buffers.ErrState)
	require.Equal(t, []byte("good\x00\x00\x00\x00"), read(t, s, b, 0, 8))

	require.NoError(t, st.Reset(within(t)))
	st.Write([]byte("odd"))
	f, e = frame(t, s)
	require.ErrorIs(t, st.UploadTo(e, b, 0), buffers.ErrAlignment, "a tail is never padded onto its neighbour")
	st.Write([]byte("!"))
	require.NoError(t, st.UploadTo(e, b, 0))
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("odd!"), read(t, s, b, 0, 4))

	require.NoError(t, st.Reset(within(t)))
	st.Write([]byte("end"))
	f, e = frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 60), "the last word of the buffer has no neighbour")
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("end\x00"), read(t, s, b, 60, 4))
}

func TestStagingDescriptorsAreChecked(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for _, c := range []struct {
		name string
		d    buffers.StagingDescriptor
		want error
	}{
		{"size 0", buffers.StagingDescriptor{}, buffers.ErrRange},
		{"an odd size", buffers.StagingDescriptor{Size: 6}, buffers.ErrAlignment},
		{"half a row", buffers.StagingDescriptor{Size: 15, RowBytes: 10}, buffers.ErrAlignment},
		{"over the limit", buffers.StagingDescriptor{Size: 1 << 30}, buffers.ErrTooLarge},
		{"over the limit with its padding", buffers.StagingDescriptor{Size: 4 << 20, RowBytes: 1}, buffers.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.NewImmediateStagingBuffer(within(t), c.d)
			require.ErrorIs(t, err, c.want)
			_, err = s.NewDeferredStagingBuffer(c.d)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestAnUploadOutlivesItsStagingBuffer(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "kept")
	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 0))
	st.Destroy()
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("kept"), read(t, s, b, 0, 4))
}

func TestADiscardedFrameGivesStagedMemoryBack(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "lost")
	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 0))
	f.Discard()
	f.Discard()
	require.Zero(t, s.Stats().Mappable)
	require.Equal(t, []string{"bunny"}, device.Buffers())
	require.Equal(t, make([]byte, 4), read(t, s, b, 0, 4))
}

func TestRowsOfTexelsArePlacedAsTextureCopiesNeedThem(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	for _, c := range []struct {
		name   string
		extent buffers.Extent
	}{
		{"a width of 3", buffers.Extent{Width: 3, Height: 5, Layers: 1}},
		{"a width of 64, without padding", buffers.Extent{Width: 64, Height: 4, Layers: 1}},
		{"several layers", buffers.Extent{Width: 7, Height: 3, Layers: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := c.extent
			texture := imageOf(device, e)
			region := buffers.TextureRegion{Texture: texture, Extent: e}
			row := uint64(e.Width) * 4
			texels := randomBytes(int(row) * int(e.Height) * int(e.Layers))
			st := deferred(t, s, buffers.StagingDescriptor{Size: uint64(len(texels)), RowBytes: row})
			require.NoError(t, st.Map(within(t)))
			n, err := st.ReadFrom(iotest.OneByteReader(bytes.NewReader(texels)))
			require.NoError(t, err)
			require.EqualValues(t, len(texels), n)
			f, enc := frame(t, s)
			require.ErrorIs(t, st.UploadTo(enc, deviceBuffer(t, s, 4096), 0), buffers.ErrUsage)
			require.NoError(t, st.UploadToTexture(enc, region))
			require.NoError(t, f.Submit())

			got := make([]byte, len(texels))
			require.NoError(t, readback(t, s, buffers.ReadbackDescriptor{}).ReadTexture(within(t), region, got))
			require.Equal(t, texels, got)
		})
	}
}

func TestRowsThatDoNotFitTheRegionAreRefused(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	texture := imageOf(device, buffers.Extent{Width: 4, Height: 4, Layers: 1})
	region := buffers.TextureRegion{Texture: texture, Extent: buffers.Extent{Width: 4, Height: 4, Layers: 1}}
	f, e := frame(t, s)
	defer f.Discard()
	wrong := immediate(t, s, buffers.StagingDescriptor{Size: 48, RowBytes: 12})
	wrong.Write(make([]byte, 48))
	require.ErrorIs(t, wrong.UploadToTexture(e, region), buffers.ErrRange)
	short := immediate(t, s, buffers.StagingDescriptor{Size: 64, RowBytes: 16})
	short.Write(make([]byte, 48))
	require.ErrorIs(t, short.UploadToTexture(e, region), buffers.ErrRange)
}

func TestReadFromPassesErrorsOnAndKeepsWhatArrived(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	st := immediate(t, s, buffers.StagingDescriptor{Size: 8})
	broken := errors.New("connection reset")
	n, err := st.ReadFrom(io.MultiReader(strings.NewReader("abcd"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.EqualValues(t, 4, n)
	n, err = st.ReadFrom(strings.NewReader("efghi"))
	require.ErrorIs(t, err, buffers.ErrRange)
	require.Zero(t, n)
	require.EqualValues(t, 4, st.Written())
}

func TestDeferredStagingGoesRoundWithSeveralInFlight(t *testing.T) {
	s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 8})
	b := deviceBuffer(t, s, 64)
	st := deferred(t, s, buffers.StagingDescriptor{Label: "stream", Size: 4})
	device.Hold()
	for i := range uint64(16) {
		require.NoError(t, st.Map(within(t)), "memory is there while the GPU is busy")
		st.Write([]byte{byte(i), 1, 2, 3})
		f, e := frame(t, s)
		require.NoError(t, st.UploadTo(e, b, 4*i))
		require.NoError(t, f.Submit())
		if i == 6 {
			device.Release()
		}
	}
	got := read(t, s, b, 0, 64)
	for i := range 16 {
		require.Equal(t, []byte{byte(i), 1, 2, 3}, got[4*i:4*i+4])
	}
}

func TestDeferredStagingRefusesMisuse(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	st := deferred(t, s, buffers.StagingDescriptor{Label: "stream", Size: 4})
	_, err := st.Write([]byte("soon"))
	require.ErrorIs(t, err, buffers.ErrNotMapped)
	require.ErrorIs(t, st.Unmap(), buffers.ErrNotMapped)
	require.NoError(t, st.Map(within(t)))
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrMapped)
	require.NoError(t, st.Unmap())
	require.NoError(t, <-st.MapAsync())
	st.Destroy()
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrDestroyed)
}

// fullSystem has a budget of one chunk, which is in use.
func fullSystem(t *testing.T, policy buffers.BudgetPolicy) (*buffers.System, *buffers.ImmediateStagingBuffer) {
	s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096, OnBudget: policy})
	return s, immediate(t, s, buffers.StagingDescriptor{Label: "all", Size: 8192})
}

func TestTheBudgetIsWaitedFor(t *testing.T) {
	s, all := fullSystem(t, buffers.BudgetWait)
	st := deferred(t, s, buffers.StagingDescriptor{Label: "next", Size: 4096})
	settled := st.MapAsync()
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrMapPending)
	require.Empty(t, settled)
	all.Destroy()
	require.NoError(t, <-settled)
	require.LessOrEqual(t, s.Stats().Mappable, uint64(8192))
}

func TestWaitingForTheBudgetCanBeGivenUp(t *testing.T) {
	for _, c := range []struct {
		name   string
		giveUp func(*buffers.DeferredStagingBuffer)
		want   error
	}{
		{"by an unmap", func(b *buffers.DeferredStagingBuffer) { b.Unmap() }, buffers.ErrMapAborted},
		{"by a destroy", func(b *buffers.DeferredStagingBuffer) { b.Destroy() }, buffers.ErrMapAborted},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := fullSystem(t, buffers.BudgetWait)
			st := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
			settled := st.MapAsync()
			c.giveUp(st)
			require.ErrorIs(t, <-settled, c.want)
		})
	}
	t.Run("by a context", func(t *testing.T) {
		s, all := fullSystem(t, buffers.BudgetWait)
		st := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, st.Map(ctx), context.Canceled)
		_, err := s.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Size: 4096})
		require.ErrorIs(t, err, buffers.ErrBudget)
		require.ErrorIs(t, err, context.Canceled)
		all.Destroy()
		require.NoError(t, st.Map(within(t)), "it can be used again")
	})
}

func TestTheBudgetRefusesAtOnceWhereThePolicySaysSo(t *testing.T) {
	for _, policy := range []buffers.BudgetPolicy{buffers.BudgetFail, buffers.BudgetFallback} {
		s, _ := fullSystem(t, policy)
		_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Label: "next", Size: 4096})
		require.ErrorIs(t, err, buffers.ErrBudget)
		st := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
		require.ErrorIs(t, <-st.MapAsync(), buffers.ErrBudget)
		b := deviceBuffer(t, s, 64)
		require.ErrorIs(t, readback(t, s, buffers.ReadbackDescriptor{}).Read(within(t), b, 0, make([]byte, 4)), buffers.ErrBudget)
		require.NoError(t, b.Write(0, []byte("goes")), "a write needs no mappable memory")
		_, err = s.NewMappableBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageMapRead})
		require.ErrorIs(t, err, buffers.ErrBudget)
	}
}

func TestMoreThanTheWholeBudgetIsNeverWaitedFor(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096})
	_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 16384})
	require.ErrorIs(t, err, buffers.ErrBudget)
}

func TestIdleChunksMakeRoomForOthers(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096})
	immediate(t, s, buffers.StagingDescriptor{Size: 4096}).Destroy()
	require.EqualValues(t, 4096, s.Stats().Uploads.IdleBytes)
	immediate(t, s, buffers.StagingDescriptor{Size: 8192})
	require.EqualValues(t, 8192, s.Stats().Mappable)
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
	device.FailMap(1, buffers.NewError("map", "staging chunk", buffers.ErrValidation, ""))
	stageInto(t, s, b, randomBytes(4096))
	require.Equal(t, randomBytes(4096), read(t, s, b, 0, 4096))
	immediate(t, s, buffers.StagingDescriptor{Size: 4096})
	require.EqualValues(t, 2, s.Stats().Uploads.Misses)
	require.EqualValues(t, 1, s.Stats().Uploads.Chunks)
}

func TestOutOfMemoryGivesTheBudgetBack(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	device.FailCreate(1)
	_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 4096})
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	require.Zero(t, s.Stats().Mappable)
	immediate(t, s, buffers.StagingDescriptor{Size: 4096})
}

func TestWhatIsStagedInAnotherEncoderStaysUntilThatIsSubmitted(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	e, err := device.CreateEncoder("later")
	require.NoError(t, err)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "late")
	require.NoError(t, st.UploadTo(e, b, 0))
	require.NoError(t, s.Submit(), "it does not carry the encoder")
	require.NoError(t, s.Submit(e))
	require.Equal(t, "late", string(read(t, s, b, 0, 4)))
}

// lateEncoder is the caller's own, who submits it himself.
type lateEncoder struct{ buffers.Encoder }

func (lateEncoder) Foreign() bool { return true }

// staged records a copy of p to dst in an encoder of the caller's.
func staged(t testing.TB, s *buffers.System, device buffers.Device, p []byte, dst buffers.Buffer) buffers.Encoder {
	t.Helper()
	e, err := device.CreateEncoder("theirs")
	require.NoError(t, err)
	staging := immediate(t, s, buffers.StagingDescriptor{Label: "staging", Size: uint64(len(p))})
	_, err = staging.Write(p)
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
			device := memory.Open(memory.Options{})
			s := openOn(t, device, buffers.Options{Budget: 1 << 20, ChunkSize: 1 << 10})
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
		device := memory.Open(memory.Options{})
		s := openOn(t, device, buffers.Options{Budget: 1 << 20, ChunkSize: 1 << 10})
		staged(t, s, device, make([]byte, 1<<20), deviceBuffer(t, s, 1<<20))
		lent := make(chan error)
		go func() {
			_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 1 << 20})
			lent <- err
		}()
		synctest.Wait()
		require.NoError(t, s.Submit())
		require.NoError(t, <-lent)
	})
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
