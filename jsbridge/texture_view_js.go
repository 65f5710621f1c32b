//go:build js && wasm

package jsbridge

import "syscall/js"

var textureCreateView = method{class: "GPUTexture", name: "createView"}

// TextureViewDimension is how a view sees a texture.
type TextureViewDimension string

// The dimensions; the zero value follows the texture.
const (
	TextureViewDimension1D        TextureViewDimension = "1d"
	TextureViewDimension2D        TextureViewDimension = "2d"
	TextureViewDimension2DArray   TextureViewDimension = "2d-array"
	TextureViewDimensionCube      TextureViewDimension = "cube"
	TextureViewDimensionCubeArray TextureViewDimension = "cube-array"
	TextureViewDimension3D        TextureViewDimension = "3d"
)

// TextureViewDescriptor describes a view. Counts that are zero reach to the
// end.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gputextureviewdescriptor.
type TextureViewDescriptor struct {
	Label           string
	Format          TextureFormat // empty is the texture's own
	Dimension       TextureViewDimension
	Usage           TextureUsage // 0 is the texture's own
	Aspect          TextureAspect
	BaseMipLevel    uint32
	MipLevelCount   uint32
	BaseArrayLayer  uint32
	ArrayLayerCount uint32
}

func (d *TextureViewDescriptor) value() js.Value {
	if d == nil {
		return js.Undefined()
	}
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.text("format", string(d.Format))
	descriptor.text("dimension", string(d.Dimension))
	descriptor.number("usage", float64(d.Usage))
	descriptor.text("aspect", string(d.Aspect))
	descriptor.number("baseMipLevel", float64(d.BaseMipLevel))
	descriptor.number("mipLevelCount", float64(d.MipLevelCount))
	descriptor.number("baseArrayLayer", float64(d.BaseArrayLayer))
	descriptor.number("arrayLayerCount", float64(d.ArrayLayerCount))
	return descriptor.Value
}

// TextureView is a texture, or part of one, as shaders and passes use it.
//
// See https://www.w3.org/TR/webgpu/#gputextureview.
type TextureView struct {
	v         js.Value
	dimension TextureViewDimension
}

// CreateView makes a view; a nil descriptor gives a view of everything.
//
// See https://www.w3.org/TR/webgpu/#dom-gputexture-createview.
func (t *Texture) CreateView(descriptor *TextureViewDescriptor) (*TextureView, error) {
	v, err := textureCreateView.call(t.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &TextureView{v, t.viewDimension(descriptor)}, nil
}

func (t *Texture) viewDimension(descriptor *TextureViewDescriptor) TextureViewDimension {
	if descriptor != nil && descriptor.Dimension != "" {
		return descriptor.Dimension
	}
	return TextureViewDimension(t.dimension)
}

// JSValue is the GPUTextureView.
func (v *TextureView) JSValue() js.Value { return v.v }
