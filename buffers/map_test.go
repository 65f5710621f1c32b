package buffers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// Whatever a backend says of a map, the caller hears an Error.
func TestFailedMapsAreErrors(t *testing.T) {
	planted := errors.New("planted")
	s, device := openSystem(t, buffers.Options{})
	b, rb := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
	m, err := s.NewMappableBuffer(buffers.Descriptor{Label: "m", Size: 64, Usage: buffers.UsageMapWrite})
	require.NoError(t, err)
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		label string
		cause error
		fails func() error
	}{
		"a read":                        {b.Label(), planted, func() error { return rb.Read(within(t), b, 0, make([]byte, 4)) }},
		"a map":                         {"m", planted, func() error { return buffers.Map(within(t), m, buffers.MapWrite) }},
		"a map whose context has ended": {"m", context.Canceled, func() error { device.Hold(); defer device.Release(); return buffers.Map(ended, m, buffers.MapWrite) }},
	} {
		t.Run(name, func(t *testing.T) {
			if c.cause == planted {
				device.FailMap(1, planted)
			}
			err := c.fails()
			var e *buffers.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.label, e.Label)
			require.ErrorIs(t, err, c.cause)
			if c.cause == planted {
				require.ErrorIs(t, err, buffers.ErrValidation)
			}
		})
	}
}

// A map that is refused is no map to cancel.
func TestARefusedMapLeavesTheEarlierOneAlone(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // since a select takes either of two that are ready
		s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096})
		mapped, err := s.NewMappableBuffer(buffers.Descriptor{Size: 8192, Usage: buffers.UsageMapWrite, MappedAtCreation: true})
		require.NoError(t, err)
		require.ErrorIs(t, buffers.Map(over, mapped, buffers.MapWrite), buffers.ErrMapped)
		require.Equal(t, buffers.Mapped, mapped.State())

		waiting := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
		settled := waiting.MapAsync()
		require.ErrorIs(t, waiting.Map(over), buffers.ErrMapPending)
		require.Empty(t, settled)
		mapped.Destroy()
		require.NoError(t, <-settled)
		require.ErrorIs(t, waiting.Map(over), buffers.ErrMapped)
		_, err = waiting.Write([]byte("kept"))
		require.NoError(t, err)
	}
}

func TestAMapThatIsGivenUpIsAborted(t *testing.T) {
	for name, giveUp := range map[string]func(*buffers.DeferredStagingBuffer){
		"Unmap":   func(b *buffers.DeferredStagingBuffer) { _ = b.Unmap() },
		"Destroy": (*buffers.DeferredStagingBuffer).Destroy,
	} {
		for _, state := range []string{"has its memory", "begins to wait", "waits"} {
			inRooms(t, name+"; "+state, buffers.Options{Budget: whole}, func(r *room) {
				if state != "has its memory" {
					r.hold()
				}
				b := r.staging(64)
				settled := b.MapAsync()
				if state == "waits" {
					synctest.Wait()
				}
				giveUp(b)
				require.Len(r, settled, 1, "at once")
				require.ErrorIs(r, <-settled, buffers.ErrMapAborted)
				synctest.Wait()
				require.Empty(r, settled, "once")
				require.Zero(r, buffers.Waiting(r.System), "nothing stays asleep")
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
