package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// inBubble runs f with a clock that stands still unless everything waits. It ends only when the
// device's goroutine has ended, too.
func inBubble(t *testing.T, options memory.Options, f func(t *testing.T, d *memory.Device)) {
	synctest.Test(t, func(t *testing.T) {
		d := memory.Open(options)
		f(t, d)
		d.Destroy()
	})
}

// took is the time until the channel settles.
func took(t *testing.T, settled <-chan error) time.Duration {
	t.Helper()
	start := time.Now()
	require.NoError(t, <-settled)
	return time.Since(start)
}

func TestWithoutCostNothingTakesTime(t *testing.T) {
	inBubble(t, memory.Options{}, func(t *testing.T, d *memory.Device) {
		b := newStaging(t, d, 1<<20)
		require.Zero(t, took(t, b.MapAsync(gpu.MapWrite, 0, 1<<20)))
		require.Zero(t, took(t, d.Queue().WorkDone()))
	})
}

func TestWritesAndCopiesTakeTurns(t *testing.T) {
	options := memory.Options{
		Write: memory.Bandwidth(time.Millisecond, 1000), // a millisecond a byte
		Copy:  memory.Fixed(100 * time.Millisecond),
	}
	inBubble(t, options, func(t *testing.T, d *memory.Device) {
		a, b := newBuffer(t, d, 16), newBuffer(t, d, 16)
		write(t, d, a, make([]byte, 16))
		write(t, d, a, make([]byte, 8))
		submitCopy(t, d, a, b)
		require.Equal(t, 126*time.Millisecond, took(t, d.Queue().WorkDone()))
	})
}

func TestMapsRunBesideTheQueue(t *testing.T) {
	options := memory.Options{
		Copy: memory.Fixed(100 * time.Millisecond),
		Map:  func(bytes uint64) time.Duration { return time.Duration(bytes) * time.Millisecond },
	}
	inBubble(t, options, func(t *testing.T, d *memory.Device) {
		used, idle, target := newStaging(t, d, 16), newStaging(t, d, 16), newBuffer(t, d, 16)
		submitCopy(t, d, used, target)
		waits, free := used.MapAsync(gpu.MapWrite, 0, 8), idle.MapAsync(gpu.MapWrite, 0, 16)
		require.Equal(t, 16*time.Millisecond, took(t, free), "an idle buffer")
		require.Equal(t, 92*time.Millisecond, took(t, waits), "a buffer in use for 100 ms")
	})
}

func TestQueueIsIdleBetweenSubmits(t *testing.T) {
	inBubble(t, memory.Options{Write: memory.Fixed(time.Second)}, func(t *testing.T, d *memory.Device) {
		b := newBuffer(t, d, 16)
		write(t, d, b, make([]byte, 16))
		time.Sleep(10 * time.Second)
		write(t, d, b, make([]byte, 16))
		require.Equal(t, time.Second, took(t, d.Queue().WorkDone()))
	})
}

func TestHeldGPUHangsUntilReleased(t *testing.T) {
	inBubble(t, memory.Options{}, func(t *testing.T, d *memory.Device) {
		b := newStaging(t, d, 16)
		d.Hold()
		settled, done := b.MapAsync(gpu.MapWrite, 0, 16), d.Queue().WorkDone()
		time.Sleep(time.Hour)
		unsettled(t, settled)
		unsettled(t, done)
		d.Release()
		require.Zero(t, took(t, settled))
		require.Zero(t, took(t, done))
	})
}

func TestStepDoesOneThingAtATimeInOrder(t *testing.T) {
	d := held(t, memory.Options{Write: memory.Fixed(time.Hour), Copy: memory.Fixed(time.Hour)})
	staging, target := newStaging(t, d, 4), newBuffer(t, d, 4)
	write(t, d, target, []byte{1, 1, 1, 1})
	submitCopy(t, d, staging, target)
	done, settled := d.Queue().WorkDone(), staging.MapAsync(gpu.MapWrite, 0, 4)

	require.True(t, d.Step())
	require.Equal(t, []byte{1, 1, 1, 1}, target.Contents())
	require.True(t, d.Step())
	require.Equal(t, []byte{0, 0, 0, 0}, target.Contents())
	unsettled(t, done)
	unsettled(t, settled)
	require.True(t, d.Step())
	require.NoError(t, <-done)
	unsettled(t, settled)
	require.True(t, d.Step())
	require.NoError(t, <-settled)
	require.False(t, d.Step())
}

func TestStepGoesPastAMapThatHasToWait(t *testing.T) {
	d := held(t, memory.Options{})
	used, idle, target := newStaging(t, d, 4), newStaging(t, d, 4), newBuffer(t, d, 4)
	submitCopy(t, d, used, target)
	waits, free := used.MapAsync(gpu.MapWrite, 0, 4), idle.MapAsync(gpu.MapWrite, 0, 4)
	require.True(t, d.Step(), "the submit")
	unsettled(t, waits)
	require.True(t, d.Step(), "the map of what it used")
	require.NoError(t, <-waits)
	unsettled(t, free)
	require.True(t, d.Step())
	require.NoError(t, <-free)
}

func TestStepBesideCompletesMapsInAnyOrder(t *testing.T) {
	inBubble(t, memory.Options{}, func(t *testing.T, d *memory.Device) {
		d.Hold()
		used, first, second, target := newStaging(t, d, 16), newStaging(t, d, 16), newStaging(t, d, 16), newBuffer(t, d, 16)
		submitCopy(t, d, used, target)
		waits := used.MapAsync(gpu.MapWrite, 0, 16)
		a, b := first.MapAsync(gpu.MapWrite, 0, 16), second.MapAsync(gpu.MapWrite, 0, 16)
		require.NoError(t, first.Unmap())
		require.ErrorIs(t, <-a, gpu.ErrMapAborted)
		again := first.MapAsync(gpu.MapWrite, 0, 16)

		require.False(t, d.StepBeside(2), "a map comes after the one that was cancelled, and after the copy from its buffer")
		require.True(t, d.StepBeside(1), "the other's")
		require.NoError(t, <-b)
		require.True(t, d.StepBeside(0), "the completion of the one that was cancelled")
		require.True(t, d.StepBeside(0))
		require.NoError(t, <-again)
		require.False(t, d.StepBeside(0))
		require.True(t, d.Step(), "the copy")
		require.True(t, d.StepBeside(0))
		require.NoError(t, <-waits)
	})
}
