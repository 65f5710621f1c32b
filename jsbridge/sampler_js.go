//go:build js && wasm

package jsbridge

import "syscall/js"

var deviceCreateSampler = method{class: "GPUDevice", name: "createSampler"}

// AddressMode says what lies beyond a texture's edge.
type AddressMode string

// The modes; the zero value is ClampToEdge.
const (
	ClampToEdge  AddressMode = "clamp-to-edge"
	Repeat       AddressMode = "repeat"
	MirrorRepeat AddressMode = "mirror-repeat"
)

// FilterMode says how texels are joined.
type FilterMode string

// The filters; the zero value is FilterNearest.
const (
	FilterNearest FilterMode = "nearest"
	FilterLinear  FilterMode = "linear"
)

// SamplerDescriptor describes a sampler.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpusamplerdescriptor.
type SamplerDescriptor struct {
	Label         string
	AddressModeU  AddressMode
	AddressModeV  AddressMode
	AddressModeW  AddressMode
	MagFilter     FilterMode
	MinFilter     FilterMode
	MipmapFilter  FilterMode
	LodMinClamp   float32
	LodMaxClamp   float32 // 0 is 32
	Compare       CompareFunction
	MaxAnisotropy uint16 // 0 is 1
}

func (d *SamplerDescriptor) value() js.Value {
	if d == nil {
		return js.Undefined()
	}
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.text("addressModeU", string(d.AddressModeU))
	descriptor.text("addressModeV", string(d.AddressModeV))
	descriptor.text("addressModeW", string(d.AddressModeW))
	descriptor.text("magFilter", string(d.MagFilter))
	descriptor.text("minFilter", string(d.MinFilter))
	descriptor.text("mipmapFilter", string(d.MipmapFilter))
	descriptor.number("lodMinClamp", float64(d.LodMinClamp))
	descriptor.number("lodMaxClamp", float64(d.LodMaxClamp))
	descriptor.text("compare", string(d.Compare))
	descriptor.number("maxAnisotropy", float64(d.MaxAnisotropy))
	return descriptor.Value
}

// Sampler says how shaders read textures.
//
// See https://www.w3.org/TR/webgpu/#gpusampler.
type Sampler struct{ v js.Value }

// CreateSampler makes a sampler; a nil descriptor gives the defaults.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createsampler.
func (d *Device) CreateSampler(descriptor *SamplerDescriptor) (*Sampler, error) {
	v, err := d.create(&deviceCreateSampler, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &Sampler{v}, nil
}

// JSValue is the GPUSampler.
func (s *Sampler) JSValue() js.Value { return s.v }
