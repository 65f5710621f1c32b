//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADeviceTellsWhatItIs(t *testing.T) {
	d, err := adapter(t).RequestDevice(patience(t), &DeviceDescriptor{
		Label: "mine", RequiredFeatures: []string{"shader-f16"}, RequiredLimits: Limits{MaxBufferSize: 512},
	})
	require.NoError(t, err)
	require.Equal(t, "mine", d.Label())
	require.EqualValues(t, 512, d.Limits().MaxBufferSize)
	require.Equal(t, []string{"shader-f16"}, d.Features())
	require.True(t, d.HasFeature("shader-f16"))
	require.Equal(t, AdapterInfo{Vendor: "acme", Architecture: "paper", IsFallbackAdapter: true}, d.AdapterInfo())
	require.True(t, d.Queue().JSValue().Equal(d.JSValue().Get("queue")))
}

func TestAdoptionWrapsWhatItIsMadeFor(t *testing.T) {
	d := device(t)
	adopted, err := AdoptDevice(d.JSValue())
	require.NoError(t, err)
	require.Equal(t, "test", adopted.Label())
	require.Equal(t, d.Limits(), adopted.Limits())

	b, err := AdoptBuffer(buffer(t, d, 16).JSValue())
	require.NoError(t, err)
	require.Equal(t, "b", b.Label())
	require.EqualValues(t, 16, b.Size())
	require.Equal(t, BufferUsageMapWrite|BufferUsageCopySrc, b.Usage())

	texture, err := d.CreateTexture(&TextureDescriptor{Label: "t", Size: Extent3D{4, 2, 3}, Format: TextureFormatR8Unorm, Dimension: TextureDimension3D,
		MipLevelCount: 2, Usage: TextureUsageCopySrc | TextureUsageTextureBinding})
	require.NoError(t, err)
	texture, err = AdoptTexture(texture.JSValue())
	require.NoError(t, err)
	require.Equal(t, "t", texture.Label())
	require.Equal(t, Extent3D{4, 2, 3}, texture.Size())
	require.Equal(t, TextureFormatR8Unorm, texture.Format())
	require.Equal(t, TextureDimension3D, texture.Dimension())
	require.EqualValues(t, 2, texture.MipLevelCount())
	require.EqualValues(t, 1, texture.SampleCount())
	require.Equal(t, TextureUsageCopySrc|TextureUsageTextureBinding, texture.Usage())

	encoder, err := d.CreateCommandEncoder("e")
	require.NoError(t, err)
	_, err = AdoptCommandEncoder(encoder.JSValue())
	require.NoError(t, err)
	_, err = AdoptAdapter(adapter(t).JSValue())
	require.NoError(t, err)
}

func TestAdoptionRefusesEverythingElse(t *testing.T) {
	adopters := map[string]func(js.Value) error{
		"GPUDevice":         func(v js.Value) error { _, err := AdoptDevice(v); return err },
		"GPUBuffer":         func(v js.Value) error { _, err := AdoptBuffer(v); return err },
		"GPUTexture":        func(v js.Value) error { _, err := AdoptTexture(v); return err },
		"GPUCommandEncoder": func(v js.Value) error { _, err := AdoptCommandEncoder(v); return err },
		"GPUAdapter":        func(v js.Value) error { _, err := AdoptAdapter(v); return err },
		"GPUCanvasContext":  func(v js.Value) error { _, err := AdoptCanvasContext(v); return err },
	}
	object := js.Global().Get("Object")
	for class, adopt := range adopters {
		prototype := js.Global().Get(class).Get("prototype")
		for name, v := range map[string]js.Value{
			"undefined":                js.Undefined(),
			"null":                     js.Null(),
			"a number":                 js.ValueOf(7),
			"a string":                 js.ValueOf("GPUBuffer"),
			"an object":                object.New(),
			"the class":                js.Global().Get(class),
			"its prototype":            prototype,
			"one with its prototype":   object.Call("create", prototype),
			"another object of WebGPU": device(t).Queue().JSValue(),
			"a proxy that throws":      js.Global().Get("Proxy").New(object.New(), fake.Get("throws")),
		} {
			err := adopt(v)
			require.ErrorIs(t, err, ErrType, "%s as %s", name, class)
			require.ErrorContains(t, err, "a "+class+" is needed, not ")
		}
	}
}

func TestLostTellsEveryoneWhy(t *testing.T) {
	d := device(t)
	select {
	case <-d.Lost():
		t.Fatal("lost too early")
	default:
	}
	require.Equal(t, LostInfo{}, d.LostInfo())
	fake.Call("lose", d.JSValue(), "the GPU process is gone")
	for range 3 {
		<-d.Lost()
	}
	require.Equal(t, LostInfo{LostUnknown, "the GPU process is gone"}, d.LostInfo())
}

func TestADeviceAdoptedAfterItsLossIsLost(t *testing.T) {
	d := device(t)
	d.Destroy()
	<-d.Lost()
	require.Equal(t, LostDestroyed, d.LostInfo().Reason)
	adopted, err := AdoptDevice(d.JSValue())
	require.NoError(t, err)
	<-adopted.Lost()
	require.Equal(t, d.LostInfo(), adopted.LostInfo())
}

func TestAnErrorScopeCatchesTheFirstErrorOfItsKind(t *testing.T) {
	d := device(t)
	for filter, want := range map[ErrorFilter]errorName{
		FilterValidation: ErrValidation, FilterOutOfMemory: ErrOutOfMemory, FilterInternal: ErrInternal,
	} {
		require.NoError(t, d.PushErrorScope(filter))
		fake.Call("report", d.JSValue(), "GPU"+string(want), "first")
		fake.Call("report", d.JSValue(), "GPU"+string(want), "second")
		err := wait(t, d.PopErrorScope())
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, "first")
	}
}

func TestAnErrorScopeThatCaughtNothingGivesNil(t *testing.T) {
	d := device(t)
	require.NoError(t, d.PushErrorScope(FilterValidation))
	require.NoError(t, wait(t, d.PopErrorScope()))
}

func TestMisusedErrorScopesAreErrors(t *testing.T) {
	d := device(t)
	require.ErrorIs(t, d.PushErrorScope("nonsense"), ErrType)
	require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation)
}

func TestUncapturedErrorsReachTheLastFunctionGiven(t *testing.T) {
	d := device(t)
	report := func(message string) { fake.Call("report", d.JSValue(), "GPUValidationError", message) }
	var heard []string
	hear := func(who string) func(*Error) {
		return func(e *Error) {
			require.ErrorIs(t, e, ErrValidation)
			heard = append(heard, who+" "+e.Message)
		}
	}
	report("nobody listens")
	require.NoError(t, d.OnUncapturedError(hear("first")))
	report("one")
	require.NoError(t, d.OnUncapturedError(hear("second")))
	report("two")
	require.NoError(t, d.OnUncapturedError(nil))
	report("three")
	require.Equal(t, []string{"first one", "second two"}, heard)
}
