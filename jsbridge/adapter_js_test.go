//go:build js && wasm

package jsbridge

import (
	"context"
	"errors"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAdapterTellsWhatItIs(t *testing.T) {
	require.True(t, Available())
	a := adapter(t)
	require.Equal(t, AdapterInfo{Vendor: "acme", Architecture: "paper", Description: "a stand-in", IsFallbackAdapter: true}, a.Info())
	require.EqualValues(t, 256, a.Limits().MinUniformBufferOffsetAlignment)
	require.Zero(t, a.Limits().MaxBindGroups, "a limit that the browser doesn't know is zero")
	require.Equal(t, []string{"timestamp-query", "shader-f16"}, a.Features())
	require.True(t, a.HasFeature("shader-f16"))
	require.False(t, a.HasFeature("nothing"))
}

func TestOptionsReachTheBrowser(t *testing.T) {
	calls()
	a, err := RequestAdapter(patience(t), &AdapterOptions{PowerPreference: HighPerformance, ForceFallbackAdapter: true, FeatureLevel: "core"})
	require.NoError(t, err)
	_, err = a.RequestDevice(patience(t), &DeviceDescriptor{
		Label: "mine", RequiredFeatures: []string{"shader-f16"}, RequiredLimits: Limits{MaxBufferSize: 1024}, QueueLabel: "q",
	})
	require.NoError(t, err)
	_, err = a.RequestDevice(patience(t), nil)
	require.NoError(t, err)
	require.Equal(t, lines(
		"GPU.requestAdapter({featureLevel:core,forceFallbackAdapter:true,powerPreference:high-performance})",
		"GPUAdapter.requestDevice({defaultQueue:{label:q},label:mine,requiredFeatures:[shader-f16],requiredLimits:{maxBufferSize:1024}})",
		"GPUAdapter.requestDevice(undefined)",
	), calls())
}

func TestNoAdapterIsAnError(t *testing.T) {
	set(t, "adapter", false)
	_, err := RequestAdapter(patience(t), nil)
	require.ErrorIs(t, err, ErrNoAdapter)
}

func TestNoWebGPUIsAnError(t *testing.T) {
	for name, navigator := range map[string]any{"no navigator": js.Undefined(), "no gpu": map[string]any{}} {
		t.Run(name, func(t *testing.T) {
			before := js.Global().Get("navigator")
			js.Global().Set("navigator", navigator)
			defer js.Global().Set("navigator", before)
			require.False(t, Available())
			_, err := RequestAdapter(patience(t), nil)
			require.ErrorIs(t, err, ErrUnavailable)
			require.Empty(t, PreferredCanvasFormat())
		})
	}
}

func TestAFeatureThatIsMissingRejects(t *testing.T) {
	_, err := adapter(t).RequestDevice(patience(t), &DeviceDescriptor{RequiredFeatures: []string{"magic"}})
	require.ErrorIs(t, err, ErrType)
	require.ErrorContains(t, err, "GPUAdapter.requestDevice: TypeError: unsupported feature: magic")
}

func TestADeviceThatArrivesTooLateIsDestroyed(t *testing.T) {
	a := adapter(t)
	var open js.Value
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any { open = args[0]; return nil })
	defer executor.Release()
	set(t, "deviceGate", js.Global().Get("Promise").New(executor))
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	calls()
	go func() {
		_, err := a.RequestDevice(ctx, nil)
		errs <- err
	}()
	require.Contains(t, awaitCalls(t), "GPUAdapter.requestDevice")
	cancel()
	require.ErrorIs(t, <-errs, context.Canceled)
	open.Invoke()
	require.Equal(t, "GPUDevice.destroy()", awaitCalls(t))
}

func TestAContextThatEndedAsksForNothing(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	calls()
	_, err := RequestAdapter(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, calls())
}
