//go:build js && wasm

package main

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// NOTE: six vertices a petal in one draw, not instances of four vertices:
// SwiftShader, which is a GPU on the processor, took twice the time and more
// for a frame of 10,000 instances (measured in Chromium 156).
const shaders = `
struct Camera { turn: vec2f, zoom: vec2f }
struct Petal { center: vec2f, corner: vec2f, color: vec4f }
struct Fragment { @builtin(position) position: vec4f, @location(0) color: vec4f }

@group(0) @binding(0) var<uniform> camera: Camera;
@group(0) @binding(1) var<storage, read> petals: array<Petal>;

const square = array(
	vec2f(-1, -1), vec2f(1, -1), vec2f(-1, 1),
	vec2f(-1, 1), vec2f(1, -1), vec2f(1, 1),
);

// turned turns v by the angle of the vector by, and makes it longer by its
// length.
fn turned(v: vec2f, by: vec2f) -> vec2f {
	return v.x * by + v.y * vec2f(-by.y, by.x);
}

@vertex fn vertex(@builtin(vertex_index) index: u32) -> Fragment {
	let petal = petals[index / 6];
	let at = petal.center + turned(square[index % 6], petal.corner);
	return Fragment(vec4f(turned(at, camera.turn) * camera.zoom, 0, 1), petal.color);
}

@fragment fn fragment(in: Fragment) -> @location(0) vec4f { return in.color; }`

func newPipeline(ctx context.Context, device *jsbridge.Device) (*jsbridge.RenderPipeline, error) {
	module, err := device.CompileShaderModule(ctx, &jsbridge.ShaderModuleDescriptor{
		Label: "flower", Code: shaders,
	})
	if err != nil {
		return nil, err
	}
	stage := jsbridge.ProgrammableStage{Module: module}
	return device.CreateRenderPipelineAsync(ctx, &jsbridge.RenderPipelineDescriptor{
		Label:  "flower",
		Vertex: jsbridge.VertexState{ProgrammableStage: stage},
		Fragment: &jsbridge.FragmentState{
			ProgrammableStage: stage,
			Targets:           []jsbridge.ColorTargetState{{Format: jsbridge.PreferredCanvasFormat()}},
		},
	})
}

// record clears the canvas and draws every petal in one call.
func (s *scene) record(encoder *jsbridge.CommandEncoder, view, flower buffers.Allocation) error {
	group, err := s.bindGroup(view, flower)
	if err != nil {
		return err
	}
	pass, err := s.canvas.BeginRenderPass(encoder, jsbridge.Color{R: 0.05, G: 0.06, B: 0.11, A: 1})
	if err != nil {
		return err
	}
	pass.SetPipeline(s.pipeline)
	pass.SetBindGroup(0, group)
	pass.Draw(6*uint32(len(flower.Bytes)/petalSize), 1, 0, 0)
	return pass.End()
}

// bindGroup names the GPU buffer that this frame's data is in. A
// DynamicBuffer goes round a few of them, so there is one group for each,
// made when it first comes round. The offsets are the same in every frame,
// because the updates are.
func (s *scene) bindGroup(view, flower buffers.Allocation) (*jsbridge.BindGroup, error) {
	if group, ok := s.groups[view.Buffer]; ok {
		return group, nil
	}
	layout, err := s.pipeline.BindGroupLayout(0)
	if err != nil {
		return nil, err
	}
	buffer := webgpu.BufferOf(view.Buffer)
	group, err := s.device.CreateBindGroup(&jsbridge.BindGroupDescriptor{
		Label:  "frame",
		Layout: layout,
		Entries: []jsbridge.BindGroupEntry{
			{Binding: 0, Buffer: buffer, Offset: view.Offset, Size: cameraSize},
			{Binding: 1, Buffer: buffer, Offset: flower.Offset},
		},
	})
	if err != nil {
		return nil, err
	}
	s.groups[view.Buffer] = group
	return group, nil
}
