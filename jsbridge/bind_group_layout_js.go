//go:build js && wasm

package jsbridge

import "syscall/js"

var deviceCreateBindGroupLayout = method{class: "GPUDevice", name: "createBindGroupLayout"}

// ShaderStage is a set of shader stages.
//
// See https://www.w3.org/TR/webgpu/#namespacedef-gpushaderstage.
type ShaderStage uint32

// The stages.
const (
	ShaderStageVertex   ShaderStage = 0x1
	ShaderStageFragment ShaderStage = 0x2
	ShaderStageCompute  ShaderStage = 0x4
)

// BindGroupLayoutDescriptor lists the bindings of a group.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubindgrouplayoutdescriptor.
type BindGroupLayoutDescriptor struct {
	Label   string
	Entries []BindGroupLayoutEntry
}

func (d *BindGroupLayoutDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("entries", list(d.Entries, (*BindGroupLayoutEntry).value))
	return descriptor.Value
}

// BindGroupLayoutEntry is one binding; exactly one of the last four is set.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubindgrouplayoutentry.
type BindGroupLayoutEntry struct {
	Binding        uint32
	Visibility     ShaderStage
	Buffer         *BufferBindingLayout
	Sampler        *SamplerBindingLayout
	Texture        *TextureBindingLayout
	StorageTexture *StorageTextureBindingLayout
}

func (e *BindGroupLayoutEntry) value() js.Value {
	entry := newObject()
	entry.Set("binding", e.Binding)
	entry.Set("visibility", uint32(e.Visibility))
	if e.Buffer != nil {
		entry.Set("buffer", e.Buffer.value())
	}
	if e.Sampler != nil {
		entry.Set("sampler", e.Sampler.value())
	}
	if e.Texture != nil {
		entry.Set("texture", e.Texture.value())
	}
	if e.StorageTexture != nil {
		entry.Set("storageTexture", e.StorageTexture.value())
	}
	return entry.Value
}

// BufferBindingType is how a shader sees a buffer.
type BufferBindingType string

// The types; the zero value is BindUniform.
const (
	BindUniform         BufferBindingType = "uniform"
	BindStorage         BufferBindingType = "storage"
	BindReadOnlyStorage BufferBindingType = "read-only-storage"
)

// BufferBindingLayout is a binding of a buffer.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubufferbindinglayout.
type BufferBindingLayout struct {
	Type             BufferBindingType
	HasDynamicOffset bool
	MinBindingSize   uint64 // bytes; 0 to check at every draw
}

func (l *BufferBindingLayout) value() js.Value {
	layout := newObject()
	layout.text("type", string(l.Type))
	layout.flag("hasDynamicOffset", l.HasDynamicOffset)
	layout.number("minBindingSize", float64(l.MinBindingSize))
	return layout.Value
}

// SamplerBindingType is how a shader uses a sampler.
type SamplerBindingType string

// The types; the zero value is SamplerFiltering.
const (
	SamplerFiltering    SamplerBindingType = "filtering"
	SamplerNonFiltering SamplerBindingType = "non-filtering"
	SamplerComparison   SamplerBindingType = "comparison"
)

// SamplerBindingLayout is a binding of a sampler.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpusamplerbindinglayout.
type SamplerBindingLayout struct{ Type SamplerBindingType }

func (l *SamplerBindingLayout) value() js.Value {
	layout := newObject()
	layout.text("type", string(l.Type))
	return layout.Value
}

// TextureSampleType is what a shader reads from a texture.
type TextureSampleType string

// The types; the zero value is SampleFloat.
const (
	SampleFloat             TextureSampleType = "float"
	SampleUnfilterableFloat TextureSampleType = "unfilterable-float"
	SampleDepth             TextureSampleType = "depth"
	SampleSint              TextureSampleType = "sint"
	SampleUint              TextureSampleType = "uint"
)

// TextureBindingLayout is a binding of a texture to read.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gputexturebindinglayout.
type TextureBindingLayout struct {
	SampleType    TextureSampleType
	ViewDimension TextureViewDimension
	Multisampled  bool
}

func (l *TextureBindingLayout) value() js.Value {
	layout := newObject()
	layout.text("sampleType", string(l.SampleType))
	layout.text("viewDimension", string(l.ViewDimension))
	layout.flag("multisampled", l.Multisampled)
	return layout.Value
}

// StorageTextureAccess is what a shader may do with a storage texture.
type StorageTextureAccess string

// The accesses; the zero value is StorageWriteOnly.
const (
	StorageWriteOnly StorageTextureAccess = "write-only"
	StorageReadOnly  StorageTextureAccess = "read-only"
	StorageReadWrite StorageTextureAccess = "read-write"
)

// StorageTextureBindingLayout is a binding of a texture to write.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpustoragetexturebindinglayout.
type StorageTextureBindingLayout struct {
	Access        StorageTextureAccess
	Format        TextureFormat
	ViewDimension TextureViewDimension
}

func (l *StorageTextureBindingLayout) value() js.Value {
	layout := newObject()
	layout.text("access", string(l.Access))
	layout.Set("format", string(l.Format))
	layout.text("viewDimension", string(l.ViewDimension))
	return layout.Value
}

// BindGroupLayout says what a bind group holds.
//
// See https://www.w3.org/TR/webgpu/#gpubindgrouplayout.
type BindGroupLayout struct{ v js.Value }

// CreateBindGroupLayout makes a layout.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createbindgrouplayout.
func (d *Device) CreateBindGroupLayout(descriptor *BindGroupLayoutDescriptor) (*BindGroupLayout, error) {
	v, err := d.create(&deviceCreateBindGroupLayout, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &BindGroupLayout{v}, nil
}

// JSValue is the GPUBindGroupLayout.
func (l *BindGroupLayout) JSValue() js.Value { return l.v }
