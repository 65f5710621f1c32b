//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// texture is a GPUTexture, with what does not change of it.
type texture struct {
	device *Device
	bridge *jsbridge.Texture
	info   buffers.TextureInfo
}

var _ buffers.Texture = (*texture)(nil)

// AdoptTexture lets staging and readback buffers copy to and from a texture of this device.
//
// NOTE: nothing tells whether its owner has destroyed it. The use of one that is destroyed is reported
// by the browser, later.
func (d *Device) AdoptTexture(t *jsbridge.Texture) buffers.Texture {
	size := t.Size()
	return &texture{d, t, buffers.TextureInfo{
		Format:    d.formatOf(t),
		Dimension: dimension(t.Dimension()),
		Extent:    buffers.Extent{Width: size.Width, Height: size.Height, Layers: size.DepthOrArrayLayers},
		MipLevels: t.MipLevelCount(),
		Samples:   t.SampleCount(),
		Usage:     textureUsage(t.Usage()),
	}}
}

// formatOf is the format of t, with the copies that the device has.
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copytexturetobuffer
func (d *Device) formatOf(t *jsbridge.Texture) buffers.TextureFormat {
	f := buffers.FormatOf(string(t.Format()))
	if f.BlockWidth > 1 && d.bridge.Compatibility() {
		f.Color.Copies = buffers.TextureCopyDst
	}
	return f
}

func dimension(d jsbridge.TextureDimension) buffers.TextureDimension {
	switch d {
	case jsbridge.TextureDimension1D:
		return buffers.Dimension1D
	case jsbridge.TextureDimension3D:
		return buffers.Dimension3D
	}
	return buffers.Dimension2D
}

// textureUsages pairs the core's bits with those of the specification.
// https://www.w3.org/TR/webgpu/#namespacedef-gputextureusage
var textureUsages = [...]struct {
	usage buffers.TextureUsage
	spec  jsbridge.TextureUsage
}{
	{buffers.TextureCopySrc, jsbridge.TextureUsageCopySrc},
	{buffers.TextureCopyDst, jsbridge.TextureUsageCopyDst},
	{buffers.TextureBinding, jsbridge.TextureUsageTextureBinding},
	{buffers.TextureStorageBinding, jsbridge.TextureUsageStorageBinding},
	{buffers.TextureRenderAttachment, jsbridge.TextureUsageRenderAttachment},
}

// textureUsage leaves out the bits that the core has no word for.
func textureUsage(spec jsbridge.TextureUsage) (usage buffers.TextureUsage) {
	for _, pair := range textureUsages {
		if spec&pair.spec != 0 {
			usage |= pair.usage
		}
	}
	return usage
}

func (t *texture) Label() string             { return t.bridge.Label() }
func (t *texture) Info() buffers.TextureInfo { return t.info }

// Native is a [*jsbridge.Texture].
func (t *texture) Native() any { return t.bridge }

// ownTexture returns the device's own texture inside of t.
func (d *Device) ownTexture(op string, t buffers.Texture) (*texture, error) {
	if err := d.alive(op, t.Label()); err != nil {
		return nil, err
	}
	if own, ok := t.(*texture); ok && own.device == d {
		return own, nil
	}
	return nil, buffers.NewError(op, t.Label(), buffers.ErrWrongDevice, "")
}

var aspects = [...]jsbridge.TextureAspect{
	buffers.AspectAll:         jsbridge.AspectAll,
	buffers.AspectDepthOnly:   jsbridge.AspectDepthOnly,
	buffers.AspectStencilOnly: jsbridge.AspectStencilOnly,
}

func (t *texture) copyInfo(r buffers.TextureRegion) *jsbridge.TexelCopyTextureInfo {
	return &jsbridge.TexelCopyTextureInfo{
		Texture:  t.bridge,
		MipLevel: r.MipLevel,
		Origin:   jsbridge.Origin3D{X: r.Origin.X, Y: r.Origin.Y, Z: r.Origin.Layer},
		Aspect:   aspects[r.Aspect],
	}
}

// copyLayout leaves out the rows per image of a single image, which the core does not check and the
// browser would.
func copyLayout(l buffers.TexelLayout, r buffers.TextureRegion) jsbridge.TexelCopyBufferLayout {
	layout := jsbridge.TexelCopyBufferLayout{Offset: l.Offset, BytesPerRow: l.BytesPerRow}
	if r.Extent.Layers > 1 {
		layout.RowsPerImage = l.RowsPerImage
	}
	return layout
}

func extent3D(e buffers.Extent) jsbridge.Extent3D {
	return jsbridge.Extent3D{Width: e.Width, Height: e.Height, DepthOrArrayLayers: e.Layers}
}
