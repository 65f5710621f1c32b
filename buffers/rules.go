package buffers

import (
	"math"
	"math/bits"
)

// The rules of WebGPU for buffers, written once: each backend calls them before it acts, so that
// misuse is the same error on every backend, at once, with label and numbers.

// CheckWrite checks a queue write of size bytes at offset.
// https://www.w3.org/TR/webgpu/#dom-gpuqueue-writebuffer
func CheckWrite(dst Buffer, offset, size uint64) error {
	if err := CheckUse("write", dst, UsageCopyDst); err != nil {
		return err
	}
	return checkSpan("write", dst, offset, size, 4, 4)
}

// CheckCopy checks a copy between buffers.
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copybuffertobuffer
func CheckCopy(src Buffer, srcOffset uint64, dst Buffer, dstOffset, size uint64) error {
	if src == dst {
		return NewError("copy", src.Label(), ErrRange, "source and destination are the same buffer")
	}
	if err := checkRecord("copy", src, UsageCopySrc); err != nil {
		return err
	}
	if err := checkRecord("copy", dst, UsageCopyDst); err != nil {
		return err
	}
	if err := checkSpan("copy", src, srcOffset, size, 4, 4); err != nil {
		return err
	}
	return checkSpan("copy", dst, dstOffset, size, 4, 4)
}

// CheckSend checks that the first size bytes of a chunk, which is not mapped any more, may be copied to
// dst and submitted at once.
func CheckSend(chunk Buffer, size uint64, dst Buffer, offset uint64) error {
	if err := CheckCopy(chunk, 0, dst, offset, size); err != nil {
		return err
	}
	return CheckUse("copy", dst, UsageCopyDst)
}

// CheckClear checks the zeroing of a range.
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-clearbuffer
func CheckClear(dst Buffer, offset, size uint64) error {
	if err := checkRecord("clear", dst, UsageCopyDst); err != nil {
		return err
	}
	return checkSpan("clear", dst, offset, size, 4, 4)
}

// CheckTextureCopy checks a copy between a buffer and a texture; usage is what the buffer needs for it.
// https://www.w3.org/TR/webgpu/#abstract-opdef-validating-texture-buffer-copy
func CheckTextureCopy(b Buffer, usage Usage, layout TexelLayout, region TextureRegion) error {
	const op = "copy texture"
	if err := checkRecord(op, b, usage); err != nil {
		return err
	}
	if layout.BytesPerRow%256 != 0 {
		return NewError(op, b.Label(), ErrAlignment, "bytes per row "+number(uint64(layout.BytesPerRow))+" is not a multiple of 256")
	}
	need, err := CheckTexels(op, layout, region)
	if err != nil {
		return err
	}
	return checkSpan(op, b, layout.Offset, need, region.Texture.TexelSize(), 1)
}

// CheckTexels checks region and layout against each other and returns how many bytes from
// layout.Offset on they span.
func CheckTexels(op string, layout TexelLayout, region TextureRegion) (uint64, error) {
	t := region.Texture
	texel := t.TexelSize()
	if texel == 0 {
		return 0, NewError(op, t.Label(), ErrUnsupported, "the texture's format is not copied texel by texel")
	}
	if err := checkRegion(op, region); err != nil {
		return 0, err
	}
	e := region.Extent
	row := uint64(e.Width) * texel
	if uint64(layout.BytesPerRow) < row {
		return 0, NewError(op, t.Label(), ErrRange, "bytes per row "+number(uint64(layout.BytesPerRow))+" is less than the "+number(row)+" of a row")
	}
	if e.Layers > 1 && layout.RowsPerImage < e.Height {
		return 0, NewError(op, t.Label(), ErrRange, "rows per image "+number(uint64(layout.RowsPerImage))+" is less than the height "+number(uint64(e.Height)))
	}
	rows := uint64(e.Layers-1)*uint64(layout.RowsPerImage) + uint64(e.Height-1)
	over, bytes := bits.Mul64(rows, uint64(layout.BytesPerRow))
	if over != 0 || bytes > math.MaxUint64-row {
		return 0, NewError(op, t.Label(), ErrRange, number(rows)+" rows of "+number(uint64(layout.BytesPerRow))+" bytes are more than memory has")
	}
	return bytes + row, nil
}

func checkRegion(op string, r TextureRegion) error {
	level := mipExtent(r.Texture.Extent(), r.MipLevel)
	e, o := r.Extent, r.Origin
	if e.Width == 0 || e.Height == 0 || e.Layers == 0 {
		return NewError(op, r.Texture.Label(), ErrRange, "an empty region")
	}
	if !within(o.X, e.Width, level.Width) || !within(o.Y, e.Height, level.Height) || !within(o.Layer, e.Layers, level.Layers) {
		return NewError(op, r.Texture.Label(), ErrRange, "the region is outside of the texture's "+
			number(uint64(level.Width))+" x "+number(uint64(level.Height))+" x "+number(uint64(level.Layers))+" texels")
	}
	return nil
}

func mipExtent(e Extent, level uint32) Extent {
	return Extent{max(e.Width>>level, 1), max(e.Height>>level, 1), e.Layers}
}

func within(start, length, size uint32) bool {
	return start <= size && length <= size-start
}

// CheckUse checks that the GPU may use b now, and that it has the usage.
func CheckUse(op string, b Buffer, usage Usage) error {
	if _, err := b.State().Next(EventUse); err != nil {
		return NewError(op, b.Label(), err, "")
	}
	return checkUsage(op, b, usage)
}

// checkRecord is CheckUse at the time of recording: a mapped buffer may be recorded, since only its
// submit needs it unmapped.
func checkRecord(op string, b Buffer, usage Usage) error {
	if b.State() == Destroyed {
		return NewError(op, b.Label(), ErrDestroyed, "")
	}
	return checkUsage(op, b, usage)
}

func checkUsage(op string, b Buffer, usage Usage) error {
	if !b.Usage().Has(usage) {
		return NewError(op, b.Label(), ErrUsage, "usage "+b.Usage().String()+" lacks "+(usage&^b.Usage()).String())
	}
	return nil
}

// checkSpan checks that [offset, offset+size) is aligned and inside of b, without overflow.
func checkSpan(op string, b Buffer, offset, size, offsetAlign, sizeAlign uint64) error {
	switch {
	case offset%offsetAlign != 0:
		return NewError(op, b.Label(), ErrAlignment, "offset "+number(offset)+" is not a multiple of "+number(offsetAlign))
	case size%sizeAlign != 0:
		return NewError(op, b.Label(), ErrAlignment, number(size)+" bytes is not a multiple of "+number(sizeAlign))
	case offset > b.Size() || size > b.Size()-offset:
		return NewError(op, b.Label(), ErrRange, number(size)+" bytes at "+number(offset)+" exceed size "+number(b.Size()))
	}
	return nil
}
