package memory

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Texture is an image of the GPU. The device's lock guards the texels.
type Texture struct {
	device    *Device
	label     string
	info      gpu.TextureInfo
	texels    [][]byte // by mip level, of all but
	stencil   [][]byte // that of a format with depth and stencil
	destroyed bool
}

var _ gpu.Texture = (*Texture)(nil)

// NewTexture makes a texture of zeros. If info has 0, it has one layer, mip level or sample.
func (d *Device) NewTexture(label string, info gpu.TextureInfo) *Texture {
	info.Extent.Layers = max(info.Extent.Layers, 1)
	info.MipLevels, info.Samples = max(info.MipLevels, 1), max(info.Samples, 1)
	t := &Texture{device: d, label: label, info: info}
	f := &info.Format
	if f.Depth.Exists && f.Stencil.Exists {
		t.texels, t.stencil = t.levels(&f.Depth), t.levels(&f.Stencil)
	} else if aspect := f.Aspect(gpu.AspectAll); aspect != nil {
		t.texels = t.levels(aspect)
	}
	return t
}

// levels makes the mip levels of an aspect.
func (t *Texture) levels(aspect *gpu.AspectFormat) [][]byte {
	levels := make([][]byte, t.info.MipLevels)
	for i := range levels {
		size := t.blocks(uint32(i))
		levels[i] = make([]byte, uint64(size.Width)*uint64(size.Height)*uint64(size.Layers)*uint64(aspect.BlockBytes))
	}
	return levels
}

// blocks is the size of a mip level in blocks.
func (t *Texture) blocks(level uint32) gpu.Extent {
	size := t.info.Level(level)
	size.Width /= t.info.Format.BlockWidth
	size.Height /= t.info.Format.BlockHeight
	return size
}

func (t *Texture) Label() string         { return t.label }
func (t *Texture) Info() gpu.TextureInfo { return t.info }

// Native returns the texture itself, a [*Texture].
func (t *Texture) Native() any { return t }

// Destroy ends the use of the texture. Later submits and writes that use it are refused later, by OnError, as in a
// browser.
func (t *Texture) Destroy() {
	t.device.mu.Lock()
	defer t.device.mu.Unlock()
	t.destroyed = true
}

// Texels returns a copy of a mip level of an aspect, rows and layers without gaps.
func (t *Texture) Texels(level uint32, aspect gpu.TextureAspect) []byte {
	t.device.mu.Lock()
	defer t.device.mu.Unlock()
	return append([]byte(nil), t.level(level, aspect)...)
}

// SetTexels sets a mip level of an aspect, even of one that no copy writes.
func (t *Texture) SetTexels(level uint32, aspect gpu.TextureAspect, p []byte) {
	t.device.mu.Lock()
	defer t.device.mu.Unlock()
	copy(t.level(level, aspect), p)
}

func (t *Texture) level(level uint32, aspect gpu.TextureAspect) []byte {
	if aspect == gpu.AspectStencilOnly && t.stencil != nil {
		return t.stencil[level]
	}
	return t.texels[level]
}

// bytesOf is the size of a region.
func (t *Texture) bytesOf(r gpu.TextureRegion) uint64 {
	f := &t.info.Format
	blocks := uint64(r.Extent.Width/f.BlockWidth) * uint64(r.Extent.Height/f.BlockHeight) * uint64(r.Extent.Layers)
	return blocks * uint64(f.Aspect(r.Aspect).BlockBytes)
}

// write copies rows from linear memory to the region.
func (t *Texture) write(r gpu.TextureRegion, linear []byte, layout gpu.TexelLayout) {
	t.rows(r, layout, func(texels []byte, at uint64) { copy(texels, linear[at:]) })
}

// read copies rows from the region to linear memory.
func (t *Texture) read(r gpu.TextureRegion, linear []byte, layout gpu.TexelLayout) {
	t.rows(r, layout, func(texels []byte, at uint64) { copy(linear[at:], texels) })
}

// rows calls f with each row of blocks of the region and its offset in linear memory.
func (t *Texture) rows(r gpu.TextureRegion, layout gpu.TexelLayout, f func(texels []byte, at uint64)) {
	size, level, format := t.blocks(r.MipLevel), t.level(r.MipLevel, r.Aspect), &t.info.Format
	block := uint64(format.Aspect(r.Aspect).BlockBytes)
	x, y := r.Origin.X/format.BlockWidth, r.Origin.Y/format.BlockHeight
	length := uint64(r.Extent.Width/format.BlockWidth) * block
	for z := range r.Extent.Layers {
		for i := range r.Extent.Height / format.BlockHeight {
			row := uint64(r.Origin.Layer+z)*uint64(size.Height) + uint64(y+i)
			start := (row*uint64(size.Width) + uint64(x)) * block
			line := uint64(z)*uint64(layout.RowsPerImage) + uint64(i)
			f(level[start:start+length], layout.Offset+line*uint64(layout.BytesPerRow))
		}
	}
}

func (d *Device) ownTexture(op string, t gpu.Texture) (*Texture, error) {
	if err := d.alive(op, t.Label()); err != nil {
		return nil, err
	}
	if mine, ok := t.Native().(*Texture); ok && mine.device == d {
		return mine, nil
	}
	return nil, gpu.NewError(op, t.Label(), gpu.ErrWrongDevice, "")
}
