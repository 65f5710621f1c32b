//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// texture is a GPUTexture, with its constant properties.
type texture struct {
	device *Device
	bridge *jsbridge.Texture
	info   gpu.TextureInfo
}

var _ gpu.Texture = (*texture)(nil)

// AdoptTexture lets staging and readback buffers copy to and from a texture of this device.
//
// NOTE: nothing tells whether its owner has destroyed it. The browser reports the use of a destroyed one later.
func (d *Device) AdoptTexture(t *jsbridge.Texture) gpu.Texture {
	size := t.Size()
	return &texture{d, t, gpu.TextureInfo{
		Format:    d.formatOf(t),
		Dimension: dimension(t.Dimension()),
		Extent:    gpu.Extent{Width: size.Width, Height: size.Height, Layers: size.DepthOrArrayLayers},
		MipLevels: t.MipLevelCount(),
		Samples:   t.SampleCount(),
		Usage:     textureUsage(t.Usage()),
	}}
}

// formatOf returns the format of t, with the copies that the device supports.
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copytexturetobuffer
func (d *Device) formatOf(t *jsbridge.Texture) gpu.TextureFormat {
	f := gpu.FormatOf(string(t.Format()))
	if f.BlockWidth > 1 && d.bridge.Compatibility() {
		f.Color.Copies = gpu.TextureCopyDst
	}
	return f
}

func dimension(d jsbridge.TextureDimension) gpu.TextureDimension {
	switch d {
	case jsbridge.TextureDimension1D:
		return gpu.Dimension1D
	case jsbridge.TextureDimension3D:
		return gpu.Dimension3D
	}
	return gpu.Dimension2D
}

// textureUsages pairs the core's bits with those of the specification.
// https://www.w3.org/TR/webgpu/#namespacedef-gputextureusage
var textureUsages = [...]struct {
	usage gpu.TextureUsage
	spec  jsbridge.TextureUsage
}{
	{gpu.TextureCopySrc, jsbridge.TextureUsageCopySrc},
	{gpu.TextureCopyDst, jsbridge.TextureUsageCopyDst},
	{gpu.TextureBinding, jsbridge.TextureUsageTextureBinding},
	{gpu.TextureStorageBinding, jsbridge.TextureUsageStorageBinding},
	{gpu.TextureRenderAttachment, jsbridge.TextureUsageRenderAttachment},
}

// textureUsage leaves out the bits that the core does not name.
func textureUsage(spec jsbridge.TextureUsage) (usage gpu.TextureUsage) {
	for _, pair := range textureUsages {
		if spec&pair.spec != 0 {
			usage |= pair.usage
		}
	}
	return usage
}

func (t *texture) Label() string         { return t.bridge.Label() }
func (t *texture) Info() gpu.TextureInfo { return t.info }

// Native returns a [*jsbridge.Texture].
func (t *texture) Native() any { return t.bridge }

// ownTexture returns the device's own texture inside of t.
func (d *Device) ownTexture(op string, t gpu.Texture) (*texture, error) {
	if err := d.alive(op, t.Label()); err != nil {
		return nil, err
	}
	if own, ok := t.(*texture); ok && own.device == d {
		return own, nil
	}
	return nil, gpu.NewError(op, t.Label(), gpu.ErrWrongDevice, "")
}

var aspects = [...]jsbridge.TextureAspect{
	gpu.AspectAll:         jsbridge.AspectAll,
	gpu.AspectDepthOnly:   jsbridge.AspectDepthOnly,
	gpu.AspectStencilOnly: jsbridge.AspectStencilOnly,
}

func (t *texture) copyInfo(r gpu.TextureRegion) *jsbridge.TexelCopyTextureInfo {
	return &jsbridge.TexelCopyTextureInfo{
		Texture:  t.bridge,
		MipLevel: r.MipLevel,
		Origin:   jsbridge.Origin3D{X: r.Origin.X, Y: r.Origin.Y, Z: r.Origin.Layer},
		Aspect:   aspects[r.Aspect],
	}
}

// copyLayout leaves out the rows per image of a single image, which the core does not check and the
// browser would.
func copyLayout(l gpu.TexelLayout, r gpu.TextureRegion) jsbridge.TexelCopyBufferLayout {
	layout := jsbridge.TexelCopyBufferLayout{Offset: l.Offset, BytesPerRow: l.BytesPerRow}
	if r.Extent.Layers > 1 {
		layout.RowsPerImage = l.RowsPerImage
	}
	return layout
}

func extent3D(e gpu.Extent) jsbridge.Extent3D {
	return jsbridge.Extent3D{Width: e.Width, Height: e.Height, DepthOrArrayLayers: e.Layers}
}
