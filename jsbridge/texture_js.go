//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	deviceCreateTexture    = method{class: "GPUDevice", name: "createTexture"}
	textureLabel           = method{class: "GPUTexture", name: "label", attribute: true}
	textureWidth           = method{class: "GPUTexture", name: "width", attribute: true}
	textureHeight          = method{class: "GPUTexture", name: "height", attribute: true}
	textureDepth           = method{class: "GPUTexture", name: "depthOrArrayLayers", attribute: true}
	textureFormatAttribute = method{class: "GPUTexture", name: "format", attribute: true}
	textureDestroy         = method{class: "GPUTexture", name: "destroy"}
)

// TextureUsage is a set of the specification's usage bits.
//
// See https://www.w3.org/TR/webgpu/#namespacedef-gputextureusage.
type TextureUsage uint32

// The usage bits.
const (
	TextureUsageCopySrc          TextureUsage = 0x01
	TextureUsageCopyDst          TextureUsage = 0x02
	TextureUsageTextureBinding   TextureUsage = 0x04
	TextureUsageStorageBinding   TextureUsage = 0x08
	TextureUsageRenderAttachment TextureUsage = 0x10
)

// TextureDimension is the number of a texture's dimensions.
type TextureDimension string

// The dimensions; the zero value is TextureDimension2D.
const (
	TextureDimension1D TextureDimension = "1d"
	TextureDimension2D TextureDimension = "2d"
	TextureDimension3D TextureDimension = "3d"
)

// TextureAspect is a part of a texture's texels.
type TextureAspect string

// The aspects; the zero value is AspectAll.
const (
	AspectAll         TextureAspect = "all"
	AspectStencilOnly TextureAspect = "stencil-only"
	AspectDepthOnly   TextureAspect = "depth-only"
)

// TextureDescriptor describes a texture.
//
// See https://www.w3.org/TR/webgpu/#gputexturedescriptor.
type TextureDescriptor struct {
	Label         string
	Size          Extent3D
	MipLevelCount uint32 // 0 is 1
	SampleCount   uint32 // 0 is 1
	Dimension     TextureDimension
	Format        TextureFormat
	Usage         TextureUsage
	ViewFormats   []TextureFormat
}

func (d *TextureDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("size", d.Size.value())
	descriptor.number("mipLevelCount", float64(d.MipLevelCount))
	descriptor.number("sampleCount", float64(d.SampleCount))
	descriptor.text("dimension", string(d.Dimension))
	descriptor.Set("format", string(d.Format))
	descriptor.Set("usage", uint32(d.Usage))
	descriptor.Set("viewFormats", stringList(d.ViewFormats))
	return descriptor.Value
}

// Texture is an image in the GPU's memory.
//
// See https://www.w3.org/TR/webgpu/#gputexture.
type Texture struct {
	v         js.Value
	label     string
	dimension TextureDimension
}

// CreateTexture makes a texture.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createtexture.
func (d *Device) CreateTexture(descriptor *TextureDescriptor) (*Texture, error) {
	v, err := d.create(&deviceCreateTexture, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &Texture{v, descriptor.Label, descriptor.Dimension}, nil
}

var textureDimension = method{class: "GPUTexture", name: "dimension", attribute: true}

// AdoptTexture wraps a GPUTexture.
func AdoptTexture(v js.Value) (*Texture, error) {
	label, err := adopt("AdoptTexture", &textureLabel, v)
	if err != nil {
		return nil, err
	}
	dimension, err := textureDimension.call(v)
	if err != nil {
		return nil, err
	}
	return &Texture{v, label.String(), TextureDimension(dimension.String())}, nil
}

// JSValue is the GPUTexture.
func (t *Texture) JSValue() js.Value { return t.v }

// Label is the label that the texture was made with.
func (t *Texture) Label() string { return t.label }

// Size asks the browser for the size of the largest mip level.
func (t *Texture) Size() Extent3D {
	return Extent3D{t.number(&textureWidth), t.number(&textureHeight), t.number(&textureDepth)}
}

func (t *Texture) number(attribute *method) uint32 {
	value, err := attribute.call(t.v)
	if err != nil {
		return 0
	}
	return uint32(value.Float())
}

// Format asks the browser for the format.
func (t *Texture) Format() TextureFormat {
	format, err := textureFormatAttribute.call(t.v)
	if err != nil {
		return ""
	}
	return TextureFormat(format.String())
}

// Destroy frees the memory once the GPU is done with it. It is idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gputexture-destroy.
func (t *Texture) Destroy() { _, _ = textureDestroy.call(t.v) }
