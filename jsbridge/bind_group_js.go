//go:build js && wasm

package jsbridge

import "syscall/js"

var deviceCreateBindGroup = method{class: "GPUDevice", name: "createBindGroup"}

// BindGroupDescriptor fills a layout's bindings.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubindgroupdescriptor.
type BindGroupDescriptor struct {
	Label   string
	Layout  *BindGroupLayout
	Entries []BindGroupEntry
}

func (d *BindGroupDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("layout", d.Layout.v)
	descriptor.Set("entries", list(d.Entries, (*BindGroupEntry).value))
	return descriptor.Value
}

// BindGroupEntry fills one binding; exactly one of Buffer, Sampler and
// TextureView is set. Offset and Size belong to Buffer: a size of zero or
// [WholeSize] goes to its end.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubindgroupentry.
type BindGroupEntry struct {
	Binding     uint32
	Buffer      *Buffer
	Offset      uint64 // a multiple of the device's alignment for the binding
	Size        uint64
	Sampler     *Sampler
	TextureView *TextureView
}

func (e *BindGroupEntry) value() js.Value {
	entry := newObject()
	entry.Set("binding", e.Binding)
	entry.Set("resource", e.resource())
	return entry.Value
}

func (e *BindGroupEntry) resource() js.Value {
	switch {
	case e.Buffer != nil:
		return e.bufferBinding()
	case e.Sampler != nil:
		return e.Sampler.v
	case e.TextureView != nil:
		return e.TextureView.v
	default:
		return js.Undefined()
	}
}

func (e *BindGroupEntry) bufferBinding() js.Value {
	binding := newObject()
	binding.Set("buffer", e.Buffer.value())
	binding.number("offset", float64(e.Offset))
	if e.Size != WholeSize {
		binding.number("size", float64(e.Size))
	}
	return binding.Value
}

// BindGroup is a set of resources that shaders see.
//
// See https://www.w3.org/TR/webgpu/#gpubindgroup.
type BindGroup struct{ v js.Value }

// CreateBindGroup makes a bind group.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createbindgroup.
func (d *Device) CreateBindGroup(descriptor *BindGroupDescriptor) (*BindGroup, error) {
	v, err := d.create(&deviceCreateBindGroup, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &BindGroup{v}, nil
}

// JSValue is the GPUBindGroup.
func (g *BindGroup) JSValue() js.Value { return g.v }
