package buffers_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// submitFrames submits frames that the GPU is to work on.
func submitFrames(t testing.TB, s *buffers.System, count int) {
	t.Helper()
	for range count {
		frame, err := s.BeginFrame(within(t))
		require.NoError(t, err)
		require.NoError(t, frame.Submit())
	}
}

func TestAFrameWaitsForThreeOrWhereTheGPUIsSoonDoneForEight(t *testing.T) {
	for name, c := range map[string]struct {
		options buffers.Options
		short   time.Duration
		let     int
	}{
		"the GPU takes long":        {buffers.Options{}, 0, 3},
		"it is soon done":           {buffers.Options{}, time.Hour, 8},
		"the program says how many": {buffers.Options{MaxFramesInFlight: 5}, time.Hour, 5},
		"or how few":                {buffers.Options{MaxFramesInFlight: 1}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, c.options)
			buffers.SetShort(s, c.short)
			d := dynamic(t, s, buffers.DynamicDescriptor{Size: 64, Usage: buffers.UsageUniform})
			device.Hold()
			for range c.let {
				frame, err := s.BeginFrame(within(t))
				require.NoError(t, err)
				_, err = d.Update(64)
				require.NoError(t, err)
				require.NoError(t, frame.Submit())
			}
			require.Nil(t, s.TryBeginFrame())
			require.Equal(t, c.let, s.Stats().FramesInFlight)
			require.Equal(t, max(c.let, 3), d.Slots(), "as many as there are frames, and three at first")
			device.Release()
			frame, err := s.BeginFrame(within(t))
			require.NoError(t, err)
			frame.Discard()
		})
	}
}

func TestAHostIsToldWhenThereIsRoomForAFrame(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*buffers.System, *memory.Device)
		code string
	}{
		"the GPU is done":      {func(_ *buffers.System, d *memory.Device) { d.Release() }, ""},
		"the system is closed": {func(s *buffers.System, _ *memory.Device) { s.Destroy() }, "destroyed"},
		"the device is lost":   {func(_ *buffers.System, d *memory.Device) { d.Lose(memory.Crashed) }, "device-lost"},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openNotifying(t, memory.Options{}, buffers.Options{MaxFramesInFlight: 2})
			room := make(chan error, 3)
			frameThen := func() (waits bool) {
				waits, err := embedder.FrameThen(s, func() { room <- nil })
				require.NoError(t, err)
				return waits
			}
			require.False(t, frameThen(), "there is room")
			device.Hold()
			submitFrames(t, s, 2)
			require.Nil(t, s.TryBeginFrame())
			require.True(t, frameThen())
			require.True(t, frameThen())
			require.Empty(t, room)
			c.end(s, device)
			require.NoError(t, ended(t, room))
			require.NoError(t, ended(t, room))
			waits, err := embedder.FrameThen(s, func() { t.Error("told") })
			require.False(t, waits)
			require.Equal(t, c.code, buffers.Code(err))
			require.Empty(t, room, "told twice")
		})
	}
}

func TestAHostIsNotToldOfFramesWhereTheBackendCannotTell(t *testing.T) {
	s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 2})
	device.Hold()
	submitFrames(t, s, 2)
	waits, err := embedder.FrameThen(s, func() { t.Error("told") })
	require.False(t, waits)
	require.ErrorIs(t, err, buffers.ErrBusy)
	device.Release()
}

// frameEnds are the ways in which a frame ends. What it has recorded is good until then.
var frameEnds = map[string]func(testing.TB, *buffers.Frame){
	"submitted": func(t testing.TB, f *buffers.Frame) { require.NoError(t, f.Submit()) },
	"discarded": func(_ testing.TB, f *buffers.Frame) { f.Discard() },
}

func TestASubmitWithinAFrameLeavesWhatAGrowReplaced(t *testing.T) {
	for name, end := range frameEnds {
		t.Run(name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			b, target := deviceBuffer(t, s, 64), deviceBuffer(t, s, 64)
			f, e := frame(t, s)
			old := b.Unwrap()
			require.NoError(t, e.CopyBufferToBuffer(b, 0, target, 0, 64))
			require.NoError(t, b.Grow(100))
			require.NoError(t, b.AwaitGrow(within(t)))
			require.NoError(t, s.Submit())
			require.Equal(t, buffers.Ready, old.State())
			end(t, f)
			require.NoError(t, s.Submit())
			require.Equal(t, buffers.Destroyed, old.State())
		})
	}
}

func TestASubmitWithinAFrameKeepsTheUpdatesOfTheFrame(t *testing.T) {
	for name, end := range frameEnds {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform | buffers.UsageCopySrc, MaxSlots: 3})
			target := deviceBuffer(t, s, 12)
			f, e := frame(t, s)
			for i := range uint64(3) {
				a := update(t, d, []byte{byte(i), 1, 2, 3})
				copyOut(t, e, a, target, 4*i)
				require.NoError(t, s.Submit())
				require.NoError(t, <-device.Queue().WorkDone())
			}
			_, err := d.Update(4)
			require.ErrorIs(t, err, buffers.ErrBusy, "the frame may refer to every slot")
			device.Hold()
			end(t, f)
			if name == "submitted" {
				_, err = d.Update(4)
				require.ErrorIs(t, err, buffers.ErrBusy, "and so may the GPU")
			}
			device.Release()
			require.NoError(t, <-device.Queue().WorkDone())
			update(t, d, make([]byte, 4))
			if name == "submitted" {
				require.Equal(t, []byte{0, 1, 2, 3, 1, 1, 2, 3, 2, 1, 2, 3}, read(t, s, target, 0, 12))
			}
		})
	}
}

// The GPU may still be at work on a submit within a frame when that is discarded.
func TestUpdatesOfADiscardedFrameAreLeftToTheGPU(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform | buffers.UsageCopySrc, MaxSlots: 3})
	device.Hold()
	f, _ := frame(t, s)
	for range 3 {
		update(t, d, make([]byte, 4))
		require.NoError(t, s.Submit())
	}
	f.Discard()
	_, err := d.Update(4)
	require.ErrorIs(t, err, buffers.ErrBusy)
	device.Release()
	require.NoError(t, <-device.Queue().WorkDone())
	update(t, d, make([]byte, 4))
}

func TestWhoWaitsForAFrameIsWoken(t *testing.T) {
	inRooms(t, "one gives up", buffers.Options{MaxFramesInFlight: 1}, func(r *room) {
		r.gpu.Hold()
		f, _ := frame(r.T, r.System)
		require.NoError(r, f.Submit())
		begin := func(_ *room, ctx context.Context) error {
			f, err := r.BeginFrame(ctx)
			if err == nil {
				f.Discard()
			}
			return err
		}
		ctx, cancel := context.WithCancel(r.later())
		given, done := r.begin(begin, ctx), r.begin(begin, r.later())
		cancel()
		err := <-given
		require.ErrorIs(r, err, buffers.ErrBusy)
		require.ErrorIs(r, err, context.Canceled)
		synctest.Wait()
		require.Empty(r, done)
		r.gpu.Release()
		require.NoError(r, r.ended(done))
	})
}

func TestAContextThatHasEndedBeginsAFrameIfThereIsRoom(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for most, let := range map[int]int{0: 8, 2: 2} {
		inRooms(t, "", buffers.Options{MaxFramesInFlight: most}, func(r *room) {
			buffers.SetShort(r.System, 0)
			r.gpu.Hold()
			for range let {
				f, err := r.BeginFrame(over)
				require.NoError(r, err)
				require.NoError(r, f.Submit())
				time.Sleep(time.Millisecond)
			}
			_, err := r.BeginFrame(over)
			require.ErrorIs(r, err, buffers.ErrBusy)
			require.ErrorIs(r, err, context.Canceled)
			require.ErrorContains(r, err, "which is "+strconv.Itoa(let))
		})
	}
}

func TestNoFrameBeginsOnADeviceThatIsAboutToBeLost(t *testing.T) {
	regime(t, "", func(t *testing.T) {
		device := newStandIn(memory.Options{})
		device.workDone = func(gpu.Queue) <-chan error { // ahead of the news of the loss
			failed := make(chan error, 1)
			failed <- gpu.NewError("work done", "", buffers.ErrDeviceLost, "")
			return failed
		}
		s := openOn(t, device, buffers.Options{MaxFramesInFlight: 1})
		f, _ := frame(t, s)
		require.NoError(t, f.Submit())
		require.Nil(t, s.TryBeginFrame())
		begun := outcome(func() error { _, err := s.BeginFrame(within(t)); return err })
		synctest.Wait()
		require.Empty(t, begun)
		device.Lose(memory.Crashed)
		require.ErrorIs(t, <-begun, buffers.ErrDeviceLost)
	})
}

func TestALossIsKnownAtOnce(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	device.Destroy()
	_, err := s.BeginFrame(t.Context())
	require.ErrorIs(t, err, buffers.ErrDeviceLost)
	require.ErrorIs(t, s.Submit(), buffers.ErrDeviceLost)
}

// tracking is an encoder that hears who reads and who writes.
type tracking struct {
	buffers.Encoder
	label string
	heard *[]string
}

func (e tracking) Use(b buffers.Buffer, access buffers.Access) {
	*e.heard = append(*e.heard, fmt.Sprint(e.label, " ", b.Label(), " ", access))
}

// The first encoder of a frame hears what is done with the buffers that it names, if it wants to.
func TestAFrameTellsAnEncoderWhoReadsAndWrites(t *testing.T) {
	var heard []string
	device := newStandIn(memory.Options{})
	device.createEncoder = func(d *memory.Device, label string) (gpu.Encoder, error) {
		e, err := d.CreateEncoder(label)
		return tracking{e, label, &heard}, err
	}
	device.submit = func(q gpu.Queue, encoders ...gpu.Encoder) error {
		for i, e := range encoders {
			encoders[i] = e.(tracking).Encoder
		}
		return q.Submit(encoders...)
	}
	s := openOn(t, device, buffers.Options{})
	a, b := deviceBuffer(t, s, 64), deviceBuffer(t, s, 64)
	for _, own := range []bool{true, false} {
		f, err := s.BeginFrame(within(t))
		require.NoError(t, err)
		f.Use(buffers.AccessRead, a)
		f.Use(buffers.AccessRead|buffers.AccessWrite, b)
		further := encoder(t, device, "further")
		if own {
			_, err = f.Encoder()
			require.NoError(t, err)
		}
		require.NoError(t, f.Submit(further))
	}
	of := func(encoder string) []string {
		return []string{encoder + " " + a.Label() + " 1", encoder + " " + b.Label() + " 3"}
	}
	require.Equal(t, append(of("frame"), of("further")...), heard)
}
