//go:build js && wasm

package webgpu_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// A gigabyte less a little is refused by Chromium's allocator on a software adapter, without a try: nothing is
// filled. A GPU may have it (an NVIDIA H100 does).
const tooMuch = 1<<30 - 4

// openWithoutAGigabyte is open on a software adapter.
func openWithoutAGigabyte(t *testing.T) (*webgpu.Device, *reports) {
	t.Helper()
	if !isSoftware(t) {
		t.Skip("the adapter may have a gigabyte for a buffer")
	}
	return open(t)
}

func isSoftware(t *testing.T) bool {
	t.Helper()
	adapter, err := jsbridge.RequestAdapter(t.Context(), nil)
	require.NoError(t, err)
	return adapter.Info().Architecture == "swiftshader"
}

func TestCreationOutOfMemory(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	if d.Limits().MaxBufferSize < tooMuch {
		t.Fatalf("the adapter's maxBufferSize is %d: the test needs %d", d.Limits().MaxBufferSize, tooMuch)
	}
	b := createMappable(t, d, "the whole city", readbackUsage, tooMuch)
	reported := late.await(t, d, 1)
	require.ErrorIs(t, reported[0], gpu.ErrOutOfMemory)
	require.ErrorIs(t, reported[0], jsbridge.ErrOutOfMemory, "the browser's own error is the cause")
	require.ErrorContains(t, reported[0], `create "the whole city"`)

	require.False(t, b.Valid())
	require.ErrorIs(t, <-b.MapAsync(gpu.MapRead, 0, 64), gpu.ErrOutOfMemory)
	require.Equal(t, gpu.Ready, b.State())
	b.Destroy()
	require.Equal(t, eight, content(t, d, written(t, d, eight)), "the device works on")
}

// Who maps before the failure is known hears of it by the map.
func TestMapOfABufferWithoutMemory(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	b := createMappable(t, d, "the whole country", readbackUsage, tooMuch)
	err := <-b.MapAsync(gpu.MapRead, 0, 64)
	require.ErrorIs(t, err, gpu.ErrOutOfMemory)
	require.ErrorContains(t, err, `map "the whole country"`)
	require.Equal(t, gpu.Ready, b.State())

	reported := late.await(t, d, 2)
	require.ErrorIs(t, reported[0], gpu.ErrOutOfMemory)
	require.ErrorIs(t, reported[1], gpu.ErrValidation, "the browser's word on the map")
}

func written(t *testing.T, d *webgpu.Device, p []byte) gpu.Buffer {
	t.Helper()
	b := create(t, d, "written", gpuUsage, uint64(len(p)))
	require.NoError(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes(p)))
	return b
}

// Many small buffers are checked together. If one is not there, each is asked.
func TestCheckedCreationOutOfMemory(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	webgpu.CheckAll(t)
	before := create(t, d, "before", gpuUsage, 64)
	b := create(t, d, "the whole city", gpuUsage, tooMuch)
	after := create(t, d, "after", gpuUsage, 64)
	dropped := create(t, d, "dropped", gpuUsage, 64)
	dropped.Destroy()
	require.NoError(t, <-d.Queue().WorkDone())
	require.ErrorIs(t, b.Failure(), gpu.ErrOutOfMemory)
	require.False(t, b.Valid())
	for _, good := range []gpu.Buffer{before, after} {
		require.NoError(t, good.Failure())
		require.True(t, good.Valid())
	}
	again := create(t, d, "the whole country", gpuUsage, tooMuch)
	reported := late.await(t, d, 2)
	require.NoError(t, <-d.Queue().WorkDone())
	require.ErrorIs(t, again.Failure(), gpu.ErrOutOfMemory)
	for i, label := range []string{"the whole city", "the whole country"} {
		require.ErrorIs(t, reported[i], gpu.ErrOutOfMemory)
		require.ErrorIs(t, reported[i], jsbridge.ErrOutOfMemory, "the browser's own error is the cause, told once")
		require.ErrorContains(t, reported[i], `create "`+label+`"`)
	}
	b.Destroy()
	again.Destroy()
	require.Equal(t, eight, content(t, d, written(t, d, eight)), "the device works on")
}

// The caller may have a scope open for a lack of memory. Then it has the browser's error, and OnError hears all the same.
func TestCheckedCreationWithinAScopeOfTheCallers(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	webgpu.CheckAll(t)
	require.NoError(t, d.Bridge().PushErrorScope(jsbridge.FilterValidation))
	require.NoError(t, d.Bridge().PushErrorScope(jsbridge.FilterOutOfMemory))
	b := create(t, d, "huge", gpuUsage, tooMuch)
	memory, validation := d.Bridge().PopErrorScope(), d.Bridge().PopErrorScope()
	require.ErrorIs(t, <-memory, jsbridge.ErrOutOfMemory)
	require.NoError(t, <-validation, "the check has a scope of its own")
	reported := late.await(t, d, 1)
	require.ErrorIs(t, reported[0], gpu.ErrOutOfMemory)
	require.ErrorContains(t, reported[0], "[Invalid Buffer \"huge\"]", "the browser's word on the check")
	require.Equal(t, reported[0], b.Failure())
}

// A lack of memory that is another's is reported, though checks are under way.
func TestALackOfMemoryOfTheCallers(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	create(t, d, "checked", gpuUsage, 64)
	_, err := d.Bridge().CreateBuffer(&jsbridge.BufferDescriptor{Label: "theirs", Size: tooMuch, Usage: jsbridge.BufferUsageCopyDst})
	require.NoError(t, err)
	reported := late.await(t, d, 1)
	require.ErrorIs(t, reported[0], gpu.ErrOutOfMemory)
	require.ErrorContains(t, reported[0], "uncaptured error")
}

// The caller's own scopes see nothing of this backend's large creations, and take nothing from it.
func TestCreationLeavesTheCallersScopesAlone(t *testing.T) {
	d, late := openWithoutAGigabyte(t)
	require.NoError(t, d.Bridge().PushErrorScope(jsbridge.FilterOutOfMemory))
	create(t, d, "huge", gpuUsage, tooMuch)
	require.NoError(t, <-d.Bridge().PopErrorScope())
	late.await(t, d, 1)
}

func TestUncapturedErrors(t *testing.T) {
	d, late := open(t)
	_, err := d.Bridge().CreateBuffer(&jsbridge.BufferDescriptor{Label: "wrong", Size: 16,
		Usage: jsbridge.BufferUsageMapRead | jsbridge.BufferUsageVertex})
	require.NoError(t, err)
	reported := late.await(t, d, 1)
	require.ErrorIs(t, reported[0], gpu.ErrValidation)
	require.Regexp(t, "(?i)usage", reported[0].Error())
}

// A processor that stands in for a GPU is none, and neither is what nobody knows of.
func TestADeviceTellsWhetherAGPUDoesItsWork(t *testing.T) {
	d := request(t)
	info := d.Bridge().AdapterInfo()
	isKnown := info.Vendor+info.Architecture+info.Device+info.Description != ""
	require.Equal(t, isKnown && !info.IsFallbackAdapter, d.IsHardware())
	if info.Architecture == "swiftshader" {
		require.False(t, d.IsHardware())
	}
}

func TestLossByTheOwnerOfTheDevice(t *testing.T) {
	d := request(t)
	mapped := createMappable(t, d, "mapped", stagingUsage, 64)
	require.NoError(t, gpu.Map(t.Context(), mapped, gpu.MapWrite))
	pending := createMappable(t, d, "pending", stagingUsage, 64)
	settled := pending.MapAsync(gpu.MapWrite, 0, 64)

	d.Bridge().JSValue().Call("destroy")
	<-d.Lost()
	require.ErrorIs(t, d.LostReason(), gpu.ErrDeviceLost)
	require.ErrorContains(t, d.LostReason(), "destroyed")
	require.ErrorContains(t, d.LostReason(), t.Name(), "the device's label")
	require.ErrorIs(t, <-settled, gpu.ErrDeviceLost)
	require.Equal(t, gpu.Ready, pending.State())

	_, err := mapped.WriteAt([]byte{1}, 0)
	require.ErrorIs(t, err, gpu.ErrDeviceLost)
	require.ErrorIs(t, mapped.Unmap(), gpu.ErrDeviceLost)
	require.Equal(t, gpu.Ready, mapped.State())
	require.False(t, mapped.Valid())
}

func TestRequestWithoutAnAdapter(t *testing.T) {
	_, err := webgpu.Request(t.Context(), &webgpu.RequestOptions{
		Label:   "odd",
		Adapter: &jsbridge.AdapterOptions{FeatureLevel: "no such level"},
	})
	require.ErrorIs(t, err, gpu.ErrUnsupported)
	require.ErrorIs(t, err, jsbridge.ErrNoAdapter)
	require.ErrorContains(t, err, `request device "odd"`)
}

func TestRequestWithAContextThatEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := webgpu.Request(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestRequestOfAnUnknownFeature(t *testing.T) {
	_, err := webgpu.Request(t.Context(), &webgpu.RequestOptions{Label: "odd", Features: []string{"no-such-feature"}})
	require.ErrorIs(t, err, gpu.ErrType)
	require.ErrorContains(t, err, `request device "odd"`)
}
