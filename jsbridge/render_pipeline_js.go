//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
)

var (
	deviceCreateRenderPipeline      = method{class: "GPUDevice", name: "createRenderPipeline"}
	deviceCreateRenderPipelineAsync = method{class: "GPUDevice", name: "createRenderPipelineAsync"}
	renderPipelineBindGroupLayout   = method{class: "GPURenderPipeline", name: "getBindGroupLayout"}
)

// RenderPipelineDescriptor describes a render pipeline.
//
// See https://www.w3.org/TR/webgpu/#gpurenderpipelinedescriptor.
type RenderPipelineDescriptor struct {
	Label        string
	Layout       *PipelineLayout // nil to derive it from the shaders
	Vertex       VertexState
	Primitive    PrimitiveState
	DepthStencil *DepthStencilState
	Multisample  MultisampleState
	Fragment     *FragmentState // nil to draw depth only
}

func (d *RenderPipelineDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	d.Layout.set(descriptor)
	descriptor.Set("vertex", d.Vertex.value())
	descriptor.Set("primitive", d.Primitive.value())
	descriptor.Set("multisample", d.Multisample.value())
	if d.DepthStencil != nil {
		descriptor.Set("depthStencil", d.DepthStencil.value())
	}
	if d.Fragment != nil {
		descriptor.Set("fragment", d.Fragment.value())
	}
	return descriptor.Value
}

// RenderPipeline is a pair of shaders and their fixed state, ready to draw.
//
// See https://www.w3.org/TR/webgpu/#gpurenderpipeline.
type RenderPipeline struct{ v js.Value }

// CreateRenderPipeline makes a pipeline at once; the first use may wait for
// the compiler.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createrenderpipeline.
func (d *Device) CreateRenderPipeline(descriptor *RenderPipelineDescriptor) (*RenderPipeline, error) {
	v, err := d.create(&deviceCreateRenderPipeline, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &RenderPipeline{v}, nil
}

// CreateRenderPipelineAsync waits until the pipeline is ready to draw without
// a delay, or fails with [ErrPipeline].
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createrenderpipelineasync.
func (d *Device) CreateRenderPipelineAsync(ctx context.Context, descriptor *RenderPipelineDescriptor) (*RenderPipeline, error) {
	v, err := await(ctx, nil, &deviceCreateRenderPipelineAsync, d.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &RenderPipeline{v}, nil
}

// JSValue is the GPURenderPipeline.
func (p *RenderPipeline) JSValue() js.Value { return p.v }

// BindGroupLayout is the layout of one of the pipeline's bind groups.
//
// See https://www.w3.org/TR/webgpu/#dom-gpupipelinebase-getbindgrouplayout.
func (p *RenderPipeline) BindGroupLayout(index uint32) (*BindGroupLayout, error) {
	return layoutAt(&renderPipelineBindGroupLayout, p.v, index)
}
