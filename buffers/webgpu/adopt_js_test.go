//go:build js && wasm

package webgpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// callersBuffer is a GPUBuffer that was made without this backend.
func callersBuffer(t *testing.T, d *webgpu.Device, usage jsbridge.BufferUsage) *jsbridge.Buffer {
	t.Helper()
	made, err := d.Bridge().CreateBuffer(&jsbridge.BufferDescriptor{Label: "theirs", Size: 8, Usage: usage})
	require.NoError(t, err)
	adopted, err := jsbridge.AdoptBuffer(made.JSValue())
	require.NoError(t, err)
	return adopted
}

func TestAdoptedBuffer(t *testing.T) {
	d, _ := open(t)
	theirs := callersBuffer(t, d, jsbridge.BufferUsageCopySrc|jsbridge.BufferUsageCopyDst|jsbridge.BufferUsageQueryResolve)
	b := d.AdoptBuffer(theirs)
	require.Equal(t, "theirs", b.Label())
	require.EqualValues(t, 8, b.Size())
	require.Equal(t, gpuUsage|gpu.UsageQueryResolve, b.Usage())
	require.Same(t, theirs, webgpu.BufferOf(b))

	require.NoError(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes(eight)))
	require.Equal(t, eight, content(t, d, b))

	b.Destroy()
	require.Equal(t, gpu.Destroyed, b.State())
	require.ErrorIs(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes(eight)), gpu.ErrDestroyed)
	require.Equal(t, eight, content(t, d, d.AdoptBuffer(theirs)), "the owner's buffer lives")
}

func TestAdoptedBufferIsAsItsOwnerLeftIt(t *testing.T) {
	d, _ := open(t)
	theirs := callersBuffer(t, d, jsbridge.BufferUsageMapRead|jsbridge.BufferUsageCopyDst)
	b := d.AdoptBuffer(theirs)
	require.Equal(t, gpu.Ready, b.State())
	e, err := d.CreateEncoder("clear")
	require.NoError(t, err)
	require.NoError(t, e.ClearBuffer(b, 0, 8))

	settled := theirs.MapAsync(jsbridge.MapModeRead, 0, 8)
	require.Equal(t, gpu.MapPending, b.State())
	require.ErrorIs(t, d.Queue().Submit(e), gpu.ErrMapPending)
	require.NoError(t, <-settled)
	require.Equal(t, gpu.Mapped, b.State())
	require.ErrorIs(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes(eight)), gpu.ErrMapped)
	require.ErrorIs(t, d.Queue().Submit(e), gpu.ErrMapped)
	theirs.Unmap()
	require.NoError(t, d.Queue().Submit(e))
}

// Its owner destroys a buffer before anybody used it. Another owner hears so from the browser.
func TestAdoptedBufferThatWasDestroyedUnused(t *testing.T) {
	d, _ := open(t)
	owned, dst := create(t, d, "unused", gpuUsage, 8), create(t, d, "target", gpuUsage, 8)
	adopted := d.AdoptBuffer(webgpu.BufferOf(owned))
	owned.Destroy()
	e, err := d.CreateEncoder("late")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(adopted, 0, dst, 0, 8))
	verdict, err := d.Queue().SubmitScoped(e)
	require.NoError(t, err)
	err = <-verdict
	require.ErrorIs(t, err, gpu.ErrValidation)
	require.ErrorContains(t, err, "destroyed", "the browser's word")
}

func TestAdoptedEncoder(t *testing.T) {
	d, _ := open(t)
	src, dst := written(t, d, eight), create(t, d, "target", gpuUsage, 8)
	theirs, err := d.Bridge().CreateCommandEncoder("their frame")
	require.NoError(t, err)
	e := d.AdoptEncoder(theirs)
	require.True(t, e.(gpu.ForeignEncoder).Foreign())
	require.Same(t, theirs, webgpu.EncoderOf(e))

	require.NoError(t, e.CopyBufferToBuffer(src, 0, dst, 0, 8))
	require.NoError(t, d.Queue().Submit(e))
	require.Equal(t, eight, content(t, d, dst))

	require.ErrorIs(t, e.Check(), gpu.ErrState)
	require.ErrorContains(t, e.ClearBuffer(dst, 0, 8), "their frame")
	require.Nil(t, webgpu.EncoderOf(e))
	for range 20 { // no pool takes it
		own, err := d.CreateEncoder("own")
		require.NoError(t, err)
		require.NotSame(t, e, own)
		require.False(t, own.(gpu.ForeignEncoder).Foreign())
		require.NoError(t, d.Queue().Submit(own))
	}
}

func TestAdoptedCommandBuffer(t *testing.T) {
	d, _ := open(t)
	src, dst := written(t, d, eight), create(t, d, "target", gpuUsage, 8)
	encoder, err := d.Bridge().CreateCommandEncoder("")
	require.NoError(t, err)
	require.NoError(t, encoder.CopyBufferToBuffer(webgpu.BufferOf(src), 0, webgpu.BufferOf(dst), 0, 8))
	finished, err := encoder.Finish("finished")
	require.NoError(t, err)

	e := d.AdoptCommandBuffer(finished)
	require.NoError(t, e.Check())
	require.Nil(t, webgpu.EncoderOf(e))
	require.ErrorIs(t, e.ClearBuffer(dst, 0, 8), gpu.ErrState)
	require.ErrorContains(t, e.CopyBufferToBuffer(src, 0, dst, 0, 8), "finished")
	require.NoError(t, d.Queue().Submit(e))
	require.Equal(t, eight, content(t, d, dst))
	require.ErrorIs(t, d.Queue().Submit(e), gpu.ErrState)
}

// A pass of the caller's stands between copies of this backend's.
func TestPassesAmongCopies(t *testing.T) {
	d, _ := open(t)
	src, dst := written(t, d, eight), create(t, d, "target", gpuUsage, 8)
	e, err := d.CreateEncoder("mixed")
	require.NoError(t, err)
	pass, err := webgpu.EncoderOf(e).BeginComputePass(nil)
	require.NoError(t, err)
	require.NoError(t, pass.End())
	require.NoError(t, e.CopyBufferToBuffer(src, 0, dst, 0, 8))
	require.NoError(t, d.Queue().Submit(e))
	require.Equal(t, eight, content(t, d, dst))
}

// What its owner spoils is the browser's to report, and it does.
func TestAdoptedEncoderThatItsOwnerFinished(t *testing.T) {
	d, late := open(t)
	theirs, err := d.Bridge().CreateCommandEncoder("finished behind our back")
	require.NoError(t, err)
	_, err = theirs.Finish("")
	require.NoError(t, err)
	require.NoError(t, d.Queue().Submit(d.AdoptEncoder(theirs)))
	late.awaitSome(t, d, 1) // of the finish; Chromium reports the submit, too
	require.NoError(t, <-d.Queue().WorkDone())
	reported := late.take()
	require.NotEmpty(t, reported)
	for _, err := range reported {
		require.ErrorIs(t, err, gpu.ErrValidation)
	}
}

func TestAdoptedDevice(t *testing.T) {
	owner, late := open(t)
	theirs, err := jsbridge.AdoptDevice(owner.Bridge().JSValue())
	require.NoError(t, err)
	d := webgpu.Adopt(theirs)
	require.Equal(t, eight, content(t, d, written(t, d, eight)))
	pending := createMappable(t, d, "pending", stagingUsage, 8)
	settled := pending.MapAsync(gpu.MapWrite, 0, 8)

	d.Destroy()
	<-d.Lost()
	require.ErrorIs(t, <-settled, gpu.ErrDeviceLost)
	require.ErrorIs(t, <-pending.MapAsync(gpu.MapWrite, 0, 8), gpu.ErrDeviceLost)
	require.NoError(t, owner.LostReason())
	require.Equal(t, eight, content(t, owner, written(t, owner, eight)), "the owner's device lives")
	require.Empty(t, late.take())
}
