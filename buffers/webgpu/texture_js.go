//go:build js && wasm

package webgpu

import (
	"strconv"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// texture is a GPUTexture, with what does not change of it.
type texture struct {
	device    *Device
	bridge    *jsbridge.Texture
	extent    buffers.Extent
	texelSize uint64
	levels    uint32
}

var _ buffers.Texture = (*texture)(nil)

// AdoptTexture lets staging and readback buffers copy to and from a texture of this device.
func (d *Device) AdoptTexture(t *jsbridge.Texture) buffers.Texture {
	size := t.Size()
	adopted := &texture{
		device: d,
		bridge: t,
		extent: buffers.Extent{Width: size.Width, Height: size.Height, Layers: size.DepthOrArrayLayers},
		levels: t.MipLevelCount(),
	}
	if t.SampleCount() == 1 { // others cannot be copied to or from a buffer
		adopted.texelSize = texelSizes[t.Format()]
	}
	return adopted
}

func (t *texture) Label() string          { return t.bridge.Label() }
func (t *texture) Extent() buffers.Extent { return t.extent }
func (t *texture) TexelSize() uint64      { return t.texelSize }

// Native is a [*jsbridge.Texture].
func (t *texture) Native() any { return t.bridge }

// ownTexture returns the device's own texture of the region, which has the region's mip level.
func (d *Device) ownTexture(op string, region buffers.TextureRegion) (*texture, error) {
	if err := d.alive(op, region.Texture.Label()); err != nil {
		return nil, err
	}
	t, ok := region.Texture.(*texture)
	if !ok || t.device != d {
		return nil, buffers.NewError(op, region.Texture.Label(), buffers.ErrWrongDevice, "")
	}
	if region.MipLevel >= t.levels {
		return nil, buffers.NewError(op, t.Label(), buffers.ErrRange,
			"mip level "+number(uint64(region.MipLevel))+" of "+number(uint64(t.levels)))
	}
	return t, nil
}

// checkTexels checks a write of size bytes to a region.
func checkTexels(op string, t *texture, size uint64, layout buffers.TexelLayout, region buffers.TextureRegion) error {
	need, err := buffers.CheckTexels(op, layout, region)
	if err != nil {
		return err
	}
	if layout.Offset > size || need > size-layout.Offset {
		return buffers.NewError(op, t.Label(), buffers.ErrRange,
			number(need)+" bytes at "+number(layout.Offset)+" exceed the "+number(size)+" given")
	}
	return nil
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func (t *texture) copyInfo(r buffers.TextureRegion) *jsbridge.TexelCopyTextureInfo {
	return &jsbridge.TexelCopyTextureInfo{
		Texture:  t.bridge,
		MipLevel: r.MipLevel,
		Origin:   jsbridge.Origin3D{X: r.Origin.X, Y: r.Origin.Y, Z: r.Origin.Layer},
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
