package buffers_test

import (
	"context"
	"errors"
	"sync/atomic"
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
			return openNotifying(t, memory.Options{}, options)
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

// takeRest takes what is left of a budget.
func takeRest(t testing.TB, s *buffers.System, budget uint64) buffers.MappableBuffer {
	t.Helper()
	b, err := s.NewMappableBuffer(buffers.Descriptor{Size: budget - s.Stats().Mappable, Usage: buffers.UsageMapRead | buffers.UsageCopyDst})
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

// recorded takes the whole budget for a copy that is recorded, and not submitted.
func (r *room) recorded() buffers.Encoder {
	e := encoder(r, r.gpu, "")
	require.NoError(r, r.hold().UploadTo(e, r.target, 0))
	return e
}

// read sends a read, of a host's where that is not nil, and takes what it leaves of the budget; end is to end the read.
func (r *room) read(host *reader, end func()) (free func()) {
	b, err := r.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	require.NoError(r, err)
	r.Cleanup(b.Destroy)
	if host != nil {
		require.NoError(r, embedder.StartRead(b, r.target, 0, whole, host, 1))
	} else {
		_, err = b.Start(r.target, 0, buffers.Bytes(make([]byte, whole)))
		require.NoError(r, err)
	}
	b.Flush()
	left := takeRest(r, r.System, whole)
	return func() {
		left.Destroy()
		synctest.Wait() // who waits is awake, and in need of more
		end()
	}
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
	"Embedder.LendChunk": func(r *room, ctx context.Context) error {
		u, err := r.NewUpload(r.target, 0, 0)
		require.NoError(r, err)
		defer u.Abort()
		chunk, _, err := embedder.LendChunk(ctx, u)
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
		e := r.recorded()
		return func() { require.NoError(r, r.Submit(e)) }
	},
	"a submit whose map fails": func(r *room) func() {
		e := r.recorded()
		r.gpu.FailMap(1, errors.New("no"))
		return func() { require.NoError(r, r.Submit(e)) }
	},
	"the GPU": func(r *room) func() {
		e := r.recorded()
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
	"a read": func(r *room) func() {
		r.gpu.Hold()
		return r.read(nil, r.gpu.Release)
	},
	"a host's read": func(r *room) func() {
		host := &reader{}
		return r.read(host, func() { host.lent[0].End(nil) })
	},
	"an upload is aborted": func(r *room) func() {
		u, err := r.NewUpload(r.target, 0, 0)
		require.NoError(r, err)
		_, _, err = embedder.LendChunk(r.later(), u)
		require.NoError(r, err)
		return u.Abort
	},
}

// begin starts a wait, which is asleep when begin returns.
func (r *room) begin(wait func(*room, context.Context) error, ctx context.Context) <-chan error {
	done := outcome(func() error { return wait(r, ctx) })
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
				require.NoError(r, r.ended(done))
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
					require.NoError(r, r.ended(done))
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
				require.NoError(r, r.ended(done))
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
		buffers.SetHangAfter(s, time.Hour)
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
		require.NoError(r, r.ended(done))
		r.gpu.Release()
	})
}

// counted counts how often somebody waits under it.
type counted struct {
	context.Context
	waits atomic.Int64
}

func (c *counted) Err() error {
	c.waits.Add(1)
	return c.Context.Err()
}

// Waiters that listen to the backend for different things do not keep each other awake: on a host with one thread
// nothing else would run.
func TestWhatIsNoChangeForAWaiterDoesNotWakeIt(t *testing.T) {
	inRooms(t, "", buffers.Options{Budget: whole, MaxFramesInFlight: 1}, func(r *room) {
		release := makers["the GPU"](r)
		f, _ := frame(r.T, r.System)
		require.NoError(r, f.Submit())
		ctx := &counted{Context: r.later()}
		memory := r.begin(waits["NewImmediateStagingBuffer"], ctx)
		begun := r.begin(func(r *room, ctx context.Context) error { _, err := r.BeginFrame(ctx); return err }, ctx)
		ctx.waits.Store(0)
		r.staging(4).Destroy() // a change, for both
		synctest.Wait()
		require.Less(r, ctx.waits.Load(), int64(10))
		release()
		require.NoError(r, <-memory)
		require.NoError(r, <-begun)
	})
}

// rousing says whether the host of s was told, since that was asked last, that goroutines are to run.
func rousing(s *buffers.System) (roused func() bool) {
	var flag atomic.Bool
	buffers.SetWaker(s, func() { flag.Store(true) })
	return func() bool { return flag.Swap(false) }
}

func TestAWaiterThatIsWokenHasItsHostRoused(t *testing.T) {
	inRooms(t, "", buffers.Options{Budget: whole}, func(r *room) {
		roused := rousing(r.System)
		holder := r.hold()
		done := r.begin(waits["Map"], r.later())
		roused()
		require.False(r, roused())
		holder.Destroy()
		require.True(r, roused())
		require.NoError(r, r.ended(done))
	})
}

// No timer outlives what it was set for: it would keep the system alive.
func TestAWatchdogThatIsStoppedWhileItLooksEnds(t *testing.T) {
	regime(t, "", func(t *testing.T) { require.False(t, buffers.GoesOn()) })
}
