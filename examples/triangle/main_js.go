//go:build js && wasm

// Command triangle draws a static mesh. Its bytes go through a staging
// buffer, once, into memory that only the GPU uses.
package main

import (
	"context"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
	"github.com/gpubuffers/gpubuffers/jsbridge"
	"github.com/gpubuffers/gpubuffers/jsbridge/page"
)

// A vertex has no padding, as it would need in a storage buffer.
type vertex struct {
	Place [2]float32
	Color [3]float32
}

// The mesh: the corners of a triangle and the middles of its sides.
var vertices = []vertex{
	{[2]float32{+0.00, +0.80}, [3]float32{0.98, 0.42, 0.38}},
	{[2]float32{-0.86, -0.70}, [3]float32{0.20, 0.47, 0.96}},
	{[2]float32{+0.86, -0.70}, [3]float32{0.16, 0.76, 0.52}},
	{[2]float32{-0.43, +0.05}, [3]float32{0.72, 0.40, 0.92}},
	{[2]float32{+0.43, +0.05}, [3]float32{0.99, 0.78, 0.30}},
	{[2]float32{+0.00, -0.70}, [3]float32{0.13, 0.72, 0.88}},
}

// Four smaller triangles share the six vertices.
var indices = []uint16{
	0, 3, 4,
	3, 1, 5,
	4, 5, 2,
	3, 5, 4,
}

const shaders = `
struct Fragment {
	@builtin(position) position: vec4f,
	@location(0) color: vec3f,
}

@vertex fn vertex(@location(0) place: vec2f, @location(1) color: vec3f) -> Fragment {
	return Fragment(vec4f(place, 0, 1), color);
}

@fragment fn fragment(in: Fragment) -> @location(0) vec4f {
	return vec4f(in.color, 1);
}`

// layout says how the vertex shader finds a vertex in the buffer.
var layout = jsbridge.VertexBufferLayout{
	ArrayStride: uint64(unsafe.Sizeof(vertex{})),
	Attributes: []jsbridge.VertexAttribute{
		{Format: jsbridge.VertexFormatFloat32x2, Offset: uint64(unsafe.Offsetof(vertex{}.Place)), ShaderLocation: 0},
		{Format: jsbridge.VertexFormatFloat32x3, Offset: uint64(unsafe.Offsetof(vertex{}.Color)), ShaderLocation: 1},
	},
}

func main() { page.Run(run) }

func run(ctx context.Context) error {
	// A device is the GPU, and a System makes buffers on it. A scope destroys
	// all that it made: whichever way run ends, the GPU's memory is free
	// again.
	device, err := webgpu.Request(ctx, nil)
	if err != nil {
		return err
	}
	defer device.Destroy()
	system, err := buffers.Open(device, buffers.Options{})
	if err != nil {
		return err
	}
	defer system.Destroy()
	scope := system.NewScope()
	defer scope.Destroy()

	if err := show(ctx, device.Bridge(), system, scope); err != nil {
		return err
	}
	page.SetState(page.Drawn)

	// Errors that the GPU finds in the work arrive later.
	select {
	case err := <-system.Errors():
		return err
	case <-device.Lost():
		return device.LostReason()
	case <-ctx.Done():
		return nil
	}
}

// show makes one frame. Its encoder records the upload first and the drawing
// after it, so that the mesh is there when it is drawn; Submit sends both to
// the GPU.
func show(
	ctx context.Context, device *jsbridge.Device, system *buffers.System, scope *buffers.Scope,
) error {
	pipeline, err := newPipeline(ctx, device)
	if err != nil {
		return err
	}
	frame, err := system.BeginFrame(ctx)
	if err != nil {
		return err
	}
	defer frame.Discard() // does nothing after Submit
	encoder, err := frame.Encoder()
	if err != nil {
		return err
	}
	mesh, err := upload(ctx, scope, encoder)
	if err != nil {
		return err
	}
	canvas, err := page.OpenCanvas(device, "canvas")
	if err != nil {
		return err
	}
	if err := draw(webgpu.EncoderOf(encoder), canvas, pipeline, webgpu.BufferOf(mesh)); err != nil {
		return err
	}
	return frame.Submit()
}

// upload writes the vertices and then the indices into a staging buffer,
// which the CPU can write at once, and records the copy of both to a device
// buffer.
func upload(
	ctx context.Context, scope *buffers.Scope, encoder buffers.Encoder,
) (*buffers.DeviceBuffer, error) {
	vertexBytes, err := wgsl.VertexBytes(vertices)
	if err != nil {
		return nil, err
	}
	indexBytes, err := wgsl.VertexBytes(indices)
	if err != nil {
		return nil, err
	}
	size := uint64(len(vertexBytes) + len(indexBytes))

	mesh, err := scope.NewDeviceBuffer(buffers.Descriptor{
		Label: "mesh", Size: size, Usage: buffers.UsageVertex | buffers.UsageIndex,
	})
	if err != nil {
		return nil, err
	}
	staging, err := scope.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{
		Label: "mesh", Size: size,
	})
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{vertexBytes, indexBytes} {
		if _, err := staging.Write(part); err != nil {
			return nil, err
		}
	}
	return mesh, staging.UploadTo(encoder, mesh, 0)
}

func newPipeline(ctx context.Context, device *jsbridge.Device) (*jsbridge.RenderPipeline, error) {
	module, err := device.CompileShaderModule(ctx, &jsbridge.ShaderModuleDescriptor{
		Label: "triangle", Code: shaders,
	})
	if err != nil {
		return nil, err
	}
	stage := jsbridge.ProgrammableStage{Module: module}
	return device.CreateRenderPipelineAsync(ctx, &jsbridge.RenderPipelineDescriptor{
		Label: "triangle",
		Vertex: jsbridge.VertexState{
			ProgrammableStage: stage,
			Buffers:           []jsbridge.VertexBufferLayout{layout},
		},
		Fragment: &jsbridge.FragmentState{
			ProgrammableStage: stage,
			Targets:           []jsbridge.ColorTargetState{{Format: jsbridge.PreferredCanvasFormat()}},
		},
	})
}

// draw records a pass that clears the canvas and draws the mesh on it.
func draw(
	encoder *jsbridge.CommandEncoder, canvas *page.Canvas,
	pipeline *jsbridge.RenderPipeline, mesh *jsbridge.Buffer,
) error {
	pass, err := canvas.BeginRenderPass(encoder, jsbridge.Color{R: 0.97, G: 0.97, B: 0.98, A: 1})
	if err != nil {
		return err
	}
	indexOffset := uint64(len(vertices)) * layout.ArrayStride // behind the vertices
	pass.SetPipeline(pipeline)
	pass.SetVertexBuffer(0, mesh, 0, indexOffset)
	pass.SetIndexBuffer(mesh, jsbridge.IndexFormatUint16, indexOffset, jsbridge.WholeSize)
	pass.DrawIndexed(uint32(len(indices)), 1, 0, 0, 0)
	return pass.End()
}
