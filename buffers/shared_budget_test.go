package buffers_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

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
		require.NoError(r, r.ended(done))
	}
	for policy, name := range []string{"wait", "fail", "fallback"} {
		for waiter, wait := range waits {
			ends := waiting
			switch {
			case waiter == "UploadMemory" && name == "fallback":
				ends = at(nil)
			case waiter == "Embedder.LendChunk" && name == "fallback":
				continue // it has none to give
			case name != "wait":
				ends = at(buffers.ErrBudget)
			}
			inRooms(t, name+"; "+waiter, buffers.Options{Budget: whole, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
				holder := r.hold()
				done := outcome(func() error { return wait(r, r.later()) })
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
	_, made := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 16384})
	mapped := deferred(t, s, buffers.StagingDescriptor{Size: 16384}).Map(within(t))
	for _, err := range []error{made, mapped} {
		require.ErrorIs(t, err, buffers.ErrBudget)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "nobody has waited")
	}
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

func TestARingWaitsForItsOwnChunksUnderEachPolicy(t *testing.T) {
	for policy := range 3 {
		inRooms(t, "", buffers.Options{Budget: 5 << 20, OnBudget: buffers.BudgetPolicy(policy)}, func(r *room) {
			require.NoError(r, r.UploadMemory(r.later(), r.target, 0, buffers.Bytes(make([]byte, whole))))
			r.gpu.Hold()
			done := r.begin(func(*room, context.Context) error {
				return r.UploadMemory(r.later(), deviceBuffer(r, r.System, 16<<20), 0, buffers.Bytes(make([]byte, 16<<20)))
			}, nil)
			r.gpu.Release()
			require.NoError(r, r.ended(done))
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

func TestOutOfMemoryGivesTheBudgetBack(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	device.FailCreate(1)
	_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 4096})
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	require.Zero(t, s.Stats().Mappable)
	immediate(t, s, buffers.StagingDescriptor{Size: 4096})
}
