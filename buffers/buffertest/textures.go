package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var textureRules = withTextures([]rule{
	{
		name: "texels of any width come back as they went in",
		why:  "rows in a buffer are a multiple of 256 bytes apart, those of an image are not",
		f: func(t *trial) {
			for _, width := range []uint32{1, 3, 63, 64, 65, 130} {
				texture := t.texture(gpu.Extent{Width: width, Height: 5, Layers: 1})
				want := pattern(int(width)*5*4, byte(width))
				t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(want), t.packed(whole(texture))))
				t.expectBytes("texels", t.texels(whole(texture)), want)
			}
		},
	},
	{
		name: "a copy from a buffer to a texture and back moves every row",
		why:  "it is how textures stream in and screenshots come out",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 7, Height: 3, Layers: 2})
			layout := gpu.TexelLayout{Offset: 16, BytesPerRow: 256, RowsPerImage: 4}
			src := t.filled("rows", pattern(16+256*8, 1))
			e := t.encoder("to texture")
			t.must(e.CopyBufferToTexture(src, layout, whole(texture)))
			t.submit(e)
			t.expectBytes("texels", t.texels(whole(texture)), t.rowsOf(pattern(16+256*8, 1), layout, whole(texture)))
		},
	},
	{
		name: "a region of a texture is written and the rest left alone",
		why:  "an atlas is filled piece by piece",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 8, Height: 8, Layers: 2})
			before, piece := pattern(8*8*2*4, 1), pattern(3*2*4, 2)
			t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(before), t.packed(whole(texture))))
			region := gpu.TextureRegion{Texture: texture, Origin: gpu.Origin{X: 4, Y: 5, Layer: 1}, Extent: gpu.Extent{Width: 3, Height: 2, Layers: 1}}
			t.must(t.device.Queue().WriteTexture(region, gpu.Bytes(piece), gpu.TexelLayout{BytesPerRow: 12}))
			want := with(before, ((8+5)*8+4)*4, piece[:12])
			t.expectBytes("texels", t.texels(whole(texture)), with(want, ((8+6)*8+4)*4, piece[12:]))
		},
	},
	{
		name: "rows in a buffer are a multiple of 256 bytes apart",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			for _, pitch := range []uint32{16, 255, 300} {
				t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: pitch}, whole(texture), gpu.ErrAlignment)
			}
		},
	},
	{
		name: "the offset of texels in a buffer is a multiple of a texel",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			t.refusesTextureCopy(gpu.TexelLayout{Offset: 2, BytesPerRow: 256}, whole(texture), gpu.ErrAlignment)
		},
	},
	{
		name: "rows must not overlap",
		why:  "a pitch shorter than a row is a mix-up of texels and bytes",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 65, Height: 2, Layers: 2})
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 2}, whole(texture), gpu.ErrRange)
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 512, RowsPerImage: 1}, whole(texture), gpu.ErrRange)
			t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 2}, whole(texture), gpu.ErrRange)
		},
	},
	{
		name: "a region outside of the texture is refused, also on overflow",
		why:  "an atlas slot that does not fit is a mistake in its packing",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 8, Height: 8, Layers: 1})
			layout := gpu.TexelLayout{BytesPerRow: 256, RowsPerImage: 8}
			for _, o := range []gpu.Origin{{X: 5}, {Y: 5}, {Layer: 1}, {X: 8}, {X: 1<<32 - 4}, {Y: 1<<32 - 1}} {
				region := gpu.TextureRegion{Texture: texture, Origin: o, Extent: gpu.Extent{Width: 4, Height: 4, Layers: 1}}
				t.refusesTextureCopy(layout, region, gpu.ErrRange)
				t.refusesTextureWrite(layout, region, gpu.ErrRange)
			}
		},
	},
	{
		name: "an empty region is refused",
		why:  "it is the mistake of a computed size",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 8, Height: 8, Layers: 1})
			for _, e := range []gpu.Extent{{}, {Width: 4, Height: 4}, {Width: 4, Layers: 1}, {Height: 4, Layers: 1}} {
				region := gpu.TextureRegion{Texture: texture, Extent: e}
				t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, region, gpu.ErrRange)
			}
		},
	},
	{
		name: "the last row in memory may be short, but it must be there",
		why:  "a buffer sized row by row has no padding after its last row",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 3, Height: 2, Layers: 1})
			layout := gpu.TexelLayout{BytesPerRow: 256}
			exact := t.filled("exact", pattern(256+12, 1))
			e := t.encoder("to texture")
			t.must(e.CopyBufferToTexture(exact, layout, whole(texture)))
			t.refused("short", e.CopyBufferToTexture(t.buffer("short", gpuUsage, 256+8), layout, whole(texture)), gpu.ErrRange)
			t.submit(e)
			t.expectBytes("texels", t.texels(whole(texture)), t.rowsOf(pattern(256+12, 1), layout, whole(texture)))
			write := func(size int) error {
				return t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(make([]byte, size)), layout)
			}
			t.must(write(256 + 12))
			t.refused("short memory", write(256+11), gpu.ErrRange)
		},
	},
	{
		name: "a layout whose size overflows is refused",
		why:  "a span that wraps around looks small",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 1, Height: 1, Layers: 5})
			layout := gpu.TexelLayout{BytesPerRow: 1 << 31, RowsPerImage: 1 << 31}
			t.refusesTextureCopy(layout, whole(texture), gpu.ErrRange)
			t.refusesTextureWrite(layout, whole(texture), gpu.ErrRange)
			t.refusesTextureWrite(gpu.TexelLayout{Offset: 1<<64 - 4, BytesPerRow: 4, RowsPerImage: 1}, whole(texture), gpu.ErrRange)
		},
	},
	{
		name: "a texture copy needs CopySrc or CopyDst of the buffer",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 4, Height: 2, Layers: 1})
			layout := gpu.TexelLayout{BytesPerRow: 256}
			e, constant := t.encoder("texture"), t.buffer("constant", gpu.UsageVertex, 512)
			t.refused("to texture", e.CopyBufferToTexture(constant, layout, whole(texture)), gpu.ErrUsage)
			t.refused("from texture", e.CopyTextureToBuffer(whole(texture), constant, layout), gpu.ErrUsage)
		},
	},
	{
		name: "a texture copy with a mapped buffer is refused at the submit",
		why:  "CPU and GPU would use the same memory at once",
		f: func(t *trial) {
			texture, b := t.texture(gpu.Extent{Width: 4, Height: 2, Layers: 1}), t.mappedForWriting(512)
			e := t.encoder("texture")
			t.must(e.CopyBufferToTexture(b, gpu.TexelLayout{BytesPerRow: 256}, whole(texture)))
			t.refused("submit", t.device.Queue().Submit(e), gpu.ErrMapped)
			t.must(b.Unmap())
			t.submit(e)
		},
	},
	{
		name: "a texture of another device is refused",
		why:  "a page may have two devices; the browser reports the mix later",
		f: func(t *trial) {
			foreign, _ := t.backend.NewTexture(t.TB, t.secondDevice(), image(gpu.Extent{Width: 4, Height: 2, Layers: 1}))
			t.refusesTextureCopy(gpu.TexelLayout{BytesPerRow: 256}, whole(foreign), gpu.ErrWrongDevice)
			t.refusesTextureWrite(gpu.TexelLayout{BytesPerRow: 16}, whole(foreign), gpu.ErrWrongDevice)
		},
	},
	{
		name: "texture writes and copies run in order",
		why:  "a texture that is overwritten while it is still copied shows both images",
		f: func(t *trial) {
			texture := t.texture(gpu.Extent{Width: 8, Height: 2, Layers: 1})
			back, layout := t.buffer("first image", gpuUsage, 512), gpu.TexelLayout{BytesPerRow: 256}
			first, second := pattern(64, 1), pattern(64, 2)
			t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(first), t.packed(whole(texture))))
			e := t.encoder("screenshot")
			t.must(e.CopyTextureToBuffer(whole(texture), back, layout))
			t.submit(e)
			t.must(t.device.Queue().WriteTexture(whole(texture), gpu.Bytes(second), t.packed(whole(texture))))
			t.expectBytes("first image", t.rowsOf(t.content(back), layout, whole(texture)), first)
			t.expectBytes("second image", t.texels(whole(texture)), second)
		},
	},
})

func withTextures(rules []rule) []rule {
	for i := range rules {
		rules[i].needs = makesNoTextures
	}
	return rules
}

func makesNoTextures(b *Backend) string {
	if b.NewTexture == nil {
		return "the backend makes no textures"
	}
	return ""
}

const textureUsage = gpu.TextureCopySrc | gpu.TextureCopyDst

// image is a texture of 4 bytes a texel that can be copied from and to.
func image(e gpu.Extent) gpu.TextureInfo {
	return gpu.TextureInfo{Format: gpu.FormatOf("rgba8unorm"), Extent: e, MipLevels: 1, Samples: 1, Usage: textureUsage}
}

func (t *trial) texture(e gpu.Extent) gpu.Texture {
	t.Helper()
	return t.textureOf(image(e))
}

func (t *trial) textureOf(info gpu.TextureInfo) gpu.Texture {
	t.Helper()
	texture, _ := t.backend.NewTexture(t.TB, t.device, info)
	return texture
}

// whole is all of mip level 0.
func whole(t gpu.Texture) gpu.TextureRegion { return level(t, 0) }

// level is all of a mip level.
func level(t gpu.Texture, n uint32) gpu.TextureRegion {
	info := t.Info()
	return gpu.TextureRegion{Texture: t, MipLevel: n, Extent: info.Level(n)}
}

// footprint is that of a region that can be read.
func (t *trial) footprint(r gpu.TextureRegion) gpu.Footprint {
	t.Helper()
	f, err := gpu.CheckRegion("footprint", r, gpu.TextureCopySrc)
	t.must(err)
	return f
}

// packed is the layout without gaps.
func (t *trial) packed(r gpu.TextureRegion) gpu.TexelLayout {
	t.Helper()
	f := t.footprint(r)
	return gpu.TexelLayout{BytesPerRow: uint32(f.RowBytes), RowsPerImage: f.Rows}
}

// padded is the layout in a buffer.
func (t *trial) padded(r gpu.TextureRegion) gpu.TexelLayout {
	t.Helper()
	layout := t.packed(r)
	layout.BytesPerRow = (layout.BytesPerRow + 255) &^ 255
	return layout
}

// texels reads a region, rows and layers without gaps.
func (t *trial) texels(r gpu.TextureRegion) []byte {
	t.Helper()
	layout := t.padded(r)
	back := t.readback("texels", uint64(layout.BytesPerRow)*uint64(layout.RowsPerImage)*uint64(r.Extent.Layers))
	e := t.encoder("texels")
	t.must(e.CopyTextureToBuffer(r, back, layout))
	t.submit(e)
	return t.rowsOf(t.content(back), layout, r)
}

// rowsOf takes the rows of a region out of linear memory.
func (t *trial) rowsOf(p []byte, layout gpu.TexelLayout, r gpu.TextureRegion) []byte {
	t.Helper()
	f := t.footprint(r)
	var rows []byte
	for layer := range f.Images {
		for y := range f.Rows {
			at := int(layout.Offset) + int(layer*layout.RowsPerImage+y)*int(layout.BytesPerRow)
			rows = append(rows, p[at:at+int(f.RowBytes)]...)
		}
	}
	return rows
}

// refusesTextureCopy checks both directions.
func (t *trial) refusesTextureCopy(layout gpu.TexelLayout, region gpu.TextureRegion, reason error) {
	t.Helper()
	t.refusesToTexture(layout, region, reason)
	t.refusesFromTexture(layout, region, reason)
}

func (t *trial) refusesToTexture(layout gpu.TexelLayout, region gpu.TextureRegion, reason error) {
	t.Helper()
	b := t.buffer("linear", gpuUsage, 1<<20)
	defer b.Destroy()
	t.refused("copy to texture", t.encoder("texture").CopyBufferToTexture(b, layout, region), reason)
}

func (t *trial) refusesFromTexture(layout gpu.TexelLayout, region gpu.TextureRegion, reason error) {
	t.Helper()
	b := t.buffer("linear", gpuUsage, 1<<20)
	defer b.Destroy()
	t.refused("copy from texture", t.encoder("texture").CopyTextureToBuffer(region, b, layout), reason)
}

func (t *trial) refusesTextureWrite(layout gpu.TexelLayout, region gpu.TextureRegion, reason error) {
	t.Helper()
	err := t.device.Queue().WriteTexture(region, gpu.Bytes(make([]byte, 1<<16)), layout)
	t.refused("write texture", err, reason)
}
