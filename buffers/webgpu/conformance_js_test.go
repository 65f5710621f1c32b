//go:build js && wasm

package webgpu_test

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/buffertest"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func TestConformance(t *testing.T) {
	buffertest.Run(t, buffertest.Backend{
		Name:       "webgpu",
		Open:       func(t testing.TB) buffers.Device { return request(t) },
		NewTexture: newTexture,
		NewHost:    newHost,
		Lose:       crash(),
	})
}

func newTexture(t testing.TB, device buffers.Device, extent buffers.Extent) buffers.Texture {
	t.Helper()
	d := device.(*webgpu.Device)
	texture, err := d.Bridge().CreateTexture(&jsbridge.TextureDescriptor{
		Label:  "texture",
		Size:   jsbridge.Extent3D{Width: extent.Width, Height: extent.Height, DepthOrArrayLayers: extent.Layers},
		Format: jsbridge.TextureFormatRGBA8Unorm,
		Usage:  jsbridge.TextureUsageCopySrc | jsbridge.TextureUsageCopyDst,
	})
	require.NoError(t, err)
	return d.AdoptTexture(texture)
}

func newHost(t testing.TB, p []byte) (buffers.Host, func() []byte) {
	t.Helper()
	array := uint8Array(p)
	data, err := webgpu.NewData(array)
	require.NoError(t, err)
	return data, func() []byte { return bytesOf(array) }
}

// crash ends the GPU process, where the page can have that done: only a page in a browser of its own
// gives the function for it.
func crash() func(buffers.Device) {
	if js.Global().Get("crashGPU").Type() != js.TypeFunction {
		return nil
	}
	return func(buffers.Device) { js.Global().Call("crashGPU") }
}
