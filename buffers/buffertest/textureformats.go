package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// textureFormatRules are about usage, samples, dimension, mip level, aspect and blocks: all but the place of a copy.
var textureFormatRules = withTextures([]rule{
	{
		name: "a texture copy needs CopySrc or CopyDst of the texture",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			layout := gpu.TexelLayout{BytesPerRow: 256}
			info := image(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			info.Usage = gpu.TextureCopySrc
			t.refusesToTexture(layout, whole(t.textureOf(info)), gpu.ErrUsage)
			t.refusesTextureWrite(layout, whole(t.textureOf(info)), gpu.ErrUsage)
			info.Usage = gpu.TextureCopyDst
			t.refusesFromTexture(layout, whole(t.textureOf(info)), gpu.ErrUsage)
		},
	},
	{
		name: "a multisampled texture is not copied, and the error says that it is one",
		why:  "its samples are no texels: it is to be resolved first",
		f: func(t *trial) {
			info := image(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			info.Samples, info.Usage = 4, textureUsage|gpu.TextureRenderAttachment
			region := whole(t.textureOf(info))
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, region, gpu.ErrUnsupported)
			t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 256}, region, gpu.ErrUnsupported)
			err := t.encoder("copy").CopyTextureToBuffer(region, t.buffer("linear", gpuUsage, 512), gpu.TexelLayout{BytesPerRow: 256})
			t.says(err, "multisampled", "4 samples")
		},
	},
	{
		name: "every mip level is copied up and back, and none besides",
		why:  "sizes that are odd are rounded down, and those of a 3D texture in depth, too",
		f: func(t *trial) {
			info := image(gpu.Extent{Width: 13, Height: 7, Layers: 5})
			info.MipLevels = 3
			for _, info.Dimension = range []gpu.TextureDimension{gpu.Dimension2D, gpu.Dimension3D} {
				texture := t.textureOf(info)
				t.movesLevels(texture, gpu.AspectAll)
				past := gpu.TextureRegion{Texture: texture, MipLevel: 3, Extent: gpu.Extent{Width: 1, Height: 1, Layers: 1}}
				t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, past, gpu.ErrRange)
				t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 256}, past, gpu.ErrRange)
			}
		},
	},
	{
		name: "a mip level of a 3D texture has fewer slices than the texture",
		why:  "the layers of an array stay, so that the two are easily mixed up",
		f: func(t *trial) {
			info := image(gpu.Extent{Width: 8, Height: 8, Layers: 8})
			info.MipLevels, info.Dimension = 3, gpu.Dimension3D
			region := level(t.textureOf(info), 2)
			region.Extent.Layers = 3
			layout := gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 8}
			t.refusesTextureCopy(layout, region, gpu.ErrRange)
			region.Origin.Layer, region.Extent.Layers = 2, 1
			t.refusesTextureWrite(layout, region, gpu.ErrRange)
		},
	},
	{
		name: "a 1D texture is one row",
		why:  "it is a lookup table",
		f: func(t *trial) {
			info := image(gpu.Extent{Width: 77, Height: 1, Layers: 1})
			info.Dimension = gpu.Dimension1D
			texture := t.textureOf(info)
			t.movesLevels(texture, gpu.AspectAll)
			region := whole(texture)
			region.Extent.Height = 2
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 512}, region, gpu.ErrRange)
		},
	},
	{
		name: "depth and stencil are copied where WebGPU allows it, each by itself",
		why:  "a shadow map is looked at, a mask is uploaded; the browser would report the rest later",
		f: func(t *trial) {
			for _, c := range aspectCopies {
				t.triesAspect(c)
			}
		},
	},
	{
		name: "an aspect that the format lacks is refused",
		why:  "the colour is not what was asked for",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			for _, aspect := range []gpu.TextureAspect{gpu.AspectDepthOnly, gpu.AspectStencilOnly} {
				region := whole(texture)
				region.Aspect = aspect
				t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, region, gpu.ErrUnsupported)
				t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 256}, region, gpu.ErrUnsupported)
			}
		},
	},
	{
		name: "depth and stencil are copied in whole layers",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.textureOf(depthStencil("stencil8", 6, 4))
			part, layout := whole(texture), gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 4}
			part.Extent.Height = 3
			t.refusesTextureCopy(layout, part, gpu.ErrRange)
			t.refusesTextureWrite(layout, part, gpu.ErrRange)
			part.Origin.Y = 1
			t.refusesTextureCopy(layout, part, gpu.ErrRange)
			layer, p := whole(texture), pattern(6*4, 3)
			layer.Origin.Layer, layer.Extent.Layers = 1, 1
			t.must(t.device.Queue().WriteTexture(layer, gpu.Bytes(p), t.packed(layer)))
			t.expectBytes("all layers", t.texels(whole(texture)), with(make([]byte, 6*4*2), 6*4, p))
		},
	},
	{
		name: "the offset of depth and stencil in a buffer is a multiple of 4",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			region := whole(t.textureOf(depthStencil("stencil8", 6, 4)))
			t.refusesTextureCopy(gpu.TexelLayout{Offset: 2, BytesPerRow: 256, RowsPerImage: 4}, region, gpu.ErrAlignment)
			layout := t.packed(region)
			layout.Offset = 1
			t.must(t.device.Queue().WriteTexture(region, gpu.Bytes(make([]byte, 1+6*4*2)), layout))
		},
	},
	{
		name: "a submit with a destroyed texture is refused later than the call, and none of it runs",
		why:  "a library's dispose() destroys what a copy was recorded for",
		f: func(t *trial) {
			texture, destroy := t.backend.NewTexture(t.TB, t.device, image(gpu.Extent{Width: 4, Height: 2, Layers: 1}))
			back, before := t.filled("back", pattern(512, 1)), pattern(512, 1)
			e := t.encoder("gone")
			t.must(e.ClearBuffer(back, 0, 256))
			t.must(e.CopyTextureToBuffer(whole(texture), back, gpu.TexelLayout{BytesPerRow: 256}))
			destroy()
			t.submit(e)
			t.expectContent(back, before)
			t.expectLate(true)
		},
	},
	{
		name: "a queue write to a destroyed texture is refused later than the call",
		why:  "a stream of tiles goes on while its texture is disposed of",
		f: func(t *trial) {
			texture, destroy := t.backend.NewTexture(t.TB, t.device, image(gpu.Extent{Width: 4, Height: 2, Layers: 1}))
			destroy()
			t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(make([]byte, 32)), t.packed(whole(texture))))
			t.expectLate(true)
		},
	},
	{
		name: "a texture that is destroyed after the submit was copied",
		why:  "copy, submit, destroy is how a result is taken out",
		f: func(t *trial) {
			texture, destroy := t.backend.NewTexture(t.TB, t.device, image(gpu.Extent{Width: 64, Height: 1, Layers: 1}))
			p, back := pattern(256, 1), t.filled("back", make([]byte, 256))
			t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(p), t.packed(whole(texture))))
			e := t.encoder("copy")
			t.must(e.CopyTextureToBuffer(whole(texture), back, gpu.TexelLayout{BytesPerRow: 256}))
			t.submit(e)
			destroy()
			t.expectContent(back, p)
		},
	},
})

// blockRules are about a format with blocks of 4 by 4 texels and 8 bytes.
var blockRules = compressed("bc1-rgba-unorm", []rule{
	{
		name: "compressed texels are copied by blocks, at every mip level",
		why:  "the last levels are smaller than a block, which is there as a whole",
		f: func(t *trial) {
			texture := t.textureOf(blocks())
			t.movesLevels(texture, gpu.AspectAll)
			before, piece := t.texels(whole(texture)), pattern(2*8, 9)
			part := gpu.TextureRegion{Texture: texture, Origin: gpu.Origin{X: 4, Y: 8, Layer: 1}, Extent: gpu.Extent{Width: 8, Height: 4, Layers: 1}}
			t.must(t.device.Queue().WriteTexture(part, gpu.Bytes(piece), gpu.TexelLayout{BytesPerRow: 16}))
			t.expectBytes("the part", t.texels(part), piece)
			t.expectBytes("the level", t.texels(whole(texture)), with(before, ((3+2)*5+1)*8, piece))
		},
	},
	{
		name: "a region of compressed texels is of whole blocks",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.textureOf(blocks())
			for _, r := range []gpu.TextureRegion{
				{Extent: gpu.Extent{Width: 6, Height: 4, Layers: 1}},
				{Extent: gpu.Extent{Width: 4, Height: 1, Layers: 1}},
				{Origin: gpu.Origin{X: 2}, Extent: gpu.Extent{Width: 4, Height: 4, Layers: 1}},
				{Origin: gpu.Origin{Y: 1}, Extent: gpu.Extent{Width: 4, Height: 4, Layers: 1}},
				{MipLevel: 1, Extent: gpu.Extent{Width: 10, Height: 6, Layers: 1}},
			} {
				r.Texture = texture
				t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 16}, r, gpu.ErrAlignment)
				t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 16}, r, gpu.ErrAlignment)
			}
			outside := gpu.TextureRegion{Texture: texture, MipLevel: 1, Extent: gpu.Extent{Width: 16, Height: 4, Layers: 1}}
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, outside, gpu.ErrRange)
		},
	},
	{
		name: "rows of blocks must not overlap, and their offset is a multiple of a block",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.textureOf(blocks())
			t.refusesTextureCopy(gpu.TexelLayout{Offset: 4, BytesPerRow: 256, RowsPerImage: 3}, whole(texture), gpu.ErrAlignment)
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 2}, whole(texture), gpu.ErrRange)
			t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 39, RowsPerImage: 3}, whole(texture), gpu.ErrRange)
		},
	},
})

func (b *Backend) has(format string) bool { return b.Has != nil && b.Has(format) }

func compressed(format string, rules []rule) []rule {
	for i := range rules {
		rules[i].needs = func(b *Backend) string {
			if lack := makesNoTextures(b); lack != "" {
				return lack
			}
			if !b.has(format) {
				return "the backend has no textures of " + format
			}
			return ""
		}
	}
	return rules
}

// blocks is a texture of 5 by 3 blocks at mip level 0.
func blocks() gpu.TextureInfo {
	info := image(gpu.Extent{Width: 20, Height: 12, Layers: 2})
	info.Format, info.MipLevels = gpu.FormatOf("bc1-rgba-unorm"), 5
	return info
}

func depthStencil(format string, width, height uint32) gpu.TextureInfo {
	info := image(gpu.Extent{Width: width, Height: height, Layers: 2})
	info.Format = gpu.FormatOf(format)
	return info
}

// aspectCopy says how an aspect of a format is copied: texels of size bytes, to a texture and from one.
type aspectCopy struct {
	format   string
	aspect   gpu.TextureAspect
	size     int
	to, from bool
}

var aspectCopies = []aspectCopy{
	{"stencil8", gpu.AspectAll, 1, true, true},
	{"stencil8", gpu.AspectStencilOnly, 1, true, true},
	{"stencil8", gpu.AspectDepthOnly, 1, false, false},
	{"depth16unorm", gpu.AspectAll, 2, true, true},
	{"depth16unorm", gpu.AspectDepthOnly, 2, true, true},
	{"depth16unorm", gpu.AspectStencilOnly, 2, false, false},
	{"depth24plus", gpu.AspectAll, 4, false, false},
	{"depth24plus", gpu.AspectDepthOnly, 4, false, false},
	{"depth24plus-stencil8", gpu.AspectAll, 4, false, false},
	{"depth24plus-stencil8", gpu.AspectDepthOnly, 4, false, false},
	{"depth24plus-stencil8", gpu.AspectStencilOnly, 1, true, true},
	{"depth32float", gpu.AspectAll, 4, false, true},
	{"depth32float", gpu.AspectDepthOnly, 4, false, true},
	{"depth32float-stencil8", gpu.AspectAll, 4, false, false},
	{"depth32float-stencil8", gpu.AspectDepthOnly, 4, false, true},
	{"depth32float-stencil8", gpu.AspectStencilOnly, 1, true, true},
}

func (t *trial) triesAspect(c aspectCopy) {
	t.Helper()
	if c.format == "depth32float-stencil8" && !t.backend.has(c.format) {
		return
	}
	region := whole(t.textureOf(depthStencil(c.format, 6, 4)))
	region.Aspect = c.aspect
	want, layout := make([]byte, 6*4*2*c.size), gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 4}
	if c.to {
		want = pattern(len(want), 1)
		t.must(t.device.Queue().WriteTexture(region, gpu.Bytes(want), gpu.TexelLayout{BytesPerRow: uint32(6 * c.size), RowsPerImage: 4}))
	} else {
		t.refusesToTexture(layout, region, gpu.ErrUnsupported)
		t.refusesTextureWrite(layout, region, gpu.ErrUnsupported)
	}
	if c.from {
		t.expectBytes(c.format, t.texels(region), want)
	} else {
		t.refusesFromTexture(layout, region, gpu.ErrUnsupported)
	}
}

// movesLevels copies every mip level up and back, by way of a buffer and by a queue write.
func (t *trial) movesLevels(texture gpu.Texture, aspect gpu.TextureAspect) {
	t.Helper()
	for n := range texture.Info().MipLevels {
		region := level(texture, n)
		region.Aspect = aspect
		f, layout := t.footprint(region), t.padded(region)
		src := t.filled("rows", pattern(int(layout.BytesPerRow*f.Rows*f.Images), byte(n+1)))
		e := t.encoder("to texture")
		t.must(e.CopyBufferToTexture(src, layout, region))
		t.submit(e)
		t.expectBytes("copied", t.texels(region), t.rowsOf(t.content(src), layout, region))
		p := pattern(int(f.Bytes()), byte(n+11))
		t.must(t.device.Queue().WriteTexture(region, gpu.Bytes(p), t.packed(region)))
		t.expectBytes("written", t.texels(region), p)
	}
	for n := range texture.Info().MipLevels {
		region := level(texture, n)
		region.Aspect = aspect
		t.expectBytes("left alone", t.texels(region), pattern(len(t.texels(region)), byte(n+11)))
	}
}
