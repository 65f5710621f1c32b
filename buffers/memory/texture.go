package memory

import (
	"math/bits"
	"strconv"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// Texture is an image of the GPU with all its mip levels. The device's lock guards the texels.
type Texture struct {
	device    *Device
	label     string
	extent    buffers.Extent
	texelSize uint64
	levels    [][]byte
}

var _ buffers.Texture = (*Texture)(nil)

// NewTexture makes a texture of zeros that can be copied from and to.
func (d *Device) NewTexture(label string, extent buffers.Extent, texelSize uint64) *Texture {
	t := &Texture{device: d, label: label, extent: extent, texelSize: texelSize}
	t.levels = make([][]byte, bits.Len32(max(extent.Width, extent.Height)))
	for i := range t.levels {
		level := t.level(uint32(i))
		t.levels[i] = make([]byte, uint64(level.Width)*uint64(level.Height)*uint64(level.Layers)*texelSize)
	}
	return t
}

func (t *Texture) Label() string          { return t.label }
func (t *Texture) Extent() buffers.Extent { return t.extent }
func (t *Texture) TexelSize() uint64      { return t.texelSize }

// Native is the texture itself, a [*Texture].
func (t *Texture) Native() any { return t }

// Texels is a copy of a mip level, rows and layers without gaps.
func (t *Texture) Texels(level uint32) []byte {
	t.device.mu.Lock()
	defer t.device.mu.Unlock()
	return append([]byte(nil), t.levels[level]...)
}

func (t *Texture) level(i uint32) buffers.Extent {
	return buffers.Extent{Width: max(t.extent.Width>>i, 1), Height: max(t.extent.Height>>i, 1), Layers: t.extent.Layers}
}

func (t *Texture) bytesOf(r buffers.TextureRegion) uint64 {
	return uint64(r.Extent.Width) * uint64(r.Extent.Height) * uint64(r.Extent.Layers) * t.texelSize
}

// write copies rows from linear memory to the region.
func (t *Texture) write(r buffers.TextureRegion, linear []byte, layout buffers.TexelLayout) {
	t.rows(r, layout, func(texels []byte, at uint64) { copy(texels, linear[at:]) })
}

// read copies rows from the region to linear memory.
func (t *Texture) read(r buffers.TextureRegion, linear []byte, layout buffers.TexelLayout) {
	t.rows(r, layout, func(texels []byte, at uint64) { copy(linear[at:], texels) })
}

// rows calls f with each row of the region and its offset in linear memory.
func (t *Texture) rows(r buffers.TextureRegion, layout buffers.TexelLayout, f func(texels []byte, at uint64)) {
	size, level := t.level(r.MipLevel), t.levels[r.MipLevel]
	length := uint64(r.Extent.Width) * t.texelSize
	for z := range r.Extent.Layers {
		for y := range r.Extent.Height {
			row := uint64(r.Origin.Layer+z)*uint64(size.Height) + uint64(r.Origin.Y+y)
			start := (row*uint64(size.Width) + uint64(r.Origin.X)) * t.texelSize
			line := uint64(z)*uint64(layout.RowsPerImage) + uint64(y)
			f(level[start:start+length], layout.Offset+line*uint64(layout.BytesPerRow))
		}
	}
}

func (d *Device) ownTexture(op string, t buffers.Texture) (*Texture, error) {
	if err := d.alive(op, t.Label()); err != nil {
		return nil, err
	}
	if mine, ok := t.Native().(*Texture); ok && mine.device == d {
		return mine, nil
	}
	return nil, buffers.NewError(op, t.Label(), buffers.ErrWrongDevice, "")
}

func checkLevel(op string, t *Texture, level uint32) error {
	if int(level) < len(t.levels) {
		return nil
	}
	return buffers.NewError(op, t.label, buffers.ErrRange, "mip level "+strconv.Itoa(int(level))+" of "+strconv.Itoa(len(t.levels)))
}

// checkTexels checks a write of size bytes to a region.
func checkTexels(op string, t *Texture, size uint64, layout buffers.TexelLayout, region buffers.TextureRegion) error {
	if err := checkLevel(op, t, region.MipLevel); err != nil {
		return err
	}
	need, err := buffers.CheckTexels(op, layout, region)
	if err != nil {
		return err
	}
	if layout.Offset > size || need > size-layout.Offset {
		return buffers.NewError(op, t.label, buffers.ErrRange, strconv.FormatUint(need, 10)+" bytes at "+
			strconv.FormatUint(layout.Offset, 10)+" exceed the "+strconv.FormatUint(size, 10)+" given")
	}
	return nil
}
