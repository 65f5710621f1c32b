package memory_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

var errScripted = errors.New("scripted")

func TestFailMap(t *testing.T) {
	d := open(t, memory.Options{})
	b := newStaging(t, d, 8)
	d.FailMap(2, errScripted)
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
	require.NoError(t, b.Unmap())
	require.ErrorIs(t, <-b.MapAsync(gpu.MapWrite, 0, 8), errScripted)
	require.Equal(t, gpu.Ready, b.State())
	require.ErrorIs(t, b.Unmap(), gpu.ErrNotMapped)
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
}

func TestRefusedMapsDoNotCount(t *testing.T) {
	d := open(t, memory.Options{})
	b := newStaging(t, d, 8)
	d.FailMap(1, errScripted)
	require.ErrorIs(t, <-b.MapAsync(gpu.MapRead, 0, 8), gpu.ErrUsage)
	require.ErrorIs(t, <-b.MapAsync(gpu.MapWrite, 0, 8), errScripted)
}

func TestLateFailureDoesNotWinOverACancellation(t *testing.T) {
	for name, end := range map[string]func(*memory.MappableBuffer){
		"unmap":   func(b *memory.MappableBuffer) { require.NoError(t, b.Unmap()) },
		"destroy": func(b *memory.MappableBuffer) { b.Destroy() },
	} {
		t.Run(name, func(t *testing.T) {
			d := held(t, memory.Options{})
			b := newStaging(t, d, 8)
			d.FailMap(1, errScripted)
			settled := b.MapAsync(gpu.MapWrite, 0, 8)
			end(b)
			require.ErrorIs(t, <-settled, gpu.ErrMapAborted)
			state := b.State()
			stepAll(d)
			unsettled(t, settled)
			require.Equal(t, state, b.State())
		})
	}
}

func TestLateFailureOfACancelledMapIsNotTheNextOnes(t *testing.T) {
	d := held(t, memory.Options{})
	b := newStaging(t, d, 16)
	d.FailMap(1, errScripted)
	first := b.MapAsync(gpu.MapWrite, 0, 8)
	require.NoError(t, b.Unmap())
	second := b.MapAsync(gpu.MapWrite, 8, 8)
	require.True(t, d.Step(), "the completion of the first")
	require.Equal(t, gpu.MapPending, b.State())
	unsettled(t, second)
	require.True(t, d.Step(), "the completion of the second")
	require.ErrorIs(t, <-first, gpu.ErrMapAborted)
	require.NoError(t, <-second)
	require.Equal(t, gpu.Mapped, b.State())
}

func TestFailCreate(t *testing.T) {
	d := open(t, memory.Options{})
	d.FailCreate(2)
	newBuffer(t, d, 8)
	_, err := d.CreateBuffer(&gpu.Descriptor{Label: "big", Size: 8, Usage: gpuUsage})
	require.ErrorIs(t, err, gpu.ErrOutOfMemory)
	require.ErrorContains(t, err, `"big"`)
	newBuffer(t, d, 8)
	require.EqualValues(t, 16, d.Bytes())
}

func TestMemoryRunsOut(t *testing.T) {
	d := open(t, memory.Options{Memory: 24})
	first := newBuffer(t, d, 16)
	_, err := d.CreateBuffer(&gpu.Descriptor{Label: "second", Size: 16, Usage: gpuUsage})
	require.ErrorIs(t, err, gpu.ErrOutOfMemory)
	newBuffer(t, d, 8)
	first.Destroy()
	newBuffer(t, d, 16)
}

// As in a browser: the buffer is there and mapped, and everything that comes of it fails.
func TestMemoryRunsOutLate(t *testing.T) {
	d := held(t, memory.Options{Memory: 16, LateErrors: true})
	var late []error
	d.OnError(func(err error) { late = append(late, err) })
	b, err := d.CreateMappableBuffer(&gpu.Descriptor{
		Label: "huge", Size: 32, Usage: gpu.UsageMapWrite | gpu.UsageCopySrc, MappedAtCreation: true,
	})
	require.NoError(t, err)
	require.True(t, b.Valid(), "nobody knows yet")
	_, err = b.WriteAt([]byte{1}, 31)
	require.NoError(t, err)
	require.NoError(t, b.Unmap())
	settled := b.MapAsync(gpu.MapWrite, 0, 32)
	stepAll(d)

	require.Len(t, late, 1)
	require.ErrorIs(t, late[0], gpu.ErrOutOfMemory)
	require.ErrorContains(t, late[0], `"huge"`)
	require.False(t, b.Valid())
	require.ErrorIs(t, <-settled, gpu.ErrOutOfMemory)
	require.Zero(t, d.Bytes())
	b.Destroy()
	require.Zero(t, d.Bytes())
}

func TestSubmitThatNamesABufferWithoutMemoryRunsNothing(t *testing.T) {
	d := held(t, memory.Options{LateErrors: true})
	var late []error
	d.OnError(func(err error) { late = append(late, err) })
	good, target := newBuffer(t, d, 4), newBuffer(t, d, 4)
	write(t, d, good, []byte{1, 2, 3, 4})
	d.FailCreate(1)
	bad := newBuffer(t, d, 4)
	e, err := d.CreateEncoder("frame")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(good, 0, target, 0, 4))
	require.NoError(t, e.CopyBufferToBuffer(bad, 0, target, 0, 4))
	require.NoError(t, d.Queue().Submit(e))
	stepAll(d)
	require.Equal(t, make([]byte, 4), target.Contents())
	require.Len(t, late, 2, "the creation and the submit")
	require.ErrorIs(t, late[1], gpu.ErrValidation)
}

func TestReportComesAfterTheWorkBeforeIt(t *testing.T) {
	d := held(t, memory.Options{})
	b := newBuffer(t, d, 4)
	var content []byte
	d.OnError(func(err error) { // may call the device
		require.ErrorIs(t, err, errScripted)
		content = b.Contents()
	})
	write(t, d, b, []byte{1, 2, 3, 4})
	d.Report(errScripted)
	write(t, d, b, []byte{5, 6, 7, 8})
	stepAll(d)
	require.Equal(t, []byte{1, 2, 3, 4}, content)
}

func TestReportWithoutAListenerIsDropped(t *testing.T) {
	d := open(t, memory.Options{})
	d.Report(errScripted)
	require.NoError(t, <-d.Queue().WorkDone())
}

func TestMappedRangeIsGoneWhenTheDeviceIsDestroyed(t *testing.T) {
	d := open(t, memory.Options{})
	b := newStaging(t, d, 8)
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
	d.Lose(memory.Destroyed)
	_, err := b.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, gpu.ErrDeviceLost)
	_, err = b.WriteAt([]byte{1}, 0)
	require.ErrorIs(t, err, gpu.ErrDeviceLost)
	require.ErrorIs(t, b.Unmap(), gpu.ErrDeviceLost)
	require.NotEqual(t, gpu.Mapped, b.State())
}

func TestMappedRangeStaysWhenTheGPUCrashes(t *testing.T) {
	d := open(t, memory.Options{})
	b, err := d.CreateMappableBuffer(&gpu.Descriptor{Label: "result", Size: 8, Usage: gpu.UsageMapRead | gpu.UsageCopyDst})
	require.NoError(t, err)
	write(t, d, b, []byte{1, 2, 3, 4})
	require.NoError(t, <-b.MapAsync(gpu.MapRead, 0, 8))
	d.Lose(memory.Crashed)
	require.Equal(t, gpu.Mapped, b.State())
	require.False(t, b.Valid())
	p := make([]byte, 4)
	_, err = b.ReadAt(p, 0)
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2, 3, 4}, p)
	require.ErrorIs(t, b.Unmap(), gpu.ErrDeviceLost)
	require.Equal(t, gpu.Ready, b.State())
	_, err = b.ReadAt(p, 0)
	require.ErrorIs(t, err, gpu.ErrDeviceLost)
}

func TestLossOfAHeldDevice(t *testing.T) {
	for _, how := range []memory.Loss{memory.Destroyed, memory.Crashed} {
		t.Run(how.String(), func(t *testing.T) {
			d := held(t, memory.Options{})
			b, target := newStaging(t, d, 8), newBuffer(t, d, 8)
			submitCopy(t, d, b, target)
			settled, done := b.MapAsync(gpu.MapWrite, 0, 8), d.Queue().WorkDone()
			require.NoError(t, d.LostReason())
			d.Lose(how)
			d.Lose(memory.Crashed)
			<-d.Lost()
			require.ErrorIs(t, <-settled, gpu.ErrDeviceLost)
			require.ErrorIs(t, <-done, gpu.ErrDeviceLost)
			require.ErrorContains(t, d.LostReason(), how.String())
			require.False(t, d.Step())
			b.Destroy()
			target.Destroy()
			require.Zero(t, d.Bytes())
			require.Empty(t, d.Buffers())
		})
	}
}

func TestCancelledMapIsNotSettledAgainByTheLoss(t *testing.T) {
	d := held(t, memory.Options{})
	b := newStaging(t, d, 8)
	settled := b.MapAsync(gpu.MapWrite, 0, 8)
	require.NoError(t, b.Unmap())
	d.Lose(memory.Crashed)
	require.ErrorIs(t, <-settled, gpu.ErrMapAborted)
	unsettled(t, settled)
}

func TestSlowMap(t *testing.T) {
	inBubble(t, memory.Options{}, func(t *testing.T, d *memory.Device) {
		slow, other := newStaging(t, d, 8), newStaging(t, d, 8)
		d.SlowMap(1, time.Second)
		settled := slow.MapAsync(gpu.MapWrite, 0, 8)
		require.Zero(t, took(t, other.MapAsync(gpu.MapWrite, 0, 8)))
		require.Equal(t, time.Second, took(t, settled))
	})
}

func TestFailScoped(t *testing.T) {
	d := open(t, memory.Options{})
	a, b := newBuffer(t, d, 4), newBuffer(t, d, 4)
	write(t, d, a, []byte{1, 2, 3, 4})
	var reports []error
	d.OnError(func(err error) { reports = append(reports, err) })
	d.FailScoped(1)
	e, err := d.CreateEncoder("scoped")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(a, 0, b, 0, 4))
	verdict, err := d.Queue().SubmitScoped(e)
	require.NoError(t, err)
	require.ErrorIs(t, <-verdict, gpu.ErrValidation)
	require.Equal(t, make([]byte, 4), b.Contents())
	require.Empty(t, reports)
	d.FailScoped(1)
	submitCopy(t, d, a, b)
	require.NoError(t, <-d.Queue().WorkDone())
	require.Equal(t, []byte{1, 2, 3, 4}, b.Contents(), "a submit without a scope")
}

func TestLoseAt(t *testing.T) {
	d := open(t, memory.Options{})
	b := newStaging(t, d, 8)
	d.LoseAt(2, memory.Crashed)
	before := d.Calls()
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
	require.NoError(t, b.Unmap())
	require.Nil(t, d.LostReason())
	require.ErrorIs(t, <-b.MapAsync(gpu.MapWrite, 0, 8), gpu.ErrDeviceLost)
	require.ErrorIs(t, d.LostReason(), gpu.ErrDeviceLost)
	after := d.Calls()
	require.Equal(t, before.All+2, after.All)
	require.Equal(t, before.Maps+1, after.Maps, "of those that were accepted")
}

// A device takes faults for as long as a test wants: of those that are over it keeps nothing.
func TestFaultsThatAreOverAreForgotten(t *testing.T) {
	d := open(t, memory.Options{LateErrors: true})
	b := newStaging(t, d, 8)
	faults := func() {
		for range 1000 {
			d.FailMap(1, errors.New("one of many"))
			require.Error(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
			d.FailCreate(1)
			newStaging(t, d, 8).Destroy()
			d.Report(errors.New("one of many"))
		}
		require.NoError(t, <-d.Queue().WorkDone())
	}
	faults()
	before := heapObjects()
	faults()
	require.Less(t, heapObjects(), before+500)
}

func heapObjects() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapObjects
}
