package gpu

import "slices"

// TextureFormat is a format of textures, with the facts that copies to and from linear memory depend on.
// https://www.w3.org/TR/webgpu/#texture-format-caps
type TextureFormat struct {
	Name string // the specification's
	// The size of a block in texels: 1 by 1, but for compressed formats.
	BlockWidth, BlockHeight uint32
	Color, Depth, Stencil   AspectFormat
}

// AspectFormat is one aspect of a format; the zero value is one that the format lacks.
type AspectFormat struct {
	Exists bool
	// BlockBytes is the size of a block in linear memory; 0 if it is never there.
	BlockBytes uint32
	// Copies says which side of a copy with linear memory the aspect can be.
	Copies TextureUsage
}

// copied is an aspect that can be copied both ways.
func copied(blockBytes uint32) AspectFormat {
	return AspectFormat{true, blockBytes, TextureCopySrc | TextureCopyDst}
}

// Aspect is the single aspect that a names; nil if the format lacks it, or a names two.
func (f *TextureFormat) Aspect(a TextureAspect) *AspectFormat {
	named := &f.Color
	switch {
	case a == AspectAll && f.Depth.Exists && f.Stencil.Exists:
		return nil
	case a == AspectDepthOnly, a == AspectAll && f.Depth.Exists:
		named = &f.Depth
	case a == AspectStencilOnly, a == AspectAll && f.Stencil.Exists:
		named = &f.Stencil
	}
	if !named.Exists {
		return nil
	}
	return named
}

// FormatOf returns the format of a name. A name that the specification did not have when this was written has no
// aspects, and no copy is possible.
func FormatOf(name string) TextureFormat {
	f := TextureFormat{Name: name, BlockWidth: 1, BlockHeight: 1}
	switch name {
	case "stencil8":
		f.Stencil = copied(1)
	case "depth16unorm":
		f.Depth = copied(2)
	case "depth24plus":
		f.Depth = AspectFormat{Exists: true}
	case "depth24plus-stencil8":
		f.Depth, f.Stencil = AspectFormat{Exists: true}, copied(1)
	case "depth32float":
		f.Depth = AspectFormat{true, 4, TextureCopySrc}
	case "depth32float-stencil8":
		f.Depth, f.Stencil = AspectFormat{true, 4, TextureCopySrc}, copied(1)
	default:
		f.findColor()
	}
	return f
}

func (f *TextureFormat) findColor() {
	for i := range colorFormats {
		if g := &colorFormats[i]; slices.Contains(g.names, f.Name) {
			f.BlockWidth, f.BlockHeight, f.Color = uint32(g.width), uint32(g.height), copied(uint32(g.bytes))
		}
	}
}

// colorFormats are all formats without depth and stencil, by size of block in texels and bytes.
var colorFormats = [...]struct {
	width, height, bytes uint8
	names                []string
}{
	{1, 1, 1, []string{"r8unorm", "r8snorm", "r8uint", "r8sint"}},
	{1, 1, 2, []string{"r16unorm", "r16snorm", "r16uint", "r16sint", "r16float", "rg8unorm", "rg8snorm", "rg8uint", "rg8sint"}},
	{1, 1, 4, []string{
		"r32uint", "r32sint", "r32float", "rg16unorm", "rg16snorm", "rg16uint", "rg16sint", "rg16float",
		"rgba8unorm", "rgba8unorm-srgb", "rgba8snorm", "rgba8uint", "rgba8sint", "bgra8unorm", "bgra8unorm-srgb",
		"rgb9e5ufloat", "rgb10a2uint", "rgb10a2unorm", "rg11b10ufloat",
	}},
	{1, 1, 8, []string{"rg32uint", "rg32sint", "rg32float", "rgba16unorm", "rgba16snorm", "rgba16uint", "rgba16sint", "rgba16float"}},
	{1, 1, 16, []string{"rgba32uint", "rgba32sint", "rgba32float"}},
	{4, 4, 8, []string{
		"bc1-rgba-unorm", "bc1-rgba-unorm-srgb", "bc4-r-unorm", "bc4-r-snorm",
		"etc2-rgb8unorm", "etc2-rgb8unorm-srgb", "etc2-rgb8a1unorm", "etc2-rgb8a1unorm-srgb", "eac-r11unorm", "eac-r11snorm",
	}},
	{4, 4, 16, []string{
		"bc2-rgba-unorm", "bc2-rgba-unorm-srgb", "bc3-rgba-unorm", "bc3-rgba-unorm-srgb", "bc5-rg-unorm", "bc5-rg-snorm",
		"bc6h-rgb-ufloat", "bc6h-rgb-float", "bc7-rgba-unorm", "bc7-rgba-unorm-srgb",
		"etc2-rgba8unorm", "etc2-rgba8unorm-srgb", "eac-rg11unorm", "eac-rg11snorm", "astc-4x4-unorm", "astc-4x4-unorm-srgb",
	}},
	{5, 4, 16, []string{"astc-5x4-unorm", "astc-5x4-unorm-srgb"}},
	{5, 5, 16, []string{"astc-5x5-unorm", "astc-5x5-unorm-srgb"}},
	{6, 5, 16, []string{"astc-6x5-unorm", "astc-6x5-unorm-srgb"}},
	{6, 6, 16, []string{"astc-6x6-unorm", "astc-6x6-unorm-srgb"}},
	{8, 5, 16, []string{"astc-8x5-unorm", "astc-8x5-unorm-srgb"}},
	{8, 6, 16, []string{"astc-8x6-unorm", "astc-8x6-unorm-srgb"}},
	{8, 8, 16, []string{"astc-8x8-unorm", "astc-8x8-unorm-srgb"}},
	{10, 5, 16, []string{"astc-10x5-unorm", "astc-10x5-unorm-srgb"}},
	{10, 6, 16, []string{"astc-10x6-unorm", "astc-10x6-unorm-srgb"}},
	{10, 8, 16, []string{"astc-10x8-unorm", "astc-10x8-unorm-srgb"}},
	{10, 10, 16, []string{"astc-10x10-unorm", "astc-10x10-unorm-srgb"}},
	{12, 10, 16, []string{"astc-12x10-unorm", "astc-12x10-unorm-srgb"}},
	{12, 12, 16, []string{"astc-12x12-unorm", "astc-12x12-unorm-srgb"}},
}
