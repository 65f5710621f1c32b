//go:build js && wasm

package jsbridge

import "syscall/js"

var deviceCreatePipelineLayout = method{class: "GPUDevice", name: "createPipelineLayout"}

// PipelineLayoutDescriptor lists the layouts of a pipeline's bind groups.
//
// See https://www.w3.org/TR/webgpu/#gpupipelinelayoutdescriptor.
type PipelineLayoutDescriptor struct {
	Label            string
	BindGroupLayouts []*BindGroupLayout // nil leaves a place empty
}

func (d *PipelineLayoutDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("bindGroupLayouts", list(d.BindGroupLayouts, func(l **BindGroupLayout) js.Value {
		if *l == nil {
			return js.Null()
		}
		return (*l).v
	}))
	return descriptor.Value
}

// PipelineLayout joins the layouts of bind groups.
//
// See https://www.w3.org/TR/webgpu/#gpupipelinelayout.
type PipelineLayout struct{ v js.Value }

// CreatePipelineLayout makes a layout that pipelines can share.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createpipelinelayout.
func (d *Device) CreatePipelineLayout(descriptor *PipelineLayoutDescriptor) (*PipelineLayout, error) {
	v, err := d.create(&deviceCreatePipelineLayout, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &PipelineLayout{v}, nil
}

// JSValue is the GPUPipelineLayout.
func (l *PipelineLayout) JSValue() js.Value { return l.v }

// set gives a pipeline's descriptor this layout, or "auto" for nil.
func (l *PipelineLayout) set(descriptor object) {
	if l == nil {
		descriptor.Set("layout", "auto")
		return
	}
	descriptor.Set("layout", l.v)
}
