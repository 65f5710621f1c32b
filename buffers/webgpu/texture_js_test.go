//go:build js && wasm

package webgpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func adoptTexture(t *testing.T, d *webgpu.Device, descriptor jsbridge.TextureDescriptor) gpu.Texture {
	t.Helper()
	descriptor.Usage |= jsbridge.TextureUsageCopySrc | jsbridge.TextureUsageCopyDst
	made, err := d.Bridge().CreateTexture(&descriptor)
	require.NoError(t, err)
	return d.AdoptTexture(made)
}

// The browser agrees on what every format takes: a row of blocks that is copied fits into a buffer of just its
// bytes, and not into one that is four bytes shorter.
func TestFootprints(t *testing.T) {
	d, _ := open(t)
	for _, name := range []jsbridge.TextureFormat{
		jsbridge.TextureFormatR8Unorm, jsbridge.TextureFormatRG8Sint, jsbridge.TextureFormatRGB9E5Ufloat, jsbridge.TextureFormatRGBA16Float,
		jsbridge.TextureFormatRGBA32Uint, jsbridge.TextureFormatStencil8, jsbridge.TextureFormatDepth16Unorm, jsbridge.TextureFormatDepth32Float,
	} {
		texture := adoptTexture(t, d, jsbridge.TextureDescriptor{Format: name, Size: jsbridge.Extent3D{Width: 8, Height: 1}})
		region := gpu.TextureRegion{Texture: texture, Extent: texture.Info().Extent}
		f, err := gpu.CheckRegion("test", region, gpu.TextureCopySrc)
		require.NoError(t, err, name)
		require.NoError(t, copyRow(t, d, texture, f.Bytes()), name)
		require.ErrorIs(t, copyRow(t, d, texture, f.Bytes()-4), jsbridge.ErrValidation, name)
	}
}

// copyRow asks the browser alone, without the checks of this backend.
func copyRow(t *testing.T, d *webgpu.Device, texture gpu.Texture, bytes uint64) error {
	t.Helper()
	bridge := d.Bridge()
	require.NoError(t, bridge.PushErrorScope(jsbridge.FilterValidation))
	b, err := bridge.CreateBuffer(&jsbridge.BufferDescriptor{Size: bytes, Usage: jsbridge.BufferUsageCopyDst})
	require.NoError(t, err)
	e, err := bridge.CreateCommandEncoder("")
	require.NoError(t, err)
	from := &jsbridge.TexelCopyTextureInfo{Texture: texture.Native().(*jsbridge.Texture)}
	require.NoError(t, e.CopyTextureToBuffer(from, &jsbridge.TexelCopyBufferInfo{Buffer: b}, jsbridge.Extent3D{Width: 8}))
	_, err = e.Finish("")
	require.NoError(t, err)
	return <-bridge.PopErrorScope()
}

func TestAdoptedTexture(t *testing.T) {
	d, _ := open(t)
	texture := adoptTexture(t, d, jsbridge.TextureDescriptor{
		Label: "atlas", Format: jsbridge.TextureFormatRGBA8Unorm,
		Size: jsbridge.Extent3D{Width: 16, Height: 8, DepthOrArrayLayers: 3}, MipLevelCount: 2,
	})
	require.Equal(t, "atlas", texture.Label())
	require.Equal(t, gpu.Extent{Width: 16, Height: 8, Layers: 3}, texture.Info().Extent)

	level := gpu.TextureRegion{Texture: texture, MipLevel: 1, Extent: gpu.Extent{Width: 8, Height: 4, Layers: 1}}
	p := make([]byte, 8*4*4)
	require.NoError(t, d.Queue().WriteTexture(level, gpu.Bytes(p), gpu.TexelLayout{BytesPerRow: 32}))
	level.MipLevel = 2
	err := d.Queue().WriteTexture(level, gpu.Bytes(p), gpu.TexelLayout{BytesPerRow: 32})
	require.ErrorIs(t, err, gpu.ErrRange)
	require.ErrorContains(t, err, `write texture "atlas": mip level 2 of 2`)
}

func TestMultisampledTextureIsNotCopied(t *testing.T) {
	d, _ := open(t)
	made, err := d.Bridge().CreateTexture(&jsbridge.TextureDescriptor{
		Label: "samples", Format: jsbridge.TextureFormatRGBA8Unorm, SampleCount: 4,
		Size: jsbridge.Extent3D{Width: 4, Height: 4}, Usage: jsbridge.TextureUsageRenderAttachment,
	})
	require.NoError(t, err)
	region := gpu.TextureRegion{Texture: d.AdoptTexture(made), Extent: gpu.Extent{Width: 4, Height: 4, Layers: 1}}
	e, err := d.CreateEncoder("copy")
	require.NoError(t, err)
	back := create(t, d, "back", gpuUsage, 1024)
	err = e.CopyTextureToBuffer(region, back, gpu.TexelLayout{BytesPerRow: 256})
	require.ErrorIs(t, err, gpu.ErrUnsupported)
}

// Rows per image say nothing about one image, and a browser is strict about them.
func TestOneImageNeedsNoRowsPerImage(t *testing.T) {
	d, _ := open(t)
	texture := adoptTexture(t, d, jsbridge.TextureDescriptor{Format: jsbridge.TextureFormatRGBA8Unorm, Size: jsbridge.Extent3D{Width: 4, Height: 4}})
	region := gpu.TextureRegion{Texture: texture, Extent: texture.Info().Extent}
	layout := gpu.TexelLayout{BytesPerRow: 16, RowsPerImage: 1}
	require.NoError(t, d.Queue().WriteTexture(region, gpu.Bytes(make([]byte, 64)), layout))
}

func TestTextureTakesData(t *testing.T) {
	d, _ := open(t)
	texture := adoptTexture(t, d, jsbridge.TextureDescriptor{Format: jsbridge.TextureFormatRGBA8Unorm, Size: jsbridge.Extent3D{Width: 2, Height: 1}})
	region := gpu.TextureRegion{Texture: texture, Extent: texture.Info().Extent}
	for name, v := range sources() {
		m := memoryOf(t, v)
		require.NoError(t, d.Queue().WriteTexture(region, m, gpu.TexelLayout{BytesPerRow: 8}), name)
		require.Equal(t, eight, texels(t, d, region), name)
		half := gpu.TextureRegion{Texture: texture, Extent: gpu.Extent{Width: 1, Height: 1, Layers: 1}}
		require.NoError(t, d.Queue().WriteTexture(half, m.Slice(2, 6), gpu.TexelLayout{Offset: 2, BytesPerRow: 4}), name)
		require.Equal(t, []byte{5, 6, 7, 8, 5, 6, 7, 8}, texels(t, d, region), name)
		err := d.Queue().WriteTexture(half, m.Slice(2, 6), gpu.TexelLayout{Offset: 4, BytesPerRow: 4})
		require.ErrorIs(t, err, gpu.ErrRange, name)
	}
}

// texels are the two of a texture.
func texels(t *testing.T, d *webgpu.Device, region gpu.TextureRegion) []byte {
	t.Helper()
	e, err := d.CreateEncoder("texels")
	require.NoError(t, err)
	back := create(t, d, "texels", gpuUsage, 256)
	require.NoError(t, e.CopyTextureToBuffer(region, back, gpu.TexelLayout{BytesPerRow: 256}))
	require.NoError(t, d.Queue().Submit(e))
	return content(t, d, back)[:8]
}
