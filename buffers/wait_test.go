package buffers_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// The tests of waits run in the time of synctest: what is not woken stays asleep for an hour, at no cost.

// whole is a budget that one holder uses up.
const whole = 1 << 20

// room is a system without free memory, on a backend that notifies or not.
type room struct {
	*testing.T
	*buffers.System
	gpu    *memory.Device
	target *buffers.DeviceBuffer
}

// inRooms runs a test on both kinds of backend. The uploads of the system go by a ring.
func inRooms(t *testing.T, name string, options buffers.Options, test func(*room)) {
	for kind, open := range map[string]func(*testing.T) (*buffers.System, *memory.Device){
		"listening": func(t *testing.T) (*buffers.System, *memory.Device) { return openSystem(t, options) },
		"notified": func(t *testing.T) (*buffers.System, *memory.Device) {
			s, d := openNotifying(t, memory.Options{}, options)
			return s, d.Device
		},
	} {
		regime(t, name+"; "+kind, func(t *testing.T) {
			s, gpu := open(t)
			onPath(s, "mapped ring, 2 MiB chunks")
			test(&room{t, s, gpu, deviceBuffer(t, s, whole)})
		})
	}
}

// later is a context of a wait that comes to an end long before.
func (r *room) later() context.Context {
	ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
	r.Cleanup(cancel)
	return ctx
}

func (r *room) staging(size uint64) *buffers.DeferredStagingBuffer {
	b, err := r.NewDeferredStagingBuffer(buffers.StagingDescriptor{Label: "staging", Size: size})
	require.NoError(r, err)
	r.Cleanup(b.Destroy) // the garbage collector, which is outside of the bubble, leaves it alone until then
	return b
}

// hold takes the whole budget.
func (r *room) hold() *buffers.DeferredStagingBuffer {
	b := r.staging(whole)
	require.NoError(r, b.Map(r.later()))
	_, err := b.Write(make([]byte, whole))
	require.NoError(r, err)
	return b
}

// waits are all who can wait for memory.
var waits = map[string]func(*room, context.Context) error{
	"Map": func(r *room, ctx context.Context) error {
		b := r.staging(whole / 4)
		defer b.Destroy()
		return b.Map(ctx)
	},
	"NewImmediateStagingBuffer": func(r *room, ctx context.Context) error {
		b, err := r.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Size: whole / 4})
		if err == nil {
			b.Destroy()
		}
		return err
	},
	"Read": func(r *room, ctx context.Context) error {
		b, err := r.NewReadbackBuffer(buffers.ReadbackDescriptor{})
		require.NoError(r, err)
		defer b.Destroy()
		return b.Read(ctx, r.target, 0, make([]byte, 64))
	},
	"UploadMemory": func(r *room, ctx context.Context) error {
		return r.UploadMemory(ctx, r.target, 0, buffers.Bytes(make([]byte, whole)))
	},
	"Upload.Room": func(r *room, ctx context.Context) error {
		u, err := r.NewUpload(r.target, 0, 0)
		require.NoError(r, err)
		defer u.Abort()
		chunk, _, err := u.Room(ctx)
		require.True(r, err != nil || chunk != nil, "it goes by queue writes")
		return err
	},
}

// makers make memory available that is held.
var makers = map[string]func(*room) (free func()){
	"a map is given up": func(r *room) func() {
		holder := r.hold()
		return func() { require.NoError(r, holder.Unmap()) }
	},
	"a staging buffer is destroyed": func(r *room) func() {
		holder := r.hold()
		return holder.Destroy
	},
	"a submit": func(r *room) func() {
		holder := r.hold()
		e, err := r.gpu.CreateEncoder("")
		require.NoError(r, err)
		require.NoError(r, holder.UploadTo(e, r.target, 0))
		return func() { require.NoError(r, r.Submit(e)) }
	},
	"a submit whose map fails": func(r *room) func() {
		holder := r.hold()
		e, err := r.gpu.CreateEncoder("")
		require.NoError(r, err)
		require.NoError(r, holder.UploadTo(e, r.target, 0))
		r.gpu.FailMap(1, errors.New("no"))
		return func() { require.NoError(r, r.Submit(e)) }
	},
	"the GPU": func(r *room) func() {
		holder := r.hold()
		e, err := r.gpu.CreateEncoder("")
		require.NoError(r, err)
		require.NoError(r, holder.UploadTo(e, r.target, 0))
		r.gpu.Hold()
		require.NoError(r, r.Submit(e))
		return r.gpu.Release
	},
	"a frame that is discarded": func(r *room) func() {
		holder := r.hold()
		f, e := frame(r.T, r.System)
		require.NoError(r, holder.UploadTo(e, r.target, 0))
		return f.Discard
	},
	"a mappable buffer is destroyed": func(r *room) func() {
		b, err := r.NewMappableBuffer(buffers.Descriptor{Size: whole, Usage: buffers.UsageMapRead | buffers.UsageCopyDst})
		require.NoError(r, err)
		return b.Destroy
	},
	"an upload is aborted": func(r *room) func() {
		u, err := r.NewUpload(r.target, 0, 0)
		require.NoError(r, err)
		_, _, err = u.Room(r.later())
		require.NoError(r, err)
		return u.Abort
	},
}

// begin starts a wait, which is asleep when begin returns.
func (r *room) begin(wait func(*room, context.Context) error, ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- wait(r, ctx) }()
	synctest.Wait()
	require.Empty(r, done, "it did not wait")
	return done
}

// ended is what a wait has ended with, at the time that it is.
func (r *room) ended(done <-chan error) error {
	synctest.Wait()
	require.Len(r, done, 1, "it waits")
	return <-done
}

func TestWhateverFreesMemoryWakesWhoWaitsForIt(t *testing.T) {
	for waiter, wait := range waits {
		for maker, make := range makers {
			inRooms(t, waiter+"; "+maker, buffers.Options{Budget: whole}, func(r *room) {
				free := make(r)
				done := r.begin(wait, r.later())
				free()
				require.NoError(r, <-done)
			})
		}
	}
}

func TestAWaiterThatGivesUpLeavesTheOthersAwake(t *testing.T) {
	for first, givesUp := range waits {
		for second, wait := range waits {
			for maker, make := range makers {
				inRooms(t, first+" gives up; "+second+"; "+maker, buffers.Options{Budget: whole}, func(r *room) {
					free := make(r)
					ctx, cancel := context.WithCancel(r.later())
					given := r.begin(givesUp, ctx)
					done := r.begin(wait, r.later())
					cancel()
					require.ErrorIs(r, <-given, context.Canceled)
					synctest.Wait()
					require.Empty(r, done)
					free()
					require.NoError(r, <-done)
				})
			}
		}
	}
}

func TestEveryWaiterGetsItsTurn(t *testing.T) {
	for maker, make := range makers {
		inRooms(t, maker, buffers.Options{Budget: whole}, func(r *room) {
			free := make(r)
			var all []<-chan error
			for range 3 {
				for _, wait := range waits {
					all = append(all, r.begin(wait, r.later()))
				}
			}
			free()
			for _, done := range all {
				require.NoError(r, <-done)
			}
		})
	}
}

func TestTheEndOfASystemEndsEveryWait(t *testing.T) {
	for ender, c := range map[string]struct {
		end  func(*room)
		want error
	}{
		"system destroyed": {func(r *room) { r.Destroy() }, buffers.ErrDestroyed},
		"device destroyed": {func(r *room) { r.gpu.Destroy() }, buffers.ErrDeviceLost},
		"device lost":      {func(r *room) { r.gpu.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
	} {
		for waiter, wait := range waits {
			inRooms(t, waiter+"; "+ender, buffers.Options{Budget: whole}, func(r *room) {
				r.hold()
				done := r.begin(wait, r.later())
				c.end(r)
				err := r.ended(done)
				require.ErrorIs(r, err, c.want)
				require.NotErrorIs(r, err, context.Canceled)
			})
		}
		for name, wait := range map[string]func(*room, context.Context) error{
			"BeginFrame": func(r *room, ctx context.Context) error { _, err := r.BeginFrame(ctx); return err },
			"Calibrate":  func(r *room, ctx context.Context) error { return r.Calibrate(ctx) },
			"Upload by queue writes": func(r *room, ctx context.Context) error {
				onPath(r.System, "queue write")
				b := deviceBuffer(r, r.System, 68<<20)
				return r.UploadMemory(ctx, b, 0, buffers.Bytes(make([]byte, 68<<20)))
			},
		} {
			inRooms(t, name+"; "+ender, buffers.Options{MaxFramesInFlight: 1}, func(r *room) {
				r.gpu.Hold()
				f, _ := frame(r.T, r.System)
				require.NoError(r, f.Submit())
				done := r.begin(wait, r.later())
				c.end(r)
				require.ErrorIs(r, r.ended(done), c.want)
			})
		}
	}
}

func TestABufferThatIsDestroyedEndsWhatWaitsForIt(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(*room) (destroy func(), wait func(*room, context.Context) error)
		want  error
	}{
		"Map": {func(r *room) (func(), func(*room, context.Context) error) {
			b := r.staging(64)
			return b.Destroy, func(_ *room, ctx context.Context) error { return b.Map(ctx) }
		}, buffers.ErrMapAborted},
		"Reset": {func(r *room) (func(), func(*room, context.Context) error) {
			b, err := r.NewImmediateStagingBuffer(r.later(), buffers.StagingDescriptor{Size: whole})
			require.NoError(r, err)
			return b.Destroy, func(_ *room, ctx context.Context) error { return b.Reset(ctx) }
		}, buffers.ErrDestroyed},
		"Read": {func(r *room) (func(), func(*room, context.Context) error) {
			b, err := r.NewReadbackBuffer(buffers.ReadbackDescriptor{})
			require.NoError(r, err)
			return b.Destroy, func(_ *room, ctx context.Context) error { return b.Read(ctx, r.target, 0, make([]byte, 64)) }
		}, buffers.ErrDestroyed},
		"UploadMemory": {func(r *room) (func(), func(*room, context.Context) error) {
			b := deviceBuffer(r, r.System, whole)
			return b.Destroy, func(_ *room, ctx context.Context) error {
				return r.UploadMemory(ctx, b, 0, buffers.Bytes(make([]byte, whole)))
			}
		}, buffers.ErrDestroyed},
	} {
		inRooms(t, name, buffers.Options{Budget: whole}, func(r *room) {
			destroy, wait := c.begin(r)
			if name != "Reset" {
				r.hold()
			}
			done := r.begin(wait, r.later())
			destroy()
			require.ErrorIs(r, r.ended(done), c.want)
		})
	}
}

// An upload of which no goroutine waits ends when its target is destroyed, whatever the GPU does.
func TestAJobEndsWithItsTarget(t *testing.T) {
	regime(t, "", func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{}, buffers.Options{})
		buffers.SetPatience(s, time.Hour)
		onPath(s, "mapped ring, 2 MiB chunks")
		b := deviceBuffer(t, s, 32<<20)
		device.Hold()
		pending := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
		require.Empty(t, pending)
		b.Destroy()
		require.Len(t, pending, 1)
		require.ErrorIs(t, <-pending, buffers.ErrDestroyed)
	})
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
		require.NoError(r, <-done)
	})
}

// dying is a GPU in memory whose work fails ahead of the news that it is lost.
type dying struct{ *memory.Device }

type dyingQueue struct{ buffers.Queue }

func (d dying) Queue() buffers.Queue { return dyingQueue{d.Device.Queue()} }

func (dyingQueue) WorkDone() <-chan error {
	failed := make(chan error, 1)
	failed <- buffers.NewError("work done", "", buffers.ErrDeviceLost, "")
	return failed
}

func TestNoFrameBeginsOnADeviceThatIsAboutToBeLost(t *testing.T) {
	regime(t, "", func(t *testing.T) {
		device := dying{memory.Open(memory.Options{})}
		s := openOn(t, device, buffers.Options{MaxFramesInFlight: 1})
		f, _ := frame(t, s)
		require.NoError(t, f.Submit())
		require.Nil(t, s.TryBeginFrame())
		begun := make(chan error, 1)
		go func() { _, err := s.BeginFrame(within(t)); begun <- err }()
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

func TestAMapThatIsGivenUpIsAborted(t *testing.T) {
	for name, giveUp := range map[string]func(*buffers.DeferredStagingBuffer){
		"Unmap":   func(b *buffers.DeferredStagingBuffer) { _ = b.Unmap() },
		"Destroy": (*buffers.DeferredStagingBuffer).Destroy,
	} {
		for _, held := range []bool{false, true} {
			inRooms(t, name, buffers.Options{Budget: whole}, func(r *room) {
				if held {
					r.hold()
				}
				b := r.staging(64)
				settled := b.MapAsync()
				giveUp(b)
				require.Len(r, settled, 1, "at once")
				require.ErrorIs(r, <-settled, buffers.ErrMapAborted)
				synctest.Wait()
				require.Empty(r, settled, "once")
			})
		}
	}
	inRooms(t, "and asked for again", buffers.Options{Budget: whole}, func(r *room) {
		holder, b := r.hold(), r.staging(64)
		first := b.MapAsync()
		require.NoError(r, b.Unmap())
		second := b.MapAsync()
		require.ErrorIs(r, <-first, buffers.ErrMapAborted)
		holder.Destroy()
		require.NoError(r, <-second)
		require.NoError(r, b.Unmap())
		require.ErrorIs(r, b.Unmap(), buffers.ErrNotMapped)
	})
	inRooms(t, "with its system", buffers.Options{Budget: whole}, func(r *room) {
		settled := r.staging(64).MapAsync()
		r.Destroy()
		require.ErrorIs(r, <-settled, buffers.ErrDestroyed)
	})
}

func TestBudgetPolicies(t *testing.T) {
	at := func(err error) func(*room, <-chan error, func()) {
		return func(r *room, done <-chan error, _ func()) {
			got := r.ended(done)
			require.ErrorIs(r, got, err)
			require.NotErrorIs(r, got, context.Canceled)
		}
	}
	waiting := func(r *room, done <-chan error, free func()) {
		time.Sleep(time.Minute)
		require.Empty(r, done, "it does not wait")
		free()
		require.NoError(r, <-done)
	}
	for policy, name := range []string{"wait", "fail", "fallback"} {
		for waiter, wait := range waits {
			ends := waiting
			switch {
			case waiter == "UploadMemory" && name == "fallback":
				ends = at(nil)
			case waiter == "Upload.Room" && name == "fallback":
				continue // it has none to give
			case name != "wait":
				ends = at(buffers.ErrBudget)
			}
			inRooms(t, name+"; "+waiter, buffers.Options{Budget: whole, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
				holder := r.hold()
				done := make(chan error, 1)
				go func() { done <- wait(r, r.later()) }()
				ends(r, done, holder.Destroy)
				require.Contains(r, r.Explain(buffers.OpUpload, whole, nil).Path, "mapped ring", "nothing hangs for lack of memory")
			})
		}
		inRooms(t, name+"; Write", buffers.Options{Budget: whole, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
			r.hold()
			require.NoError(r, r.target.Write(0, make([]byte, whole)))
		})
		inRooms(t, name+"; what can never fit", buffers.Options{Budget: whole, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
			err := r.staging(2 * whole).Map(r.later())
			require.ErrorIs(r, err, buffers.ErrBudget)
			require.NotErrorIs(r, err, context.Canceled)
			require.ErrorContains(r, err, "never")
		})
		inRooms(t, name+"; an upload whose chunks can never fit", buffers.Options{Budget: whole / 2, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
			require.NoError(r, r.UploadMemory(r.later(), r.target, 0, buffers.Bytes(make([]byte, whole))))
			require.Zero(r, r.Stats().Uploads.Misses)
		})
	}
}

func TestARingWaitsForItsOwnChunksUnderEachPolicy(t *testing.T) {
	for policy := range 3 {
		inRooms(t, "", buffers.Options{Budget: 5 << 20, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
			require.NoError(r, r.UploadMemory(r.later(), r.target, 0, buffers.Bytes(make([]byte, whole))))
			r.gpu.Hold()
			done := r.begin(func(*room, context.Context) error {
				return r.UploadMemory(r.later(), deviceBuffer(r, r.System, 16<<20), 0, buffers.Bytes(make([]byte, 16<<20)))
			}, nil)
			r.gpu.Release()
			require.NoError(r, <-done)
		})
	}
}

// What goes on meanwhile does not make a ring look as if it came round.
func TestARingThatHangsIsFoundOutWhileOthersAreAtWork(t *testing.T) {
	inRooms(t, "", buffers.Options{}, func(r *room) {
		r.gpu.Hold()
		b, other := deviceBuffer(r, r.System, 16<<20), r.staging(64)
		done := r.begin(func(*room, context.Context) error {
			return r.UploadMemory(r.later(), b, 0, buffers.Bytes(make([]byte, 16<<20)))
		}, nil)
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			require.NoError(r, other.Map(r.later()))
			require.NoError(r, other.Unmap())
		}
		require.Len(r, done, 1)
		require.NoError(r, <-done)
		r.gpu.Release()
	})
}

func TestARefusalNamesNoCauseThatDidNotHappen(t *testing.T) {
	inRooms(t, "", buffers.Options{Budget: whole, MaxFramesInFlight: 1}, func(r *room) {
		r.hold()
		_, err := r.NewImmediateStagingBuffer(buffers.NoWait, buffers.StagingDescriptor{Size: 64})
		require.ErrorIs(r, err, buffers.ErrBudget)
		require.Nil(r, err.(*buffers.Error).Cause)
		r.gpu.Hold()
		f, _ := frame(r.T, r.System)
		require.NoError(r, f.Submit())
		_, err = r.BeginFrame(buffers.NoWait)
		require.ErrorIs(r, err, buffers.ErrBusy)
		require.Nil(r, err.(*buffers.Error).Cause)
	})
}

func TestAContextThatHasEndedBeginsAFrameIfThereIsRoom(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for most, let := range map[int]int{0: 8, 2: 2} {
		inRooms(t, "", buffers.Options{MaxFramesInFlight: most}, func(r *room) {
			buffers.SetSoon(r.System, 0)
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

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestEveryErrorIsAnError(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the source broke")
	for name, c := range map[string]struct {
		call func(*room) error
		want error
	}{
		"Map":          {func(r *room) error { r.hold(); return r.staging(64).Map(over) }, context.Canceled},
		"UploadMemory": {func(r *room) error { return r.UploadMemory(over, r.target, 0, buffers.Bytes(make([]byte, 64))) }, context.Canceled},
		"Upload":       {func(r *room) error { _, err := r.Upload(over, r.target, 0, failing{io.EOF}); return err }, context.Canceled},
		"a reader":     {func(r *room) error { _, err := r.Upload(r.later(), r.target, 0, failing{broken}); return err }, broken},
		"ReadFrom": {func(r *room) error {
			b := r.hold()
			_, err := b.ReadFrom(failing{broken})
			return err
		}, broken},
		"Calibrate": {func(r *room) error { r.gpu.Hold(); return r.Calibrate(over) }, context.Canceled},
		"BeginFrame": {func(r *room) error {
			r.gpu.Hold()
			f, _ := frame(r.T, r.System)
			require.NoError(r, f.Submit())
			_, err := r.BeginFrame(over)
			return err
		}, context.Canceled},
	} {
		inRooms(t, name, buffers.Options{Budget: whole, MaxFramesInFlight: 1}, func(r *room) {
			err := c.call(r)
			require.ErrorIs(r, err, c.want)
			require.IsType(r, &buffers.Error{}, err)
			require.NotEmpty(r, err.(*buffers.Error).Op)
		})
	}
}

func TestASmallBudgetIsEnough(t *testing.T) {
	for _, budget := range []uint64{4096, 5000, 100 << 10, 1 << 20, 5 << 20} {
		inRooms(t, "", buffers.Options{Budget: budget}, func(r *room) {
			p := randomBytes(whole)
			require.NoError(r, r.UploadMemory(r.later(), r.target, 0, buffers.Bytes(p)))
			for at := 0; at < whole; at += whole / 8 {
				require.Equal(r, p[at:at+2048], read(r, r.System, r.target, uint64(at), 2048))
			}
			require.NoError(r, r.staging(64).Map(r.later()))
		})
	}
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	_, err := buffers.Open(device, buffers.Options{Budget: 100})
	require.ErrorIs(t, err, buffers.ErrBudget)
}

func TestAWaiterThatIsWokenHasItsHostRoused(t *testing.T) {
	inRooms(t, "", buffers.Options{Budget: whole}, func(r *room) {
		holder := r.hold()
		done := r.begin(waits["Map"], r.later())
		r.Roused()
		require.False(r, r.Roused())
		holder.Destroy()
		require.True(r, r.Roused())
		require.NoError(r, <-done)
	})
}

// No timer outlives what it was set for: it would keep the system alive.
func TestAPatienceThatIsStoppedWhileItLooksEnds(t *testing.T) {
	regime(t, "", func(t *testing.T) { require.False(t, buffers.LooksOn()) })
}
