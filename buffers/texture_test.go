package buffers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// imageOf makes a texture of 4 bytes a texel that can be copied from and to.
func imageOf(device *memory.Device, e buffers.Extent) *memory.Texture {
	return textureOf(device, "rgba8unorm", e)
}

func textureOf(device *memory.Device, format string, e buffers.Extent) *memory.Texture {
	return device.NewTexture("image", gpu.TextureInfo{
		Format: gpu.FormatOf(format), Extent: e, Usage: gpu.TextureCopySrc | gpu.TextureCopyDst,
	})
}

// moveTexture takes texels up by a staging buffer and back by a read, each by rows of these many bytes.
func moveTexture(t *testing.T, s *buffers.System, region buffers.TextureRegion, row uint64, texels []byte) {
	t.Helper()
	st := immediate(t, s, buffers.StagingDescriptor{Size: uint64(len(texels)), RowBytes: row})
	_, err := st.Write(texels)
	require.NoError(t, err)
	f, e := frame(t, s)
	require.NoError(t, st.UploadToTexture(e, region))
	require.NoError(t, f.Submit())
	require.Equal(t, texels, readTexture(t, s, region, len(texels)))
}

// readTexture returns the size bytes of a region's texels.
func readTexture(t testing.TB, s *buffers.System, region buffers.TextureRegion, size int) []byte {
	t.Helper()
	p := make([]byte, size)
	require.NoError(t, readback(t, s, buffers.ReadbackDescriptor{Label: "check"}).ReadTexture(within(t), region, p))
	return p
}

func TestCompressedTexturesMoveByRowsOfBlocks(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
	texture := textureOf(device, "astc-10x6-unorm", buffers.Extent{Width: 300, Height: 120, Layers: 3})
	region := buffers.TextureRegion{Texture: texture, Extent: buffers.Extent{Width: 300, Height: 120, Layers: 3}}
	moveTexture(t, s, region, 480, randomBytes(480*20*3))
	region.Origin, region.Extent = buffers.Origin{X: 10, Y: 12, Layer: 1}, buffers.Extent{Width: 200, Height: 96, Layers: 2}
	moveTexture(t, s, region, 320, randomBytes(320*16*2))
	region.Extent.Height = 95
	require.ErrorIs(t, readback(t, s, buffers.ReadbackDescriptor{}).ReadTexture(within(t), region, make([]byte, 320*16*2)), buffers.ErrAlignment)
}

// No copy may cut a layer of depth or stencil between rows, so one that is longer than a chunk is read in one
// that is larger.
func TestLayersOfDepthAreReadWhole(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
	for _, e := range []buffers.Extent{{Width: 5, Height: 4, Layers: 3}, {Width: 100, Height: 90, Layers: 3}} {
		region := buffers.TextureRegion{Texture: textureOf(device, "depth16unorm", e), Extent: e}
		moveTexture(t, s, region, uint64(e.Width)*2, randomBytes(int(e.Width*e.Height*e.Layers*2)))
	}
}

func TestAspectsAreReadOneAtATime(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	e := buffers.Extent{Width: 9, Height: 3, Layers: 1}
	texture := textureOf(device, "depth32float-stencil8", e)
	depth, stencil := randomBytes(9*3*4), randomBytes(9*3)
	texture.SetTexels(0, buffers.AspectDepthOnly, depth)
	region := buffers.TextureRegion{Texture: texture, Extent: e, Aspect: buffers.AspectStencilOnly}
	moveTexture(t, s, region, 9, stencil)
	region.Aspect = buffers.AspectDepthOnly
	got := make([]byte, len(depth))
	r := readback(t, s, buffers.ReadbackDescriptor{})
	require.NoError(t, r.ReadTexture(within(t), region, got))
	require.Equal(t, depth, got)
	region.Aspect = buffers.AspectAll
	require.ErrorIs(t, r.ReadTexture(within(t), region, got), buffers.ErrUnsupported)
}

func TestRefusedTexturesAreReadByNobody(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	r := readback(t, s, buffers.ReadbackDescriptor{})
	e := buffers.Extent{Width: 4, Height: 4, Layers: 1}
	for want, info := range map[string]gpu.TextureInfo{
		`read texture "t": usage TextureBinding lacks CopySrc`:                                 {Format: gpu.FormatOf("rgba8unorm"), Usage: gpu.TextureBinding},
		`read texture "t": the texture is multisampled, with 4 samples`:                        {Format: gpu.FormatOf("rgba8unorm"), Samples: 4, Usage: gpu.TextureRenderAttachment},
		`read texture "t": the depth of depth24plus cannot be copied`:                          {Format: gpu.FormatOf("depth24plus"), Usage: gpu.TextureCopySrc},
		`read texture "t": the format r64float is not known here`:                              {Format: gpu.FormatOf("r64float"), Usage: gpu.TextureCopySrc},
		`read texture "t": depth and stencil of depth24plus-stencil8 are copied one at a time`: {Format: gpu.FormatOf("depth24plus-stencil8"), Usage: gpu.TextureCopySrc},
	} {
		info.Extent = e
		region := buffers.TextureRegion{Texture: device.NewTexture("t", info), Extent: e}
		require.ErrorContains(t, r.ReadTexture(within(t), region, make([]byte, 64)), want)
	}
}

// Rows that need no padding are placed as others are: where a whole one has room.
func TestRowsWithoutPaddingGoBehindAnotherRead(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
	e := buffers.Extent{Width: 256, Height: 8, Layers: 1}
	region := buffers.TextureRegion{Texture: imageOf(device, e), Extent: e}
	moveTexture(t, s, region, 1024, randomBytes(1024*8))
	b, p := filled(t, s, 3600)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	before, texels := make([]byte, 3600), make([]byte, 1024*8)
	first, err := r.Start(b, 0, buffers.Bytes(before))
	require.NoError(t, err)
	second, err := r.StartTexture(region, buffers.Bytes(texels))
	require.NoError(t, err)
	r.Flush()
	require.NoError(t, first.Wait(within(t)))
	require.NoError(t, second.Wait(within(t)))
	require.Equal(t, p, before)
	require.Equal(t, region.Texture.(*memory.Texture).Texels(0, buffers.AspectAll), texels)
}

// A hold has them beside reads of buffers, which end anywhere.
func TestTexturesAreHeldWhereThereIsNoRoom(t *testing.T) {
	for _, format := range []string{"depth16unorm", "bc1-rgba-unorm", "bc7-rgba-unorm", "r8unorm", "rgba8unorm", "rgba16float", "rgba32uint"} {
		t.Run(format, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
			b := knownBuffer(t, s, 64)
			e := buffers.Extent{Width: 64, Height: 20, Layers: 3}
			texture := textureOf(device, format, e)
			want := randomBytes(len(texture.Texels(0, buffers.AspectAll)))
			texture.SetTexels(0, buffers.AspectAll, want)
			rb := readback(t, s, buffers.ReadbackDescriptor{})
			device.Hold()
			var all []buffers.Read
			var got [][]byte
			for range 6 {
				beside, err := rb.Start(b, 0, buffers.Bytes(make([]byte, 4)))
				require.NoError(t, err)
				p := make([]byte, len(want))
				r, err := rb.StartTexture(buffers.TextureRegion{Texture: texture, Extent: e}, buffers.Bytes(p))
				require.NoError(t, err)
				rb.Flush()
				all, got = append(all, r), append(got, p)
				defer func() { require.NoError(t, beside.Wait(within(t))) }()
			}
			require.NotZero(t, s.Stats().Held)
			device.Release()
			for i, r := range all {
				require.NoError(t, r.Wait(within(t)))
				require.Equal(t, want, got[i], "read %d", i)
			}
		})
	}
}

// A host makes reads of buffers, by their bytes; rows of texels without padding are no such range.
func TestTexturesAreNotLent(t *testing.T) {
	s, device := openForReads(t)
	e := buffers.Extent{Width: 1024, Height: 100, Layers: 1}
	region := buffers.TextureRegion{Texture: imageOf(device, e), Extent: e}
	host := &reader{}
	require.NoError(t, embedder.StartTexture(readback(t, s, buffers.ReadbackDescriptor{}), region, host, 1))
	embedder.FlushReads(s)
	require.Empty(t, host.lent)
}
