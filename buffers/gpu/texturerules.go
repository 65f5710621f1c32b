package gpu

import (
	"math"
	"math/bits"
)

// The rules of WebGPU for copies between textures and linear memory. They do not know of destroyed textures: the
// backend refuses those later.
// https://www.w3.org/TR/webgpu/#abstract-opdef-validating-texture-buffer-copy

// CheckTextureCopy checks a copy between a buffer and a texture. usage is the buffer's side: UsageCopySrc or
// UsageCopyDst.
func CheckTextureCopy(b Buffer, usage Usage, layout TexelLayout, region TextureRegion) error {
	const op = "copy texture"
	if err := checkRecord(op, b, usage); err != nil {
		return err
	}
	if layout.BytesPerRow%256 != 0 {
		return NewError(op, b.Label(), ErrAlignment, "bytes per row "+Decimal(uint64(layout.BytesPerRow))+" is not a multiple of 256")
	}
	side := TextureCopyDst
	if usage == UsageCopyDst {
		side = TextureCopySrc
	}
	f, err := CheckRegion(op, region, side)
	if err != nil {
		return err
	}
	need, err := f.span(op, layout, region.Texture)
	if err != nil {
		return err
	}
	return CheckSpan(op, b, layout.Offset, need, f.OffsetAlign, 1)
}

// CheckTextureWrite checks a queue write of size bytes of memory to a region. Its rows and its offset need no
// alignment.
// https://www.w3.org/TR/webgpu/#dom-gpuqueue-writetexture
func CheckTextureWrite(size uint64, layout TexelLayout, region TextureRegion) error {
	const op = "write texture"
	f, err := CheckRegion(op, region, TextureCopyDst)
	if err != nil {
		return err
	}
	need, err := f.span(op, layout, region.Texture)
	if err != nil {
		return err
	}
	if layout.Offset > size || need > size-layout.Offset {
		return NewError(op, region.Texture.Label(), ErrRange, Decimal(need)+" bytes at "+Decimal(layout.Offset)+" exceed the "+Decimal(size)+" given")
	}
	return nil
}

// span checks layout against f and returns the bytes that the rows span from its offset on.
func (f *Footprint) span(op string, layout TexelLayout, t Texture) (uint64, error) {
	if uint64(layout.BytesPerRow) < f.RowBytes {
		return 0, NewError(op, t.Label(), ErrRange, "bytes per row "+Decimal(uint64(layout.BytesPerRow))+" is less than the "+Decimal(f.RowBytes)+" of a row")
	}
	if f.Images > 1 && layout.RowsPerImage < f.Rows {
		return 0, NewError(op, t.Label(), ErrRange, "rows per image "+Decimal(uint64(layout.RowsPerImage))+" is less than the "+Decimal(uint64(f.Rows))+" of an image")
	}
	rows := uint64(f.Images-1)*uint64(layout.RowsPerImage) + uint64(f.Rows-1)
	over, bytes := bits.Mul64(rows, uint64(layout.BytesPerRow))
	if over != 0 || bytes > math.MaxUint64-f.RowBytes {
		return 0, NewError(op, t.Label(), ErrRange, Decimal(rows)+" rows of "+Decimal(uint64(layout.BytesPerRow))+" bytes are more than memory has")
	}
	return bytes + f.RowBytes, nil
}

// CheckRegion checks the texture's side of a copy with linear memory: side is TextureCopySrc or TextureCopyDst. It
// returns the region's footprint in memory.
func CheckRegion(op string, r TextureRegion, side TextureUsage) (Footprint, error) {
	c := regionCheck{op, r, r.Texture.Info()}
	if err := c.texture(side); err != nil {
		return Footprint{}, err
	}
	aspect, err := c.aspect(side)
	if err != nil {
		return Footprint{}, err
	}
	if err := c.box(); err != nil {
		return Footprint{}, err
	}
	return c.footprint(aspect), nil
}

// regionCheck is a region to check, with its texture's info.
type regionCheck struct {
	op     string
	region TextureRegion
	info   TextureInfo
}

func (c *regionCheck) refuse(reason error, detail string) error {
	return NewError(c.op, c.region.Texture.Label(), reason, detail)
}

func (c *regionCheck) texture(side TextureUsage) error {
	i := &c.info
	switch {
	case i.Samples != 1:
		return c.refuse(ErrUnsupported, "the texture is multisampled, with "+Decimal(uint64(i.Samples))+" samples a texel: resolve it to another one first")
	case i.Usage&side == 0:
		return c.refuse(ErrUsage, "usage "+i.Usage.String()+" lacks "+side.String())
	case c.region.MipLevel >= i.MipLevels:
		return c.refuse(ErrRange, "mip level "+Decimal(uint64(c.region.MipLevel))+" of "+Decimal(uint64(i.MipLevels)))
	}
	return nil
}

// aspect returns the copied aspect.
// https://www.w3.org/TR/webgpu/#depth-formats
func (c *regionCheck) aspect(side TextureUsage) (*AspectFormat, error) {
	f := &c.info.Format
	a := f.Aspect(c.region.Aspect)
	switch {
	case a != nil && a.Copies&side != 0:
		return a, nil
	case a != nil && a.Copies == TextureCopySrc:
		return nil, c.refuse(ErrUnsupported, "the depth of "+f.Name+" can be read, not written by a copy")
	case a != nil && a.Copies == TextureCopyDst:
		return nil, c.refuse(ErrUnsupported, f.Name+" cannot be read on a device of the feature level compatibility")
	case a != nil:
		return nil, c.refuse(ErrUnsupported, "the depth of "+f.Name+" cannot be copied: each GPU has bytes of its own for it")
	case f.Depth.Exists && f.Stencil.Exists:
		return nil, c.refuse(ErrUnsupported, "depth and stencil of "+f.Name+" are copied one at a time: name the aspect")
	case f.Color.Exists || f.Depth.Exists || f.Stencil.Exists:
		return nil, c.refuse(ErrUnsupported, f.Name+" lacks the aspect")
	}
	return nil, c.refuse(ErrUnsupported, "the format "+f.Name+" is not known here")
}

// box checks the place of the region in its mip level.
// https://www.w3.org/TR/webgpu/#abstract-opdef-validating-texture-copy-range
func (c *regionCheck) box() error {
	e, o, level := c.region.Extent, c.region.Origin, c.info.Level(c.region.MipLevel)
	f := &c.info.Format
	switch {
	case e.Width == 0 || e.Height == 0 || e.Layers == 0:
		return c.refuse(ErrRange, "an empty region")
	case !within(o.X, e.Width, level.Width) || !within(o.Y, e.Height, level.Height) || !within(o.Layer, e.Layers, level.Layers):
		return c.refuse(ErrRange, "the region is outside of the mip level's "+level.text()+" texels")
	case o.X%f.BlockWidth != 0, e.Width%f.BlockWidth != 0, o.Y%f.BlockHeight != 0, e.Height%f.BlockHeight != 0:
		return c.refuse(ErrAlignment, "the region is not of whole blocks of "+Decimal(uint64(f.BlockWidth))+" x "+Decimal(uint64(f.BlockHeight))+" texels")
	case !f.Color.Exists && (e.Width != level.Width || e.Height != level.Height):
		return c.refuse(ErrRange, "depth and stencil are copied in whole layers, of "+Decimal(uint64(level.Width))+" x "+Decimal(uint64(level.Height))+" texels")
	}
	return nil
}

func (c *regionCheck) footprint(a *AspectFormat) Footprint {
	f, e := &c.info.Format, c.region.Extent
	align := uint64(a.BlockBytes)
	if !f.Color.Exists {
		align = 4
	}
	return Footprint{
		RowBytes:    uint64(e.Width/f.BlockWidth) * uint64(a.BlockBytes),
		Rows:        e.Height / f.BlockHeight,
		Images:      e.Layers,
		RowHeight:   f.BlockHeight,
		Whole:       !f.Color.Exists,
		OffsetAlign: align,
	}
}

func within(start, length, size uint32) bool {
	return start <= size && length <= size-start
}

// text is the size as in "8 x 4 x 1".
func (e Extent) text() string {
	return Decimal(uint64(e.Width)) + " x " + Decimal(uint64(e.Height)) + " x " + Decimal(uint64(e.Layers))
}
