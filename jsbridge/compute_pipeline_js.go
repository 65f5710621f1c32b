//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
)

var (
	deviceCreateComputePipeline      = method{class: "GPUDevice", name: "createComputePipeline"}
	deviceCreateComputePipelineAsync = method{class: "GPUDevice", name: "createComputePipelineAsync"}
	computePipelineBindGroupLayout   = method{class: "GPUComputePipeline", name: "getBindGroupLayout"}
)

// ProgrammableStage is one shader of a pipeline.
//
// See https://www.w3.org/TR/webgpu/#gpuprogrammablestage.
type ProgrammableStage struct {
	Module     *ShaderModule
	EntryPoint string             // empty if the module has one for the stage
	Constants  map[string]float64 // values of the module's override declarations
}

func (s *ProgrammableStage) object() object {
	stage := newObject()
	stage.Set("module", s.Module.v)
	stage.text("entryPoint", s.EntryPoint)
	stage.constants(s.Constants)
	return stage
}

// ComputePipelineDescriptor describes a compute pipeline.
//
// See https://www.w3.org/TR/webgpu/#gpucomputepipelinedescriptor.
type ComputePipelineDescriptor struct {
	Label   string
	Layout  *PipelineLayout // nil to derive it from the shader
	Compute ProgrammableStage
}

func (d *ComputePipelineDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	d.Layout.set(descriptor)
	descriptor.Set("compute", d.Compute.object().Value)
	return descriptor.Value
}

// ComputePipeline is a compute shader ready to run.
//
// See https://www.w3.org/TR/webgpu/#gpucomputepipeline.
type ComputePipeline struct{ v js.Value }

// CreateComputePipeline makes a pipeline at once; the first use may wait for
// the compiler.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createcomputepipeline.
func (d *Device) CreateComputePipeline(descriptor *ComputePipelineDescriptor) (*ComputePipeline, error) {
	v, err := d.create(&deviceCreateComputePipeline, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &ComputePipeline{v}, nil
}

// CreateComputePipelineAsync waits until the pipeline is ready to run without
// a delay, or fails with [ErrPipeline].
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createcomputepipelineasync.
func (d *Device) CreateComputePipelineAsync(ctx context.Context, descriptor *ComputePipelineDescriptor) (*ComputePipeline, error) {
	v, err := await(ctx, nil, &deviceCreateComputePipelineAsync, d.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &ComputePipeline{v}, nil
}

// JSValue is the GPUComputePipeline.
func (p *ComputePipeline) JSValue() js.Value { return p.v }

// BindGroupLayout is the layout of one of the pipeline's bind groups.
//
// See https://www.w3.org/TR/webgpu/#dom-gpupipelinebase-getbindgrouplayout.
func (p *ComputePipeline) BindGroupLayout(index uint32) (*BindGroupLayout, error) {
	return layoutAt(&computePipelineBindGroupLayout, p.v, index)
}

func layoutAt(m *method, pipeline js.Value, index uint32) (*BindGroupLayout, error) {
	v, err := m.call(pipeline, index)
	if err != nil {
		return nil, err
	}
	return &BindGroupLayout{v}, nil
}
