//go:build js && wasm

package jsbridge

import "syscall/js"

// BindGroupDescriptor fills a layout's bindings.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpubindgroupdescriptor.
type BindGroupDescriptor struct {
	Label   string
	Layout  *BindGroupLayout
	Entries []BindGroupEntry
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

// bind makes it an entry of the bind group that is made next.
func (e *BindGroupEntry) bind() error {
	resource := js.Undefined()
	switch {
	case e.Buffer != nil:
		return e.bindPart()
	case e.Sampler != nil:
		resource = e.Sampler.v
	case e.TextureView != nil:
		resource = e.TextureView.v
	}
	_, err := fusedBind.call(e.Binding, resource)
	return err
}

func (e *BindGroupEntry) bindPart() error {
	size := e.Size
	if size == WholeSize {
		size = 0
	}
	number, object := e.Buffer.kept, js.Undefined()
	if number == 0 {
		object = e.Buffer.value()
	}
	_, err := fusedBindPart.call(e.Binding, uint32(number), object, e.Offset, size)
	return err
}

// BindGroup is a set of resources that shaders see.
//
// See https://www.w3.org/TR/webgpu/#gpubindgroup.
type BindGroup struct{ v js.Value }

// CreateBindGroup makes a bind group.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createbindgroup.
func (d *Device) CreateBindGroup(descriptor *BindGroupDescriptor) (*BindGroup, error) {
	for i := range descriptor.Entries {
		if err := descriptor.Entries[i].bind(); err != nil {
			return nil, err
		}
	}
	nameNext(descriptor.Label)
	v, err := fusedBindGroup.call(d.v, descriptor.Layout.v, js.Undefined())
	if err != nil {
		return nil, err
	}
	return &BindGroup{v}, nil
}

// JSValue is the GPUBindGroup.
func (g *BindGroup) JSValue() js.Value { return g.v }
