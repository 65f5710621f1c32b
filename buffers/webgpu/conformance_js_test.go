//go:build js && wasm

package webgpu_test

import (
	"slices"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/buffertest"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func TestConformance(t *testing.T) {
	webgpu.CheckAll(t) // what is mappable is made within scopes all the same
	buffertest.Run(t, buffertest.Backend{
		Name:       "webgpu",
		Open:       func(t testing.TB) gpu.Device { return request(t) },
		NewTexture: newTexture,
		NewForeign: newForeign,
		Has:        hasFormat,
		NewHost:    newHost,
		Relays:     true,
		Exhaust:    exhaust(t),
		Hold:       hold(),
		Lose:       crash(),
	})
}

func newTexture(t testing.TB, device gpu.Device, info gpu.TextureInfo) (texture gpu.Texture, destroy func()) {
	t.Helper()
	d := device.(*webgpu.Device)
	bridge, err := d.Bridge().CreateTexture(&jsbridge.TextureDescriptor{
		Label:         "texture",
		Size:          jsbridge.Extent3D{Width: info.Extent.Width, Height: info.Extent.Height, DepthOrArrayLayers: info.Extent.Layers},
		MipLevelCount: info.MipLevels,
		SampleCount:   info.Samples,
		Dimension:     [...]jsbridge.TextureDimension{"2d", "1d", "3d"}[info.Dimension],
		Format:        jsbridge.TextureFormat(info.Format.Name),
		Usage:         specTextureUsage(info.Usage),
	})
	require.NoError(t, err)
	texture = d.AdoptTexture(bridge)
	require.Equal(t, info, texture.Info())
	return texture, bridge.Destroy
}

// hasFormat reports whether the devices of the tests have a format of these two families.
func hasFormat(name string) bool {
	feature := "texture-compression-bc"
	if name == "depth32float-stencil8" {
		feature = name
	}
	return slices.Contains(textureFeatures(), feature)
}

func specTextureUsage(u gpu.TextureUsage) (spec jsbridge.TextureUsage) {
	for bit, to := range map[gpu.TextureUsage]jsbridge.TextureUsage{
		gpu.TextureCopySrc: 1, gpu.TextureCopyDst: 2, gpu.TextureBinding: 4, gpu.TextureStorageBinding: 8, gpu.TextureRenderAttachment: 16,
	} {
		if u&bit != 0 {
			spec |= to
		}
	}
	return spec
}

func newForeign(t testing.TB, device gpu.Device, size uint64) (gpu.Buffer, func()) {
	t.Helper()
	d := device.(*webgpu.Device)
	b, err := d.Bridge().CreateBuffer(&jsbridge.BufferDescriptor{Label: "foreign", Size: size, Usage: jsbridge.BufferUsageCopySrc | jsbridge.BufferUsageCopyDst})
	require.NoError(t, err)
	return d.AdoptBuffer(b), b.Destroy
}

// exhaust asks a software adapter for a gigabyte: see tooMuch.
func exhaust(t *testing.T) func(gpu.Device) uint64 {
	if !isSoftware(t) {
		return nil
	}
	return func(gpu.Device) uint64 { return tooMuch }
}

func newHost(t testing.TB, p []byte) (gpu.Host, func() []byte) {
	t.Helper()
	array := uint8Array(p)
	data, err := webgpu.NewData(array)
	require.NoError(t, err)
	return data, func() []byte { return bytesOf(array) }
}

// gpuProcess does something to the browser's GPU process, or is nil where the page has no such power:
// only one in a browser of its own does.
func gpuProcess(what string) func() {
	powers := js.Global().Get("gpuProcess")
	if powers.IsUndefined() || !powers.Call("hasOwnProperty", what).Bool() {
		return nil
	}
	return func() { powers.Call(what) }
}

// hold stops the GPU process, without which a map that is pending stays so.
func hold() func(gpu.Device) (release func()) {
	stop, resume := gpuProcess("stop"), gpuProcess("continue")
	if stop == nil || resume == nil {
		return nil
	}
	return func(gpu.Device) func() {
		stop()
		return resume
	}
}

func crash() func(gpu.Device) {
	kill := gpuProcess("kill")
	if kill == nil {
		return nil
	}
	return func(gpu.Device) { kill() }
}
