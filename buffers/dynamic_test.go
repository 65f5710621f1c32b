package buffers_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func dynamic(t testing.TB, s *buffers.System, d buffers.DynamicDescriptor) *buffers.DynamicBuffer {
	t.Helper()
	b, err := s.NewDynamicBuffer(d)
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

// update writes p as one update.
func update(t testing.TB, b *buffers.DynamicBuffer, p []byte) buffers.Allocation {
	t.Helper()
	a, err := b.Update(uint64(len(p)))
	require.NoError(t, err)
	copy(a.Bytes, p)
	return a
}

// copyOut records a copy of what the GPU sees of an update.
func copyOut(t testing.TB, e buffers.Encoder, a buffers.Allocation, dst buffers.Buffer, offset uint64) {
	t.Helper()
	require.NoError(t, e.CopyBufferToBuffer(a.Buffer, a.Offset, dst, offset, uint64(len(a.Bytes))))
}

func TestUpdatesReachTheGPUWithTheirFrame(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Label: "uniforms", Size: 1024, Usage: buffers.UsageUniform | buffers.UsageCopySrc})
	b := deviceBuffer(t, s, 64)
	f, e := frame(t, s)
	one, two := update(t, d, []byte("first!!!")), update(t, d, []byte("2nd."))
	require.EqualValues(t, 0, one.Offset)
	require.EqualValues(t, 256, two.Offset, "at the device's alignment for uniforms")
	require.Same(t, one.Buffer, two.Buffer)
	copyOut(t, e, one, b, 0)
	copyOut(t, e, two, b, 8)
	require.NoError(t, f.Submit())
	require.Equal(t, "first!!!2nd.", string(read(t, s, b, 0, 12)))
}

func TestVerticesArePackedByFours(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 1024, Usage: buffers.UsageVertex})
	_, _ = frame(t, s)
	update(t, d, make([]byte, 5))
	require.EqualValues(t, 8, update(t, d, make([]byte, 4)).Offset)
}

// Each usage has its own limit of the device.
func TestUpdatesAreAlignedForTheirUsage(t *testing.T) {
	limits := gpu.DefaultLimits()
	limits.UniformOffsetAlignment, limits.StorageOffsetAlignment = 64, 128
	s := openOn(t, memory.Open(memory.Options{Limits: limits}), buffers.Options{})
	for usage, want := range map[buffers.Usage]uint64{
		buffers.UsageVertex:                         4,
		buffers.UsageUniform:                        64,
		buffers.UsageStorage:                        128,
		buffers.UsageUniform | buffers.UsageStorage: 128,
	} {
		d := dynamic(t, s, buffers.DynamicDescriptor{Size: 1024, Usage: usage})
		require.Equal(t, want, d.Alignment(), usage.String())
	}
}

func TestAFrameWithMoreUpdatesThanAPageOpensAnother(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 512, Usage: buffers.UsageUniform | buffers.UsageCopySrc})
	b := deviceBuffer(t, s, 64)
	for round := range byte(5) {
		f, e := frame(t, s)
		pages := map[buffers.Buffer]bool{}
		for i := range byte(16) {
			a := update(t, d, []byte{round, i, 0, 1})
			pages[a.Buffer] = true
			copyOut(t, e, a, b, uint64(i)*4)
		}
		require.Len(t, pages, 8)
		require.NoError(t, f.Submit())
		got := read(t, s, b, 0, 64)
		for i := range byte(16) {
			require.Equal(t, []byte{round, i, 0, 1}, got[i*4:i*4+4])
		}
	}
}

func TestASlotIsNeverWrittenWhileTheGPUUsesIt(t *testing.T) {
	s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 5})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform | buffers.UsageCopySrc, MaxSlots: 5})
	b := deviceBuffer(t, s, 64)
	device.Hold()
	used := map[buffers.Buffer]bool{}
	for i := range uint64(5) {
		f, e := frame(t, s)
		a := update(t, d, []byte{byte(i), 0, 0, 0})
		require.False(t, used[a.Buffer], "frame %d", i)
		used[a.Buffer] = true
		copyOut(t, e, a, b, i*4)
		require.NoError(t, f.Submit())
	}
	require.Equal(t, 5, d.Slots(), "grown as needed")
	_, err := d.Update(4)
	require.ErrorIs(t, err, buffers.ErrBusy)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.BeginFrame(ctx)
	require.ErrorIs(t, err, buffers.ErrBusy)
	require.Equal(t, 5, s.Stats().FramesInFlight)

	device.Release()
	f, err := s.BeginFrame(within(t))
	require.NoError(t, err)
	update(t, d, []byte("next"))
	require.NoError(t, f.Submit())
	got := read(t, s, b, 0, 20)
	for i := range 5 {
		require.EqualValues(t, i, got[i*4])
	}
}

// requireBeginWaits checks that a frame begins when the GPU is released.
func requireBeginWaits(t *testing.T, s *buffers.System, device *memory.Device) {
	t.Helper()
	opened := outcome(func() error { _, err := s.BeginFrame(context.Background()); return err })
	runtime.Gosched()
	require.Empty(t, opened)
	device.Release()
	require.NoError(t, <-opened)
}

func TestBeginFrameWaitsForTheGPU(t *testing.T) {
	s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 1})
	device.Hold()
	f, _ := frame(t, s)
	require.NoError(t, f.Submit())
	requireBeginWaits(t, s, device)
}

// By default who may wait keeps to the frames that keep a slow GPU busy, and who may not is let go on.
func TestFramesArePacedWhereTheyMayWait(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	buffers.SetShort(s, 0)
	device.Hold()
	for range 3 {
		f, _ := frame(t, s)
		require.NoError(t, f.Submit())
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	f, err := s.BeginFrame(ended)
	require.NoError(t, err)
	require.NoError(t, f.Submit())
	requireBeginWaits(t, s, device)
}

func TestTheUpdatesThatAHostGivesOutItselfArrive(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 1024, Usage: buffers.UsageStorage | buffers.UsageCopySrc})
	require.ErrorIs(t, embedder.Advance(d, 8), buffers.ErrState, "nothing was updated yet")
	b := deviceBuffer(t, s, 1024)
	f, e := frame(t, s)
	a := update(t, d, []byte("1234"))
	require.ErrorIs(t, embedder.Advance(d, 1028), buffers.ErrRange)
	copy(a.Bytes, "abcd")
	require.NoError(t, embedder.Advance(d, 512))
	require.NoError(t, embedder.Advance(d, 256), "less than was taken takes nothing back")
	next := update(t, d, []byte("5678"))
	require.EqualValues(t, 512, next.Offset)
	require.NoError(t, e.CopyBufferToBuffer(a.Buffer, 0, b, 0, 1024))
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("abcd"), read(t, s, b, 0, 4))
	require.Equal(t, []byte("5678"), read(t, s, b, 512, 4))
}

// takeSlots has so many frames in flight at a time, each with a slot of d.
func takeSlots(t *testing.T, s *buffers.System, device *memory.Device, d *buffers.DynamicBuffer, frames int) {
	t.Helper()
	device.Hold()
	defer device.Release()
	for range frames {
		f, _ := frame(t, s)
		update(t, d, []byte("data"))
		require.NoError(t, f.Submit())
	}
	require.Equal(t, frames, d.Slots())
}

func TestSlotsThatAreNotNeededAreDestroyed(t *testing.T) {
	for name, c := range map[string]struct {
		age  time.Duration
		left int
	}{
		"for long":    {time.Nanosecond, 3},
		"for a while": {time.Hour, 6},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 8, IdleAge: c.age})
			d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
			takeSlots(t, s, device, d, 6)
			for range 1000 {
				require.Eventually(t, func() bool { return s.Stats().FramesInFlight == 0 }, hang, time.Microsecond)
				f, _ := frame(t, s)
				update(t, d, []byte("data"))
				require.NoError(t, f.Submit())
			}
			require.Equal(t, c.left, d.Slots())
			require.EqualValues(t, c.left*256, s.Stats().Of(buffers.KindDynamic).Bytes)
		})
	}
}

func TestDynamicBufferRefusesMisuse(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 512, Usage: buffers.UsageUniform})
	gone := dynamic(t, s, buffers.DynamicDescriptor{Size: 512, Usage: buffers.UsageUniform})
	gone.Destroy()
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"an update of 0 bytes", func() error { _, err := d.Update(0); return err }, buffers.ErrRange},
		{"an update larger than a page", func() error { _, err := d.Update(513); return err }, buffers.ErrTooLarge},
		{"an update of a destroyed one", func() error { _, err := gone.Update(4); return err }, buffers.ErrDestroyed},
		{"no usage", func() error { _, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4}); return err }, buffers.ErrUsage},
		{"a map usage", func() error {
			_, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4, Usage: buffers.UsageMapWrite})
			return err
		}, buffers.ErrUsage},
		{"an odd size", func() error {
			_, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 5, Usage: buffers.UsageVertex})
			return err
		}, buffers.ErrAlignment},
		{"fewer than three slots", func() error {
			_, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4, Usage: buffers.UsageVertex, MaxSlots: 2})
			return err
		}, buffers.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, c.do(), c.want) })
	}
}

func TestUpdatesSurviveASubmitThatIsRefused(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform | buffers.UsageCopySrc})
	m, err := s.NewMappableBuffer(buffers.Descriptor{Label: "mine", Size: 4, Usage: buffers.UsageMapWrite | buffers.UsageCopySrc, MappedAtCreation: true})
	require.NoError(t, err)
	defer m.Destroy()
	b := deviceBuffer(t, s, 8)
	f, e := frame(t, s)
	copyOut(t, e, update(t, d, []byte("data")), b, 0)
	_, err = m.WriteAt([]byte("mine"), 0)
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(m, 0, b, 4, 4))
	before := s.Stats()
	err = f.Submit()
	require.ErrorIs(t, err, buffers.ErrMapped)
	require.ErrorContains(t, err, `"mine"`)
	require.Equal(t, before, s.Stats(), "nothing happened")
	require.NoError(t, m.Unmap())
	require.NoError(t, f.Submit(), "the frame is still open, nothing is lost")
	require.Equal(t, "datamine", string(read(t, s, b, 0, 8)))
}

func TestFramesNameBuffersThatCannotBeUsed(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	m, err := s.NewMappableBuffer(buffers.Descriptor{Label: "mine", Size: 4, Usage: buffers.UsageVertex, MappedAtCreation: true})
	require.NoError(t, err)
	f, _ := frame(t, s)
	f.Use(buffers.AccessRead, m)
	require.EqualError(t, f.Submit(), `buffers: submit "mine": the buffer is mapped, and the submit uses it`)
	m.Destroy()
	require.ErrorIs(t, f.Submit(), buffers.ErrDestroyed)
	f.Discard()
	_, err = f.Encoder()
	require.ErrorIs(t, err, buffers.ErrState)
	require.ErrorIs(t, f.Submit(), buffers.ErrState)
}

// What a frame has named is no concern of the next.
func TestAFrameForgetsTheBuffersThatItNamed(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for name, end := range map[string]func(*buffers.Frame){
		"submitted": func(f *buffers.Frame) { require.NoError(t, f.Submit()) },
		"discarded": (*buffers.Frame).Discard,
	} {
		b := deviceBuffer(t, s, 4)
		f, _ := frame(t, s)
		f.Use(buffers.AccessRead, b)
		end(f)
		b.Destroy()
		f, _ = frame(t, s)
		require.NoError(t, f.Submit(), name)
	}
}

func TestOneFrameIsOpenAtATime(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	f, _ := frame(t, s)
	_, err := s.BeginFrame(within(t))
	require.ErrorIs(t, err, buffers.ErrState)
	f.Discard()
	_, err = s.BeginFrame(within(t))
	require.NoError(t, err)
}

func TestADiscardedFrameDropsItsUpdates(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
	f, _ := frame(t, s)
	update(t, d, []byte("gone"))
	f.Discard()
	up := s.Stats().BytesUp
	f, _ = frame(t, s)
	require.NoError(t, f.Submit())
	require.Equal(t, up, s.Stats().BytesUp)
}

func TestMappableBuffersOfASystemAreCountedAndDestroyed(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	m, err := s.NewMappableBuffer(buffers.Descriptor{Label: "mine", Size: 64, Usage: buffers.UsageMapWrite | buffers.UsageCopySrc})
	require.NoError(t, err)
	require.EqualValues(t, 64, s.Stats().Mappable)
	require.NoError(t, buffers.Map(within(t), m, buffers.MapWrite))
	_, err = m.WriteAt([]byte("good"), 0)
	require.NoError(t, err)
	require.NoError(t, m.Unmap())
	require.Equal(t, "good", string(read(t, s, m, 0, 4)))
	m.Destroy()
	m.Destroy()
	s.Trim()
	require.Zero(t, s.Stats().Mappable)
	require.Empty(t, device.Buffers())
	require.ErrorIs(t, buffers.Map(within(t), m, buffers.MapWrite), buffers.ErrDestroyed)
}

func TestABufferNobodyDestroyedIsReportedAndFreed(t *testing.T) {
	type record struct{ label, created string }
	reports := make(chan record, 10)
	s, device := openSystem(t, buffers.Options{LogLevel: buffers.LevelWarn, Log: func(_ buffers.Level, message string, fields []buffers.Field) {
		if message == "buffer was never destroyed" {
			reports <- record{fields[1].Text, fields[3].Text}
		}
	}})
	func() {
		b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "destroyed", Size: 64, Usage: buffers.UsageVertex})
		require.NoError(t, err)
		b.Destroy()
		_, err = s.NewDeviceBuffer(buffers.Descriptor{Label: "forgotten", Size: 64, Usage: buffers.UsageVertex})
		require.NoError(t, err)
	}()
	var got record
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case got = <-reports:
			return true
		default:
			return false
		}
	}, hang, time.Millisecond)
	require.Equal(t, "forgotten", got.label)
	require.Contains(t, got.created, "dynamic_test.go:")
	require.Eventually(t, func() bool { return s.Stats().Leaks == 1 && len(device.Buffers()) == 0 }, hang, time.Millisecond)
}

func TestLogsCarryLevelsAndFields(t *testing.T) {
	var messages []string
	var bytes int64
	s, _ := openSystem(t, buffers.Options{LogLevel: buffers.LevelDebug, Log: func(level buffers.Level, message string, fields []buffers.Field) {
		messages = append(messages, level.String()+": "+message)
		for _, f := range fields {
			if f.Key == "bytes" {
				bytes = f.Number
			}
		}
	}})
	deviceBuffer(t, s, 64)
	require.Equal(t, []string{"debug: buffer created"}, messages)
	require.EqualValues(t, 64, bytes)
}

func TestRecordsBelowTheLevelAreNotLogged(t *testing.T) {
	var levels []buffers.Level
	s, _ := openSystem(t, buffers.Options{LogLevel: buffers.LevelWarn, Log: func(level buffers.Level, _ string, _ []buffers.Field) {
		levels = append(levels, level)
	}})
	deviceBuffer(t, s, 64)
	require.NoError(t, deviceBuffer(t, s, 64).Grow(128))
	s.Destroy()
	require.Equal(t, []buffers.Level{buffers.LevelWarn}, levels, "that buffers were alive")
}

func TestADynamicBufferDoesWithoutSlotsThatHaveNoMemory(t *testing.T) {
	for name, c := range map[string]struct {
		fail []int // of the creations
		left int
	}{
		"one slot":   {[]int{2}, 2},
		"every slot": {[]int{1, 2, 3}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openLate(t)
			for _, n := range c.fail {
				device.FailCreate(n)
			}
			d := dynamic(t, s, buffers.DynamicDescriptor{Label: "uniforms", Size: 256, Usage: buffers.UsageUniform | buffers.UsageCopySrc})
			target := deviceBuffer(t, s, 4)
			require.NoError(t, <-device.Queue().WorkDone())
			for i := range byte(6) {
				f, e := frame(t, s)
				a, err := d.Update(4)
				if c.left == 0 {
					require.ErrorIs(t, err, buffers.ErrOutOfMemory)
					require.ErrorContains(t, err, `update "uniforms"`)
					f.Discard()
					continue
				}
				require.NoError(t, err)
				copy(a.Bytes, []byte{i, 1, 2, 3})
				copyOut(t, e, a, target, 0)
				require.NoError(t, f.Submit())
				require.Equal(t, []byte{i, 1, 2, 3}, read(t, s, target, 0, 4))
			}
			device.Hold()
			for range c.left {
				update(t, d, make([]byte, 4))
				require.NoError(t, s.Submit())
			}
			_, err := d.Update(4)
			require.Error(t, err, "there is no memory for more")
			require.Equal(t, c.left, d.Slots())
			require.Len(t, labelled(device, "uniforms"), c.left)
		})
	}
}

func TestUpdatesInASlotWithoutMemoryAreRefusedUntilTheyAreDropped(t *testing.T) {
	s, device := openLate(t)
	device.Hold()
	device.FailCreate(3) // the one that is taken first
	d := dynamic(t, s, buffers.DynamicDescriptor{Label: "uniforms", Size: 256, Usage: buffers.UsageUniform})
	f, _ := frame(t, s)
	update(t, d, make([]byte, 4))
	device.Release()
	require.NoError(t, <-device.Queue().WorkDone())
	require.ErrorIs(t, f.Submit(), buffers.ErrOutOfMemory)
	f.Discard()
	f, _ = frame(t, s)
	update(t, d, make([]byte, 4))
	require.NoError(t, f.Submit())
}
