package gpu

// Texture is an image on the GPU, made through the backend's own API.
type Texture interface {
	Label() string
	// Info is the same for the texture's whole life.
	Info() TextureInfo
	Native() any
}

// TextureInfo has the facts of a texture that the rules of copies need.
type TextureInfo struct {
	Format    TextureFormat
	Dimension TextureDimension
	Extent    Extent // of mip level 0
	MipLevels uint32
	Samples   uint32 // of a texel
	Usage     TextureUsage
}

// Level is the size of a mip level in texels, rounded up to whole blocks: the part that can be copied.
// https://www.w3.org/TR/webgpu/#physical-miplevel-specific-texture-extent
func (i *TextureInfo) Level(level uint32) Extent {
	e := i.Extent
	e.Width = wholeBlocks(max(e.Width>>level, 1), i.Format.BlockWidth)
	e.Height = wholeBlocks(max(e.Height>>level, 1), i.Format.BlockHeight)
	if i.Dimension == Dimension3D {
		e.Layers = max(e.Layers>>level, 1)
	}
	return e
}

func wholeBlocks(n, block uint32) uint32 { return (n + block - 1) / block * block }

// TextureDimension is the number of dimensions of a texture.
type TextureDimension uint8

const (
	Dimension2D TextureDimension = iota
	Dimension1D
	Dimension3D
)

// TextureUsage is the set of uses of a texture. The bits are this package's own; a backend translates them to its
// API's.
type TextureUsage uint32

const (
	TextureCopySrc TextureUsage = 1 << iota
	TextureCopyDst
	TextureBinding
	TextureStorageBinding
	TextureRenderAttachment
)

var textureUsageNames = [...]string{"CopySrc", "CopyDst", "TextureBinding", "StorageBinding", "RenderAttachment"}

// String lists the bits by name, as in "CopySrc|TextureBinding".
func (u TextureUsage) String() string { return bitNames(uint32(u), textureUsageNames[:]) }

// TextureAspect is a part of each texel that is copied by itself.
type TextureAspect uint8

const (
	AspectAll TextureAspect = iota // of a format with a single aspect
	AspectDepthOnly
	AspectStencilOnly
)

// Extent is a size in texels. Layers are the slices of a 3D texture.
type Extent struct{ Width, Height, Layers uint32 }

// Origin is a position in texels. Layer is the slice of a 3D texture.
type Origin struct{ X, Y, Layer uint32 }

// TextureRegion is a box of texels of one mip level: whole blocks of a compressed format, and whole layers
// of one with depth or stencil.
type TextureRegion struct {
	Texture  Texture
	MipLevel uint32
	Origin   Origin
	Extent   Extent
	Aspect   TextureAspect
}

// TexelLayout says how texels lie in linear memory. A row of a compressed format is a row of blocks.
type TexelLayout struct {
	// Offset of the first texel, in bytes.
	Offset uint64
	// BytesPerRow is the distance between rows: a multiple of 256 if the memory is a Buffer.
	// https://www.w3.org/TR/webgpu/#abstract-opdef-validating-gputexelcopybufferinfo
	BytesPerRow uint32
	// RowsPerImage is the distance between layers, in rows.
	RowsPerImage uint32
}

// Footprint is the shape of a region in linear memory: images, one a layer, of rows of blocks.
type Footprint struct {
	RowBytes uint64 // without padding
	Rows     uint32 // of an image
	Images   uint32
	// RowHeight is the height of a row in texels.
	RowHeight uint32
	// Whole says that an image is copied in one piece: no copy may cut it between rows.
	Whole bool
	// OffsetAlign is the alignment of the offset in a Buffer, in bytes.
	OffsetAlign uint64
}

// Bytes is the size without padding.
func (f *Footprint) Bytes() uint64 { return f.RowBytes * uint64(f.Rows) * uint64(f.Images) }
