//go:build js && wasm

package jsbridge

import "syscall/js"

// Extent3D is a size in texels. A height or depth of zero is one.
//
// See https://www.w3.org/TR/webgpu/#typedefdef-gpuextent3d.
type Extent3D struct{ Width, Height, DepthOrArrayLayers uint32 }

func (e Extent3D) value() js.Value {
	size := newObject()
	size.Set("width", e.Width)
	size.number("height", float64(e.Height))
	size.number("depthOrArrayLayers", float64(e.DepthOrArrayLayers))
	return size.Value
}

// Origin3D is a texel's place; Z counts array layers of a 2D texture.
//
// See https://www.w3.org/TR/webgpu/#typedefdef-gpuorigin3d.
type Origin3D struct{ X, Y, Z uint32 }

func (o Origin3D) value() js.Value {
	origin := newObject()
	origin.number("x", float64(o.X))
	origin.number("y", float64(o.Y))
	origin.number("z", float64(o.Z))
	return origin.Value
}

// TexelCopyBufferLayout says how texels lie in bytes. A row pitch or a row
// count of zero is left out, as a single row or a single image allows.
//
// See https://www.w3.org/TR/webgpu/#gputexelcopybufferlayout.
type TexelCopyBufferLayout struct {
	Offset       uint64
	BytesPerRow  uint32 // a multiple of 256 in copies of buffers
	RowsPerImage uint32
}

func (l TexelCopyBufferLayout) value() js.Value {
	layout := newObject()
	l.set(layout)
	return layout.Value
}

func (l TexelCopyBufferLayout) set(o object) {
	o.number("offset", float64(l.Offset))
	o.number("bytesPerRow", float64(l.BytesPerRow))
	o.number("rowsPerImage", float64(l.RowsPerImage))
}

// TexelCopyBufferInfo is the buffer's side of a copy of texels.
//
// See https://www.w3.org/TR/webgpu/#gputexelcopybufferinfo.
type TexelCopyBufferInfo struct {
	TexelCopyBufferLayout
	Buffer *Buffer
}

func (i *TexelCopyBufferInfo) value() js.Value {
	info := newObject()
	info.Set("buffer", i.Buffer.value())
	i.set(info)
	return info.Value
}

// TexelCopyTextureInfo is the texture's side of a copy of texels.
//
// See https://www.w3.org/TR/webgpu/#gputexelcopytextureinfo.
type TexelCopyTextureInfo struct {
	Texture  *Texture
	MipLevel uint32
	Origin   Origin3D
	Aspect   TextureAspect
}

func (i *TexelCopyTextureInfo) value() js.Value {
	info := newObject()
	info.Set("texture", i.Texture.v)
	info.number("mipLevel", float64(i.MipLevel))
	info.Set("origin", i.Origin.value())
	info.text("aspect", string(i.Aspect))
	return info.Value
}
