//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryObjectGivesItsJavaScriptObject(t *testing.T) {
	d := device(t)
	e := encoder(t, d)
	commands, err := e.Finish("c")
	require.NoError(t, err)
	pass, err := e.BeginComputePass(nil)
	require.NoError(t, err)
	draws, err := e.BeginRenderPass(&RenderPassDescriptor{})
	require.NoError(t, err)
	texture, err := d.CreateTexture(&TextureDescriptor{Size: Extent3D{Width: 1}, Format: TextureFormatR8Unorm})
	require.NoError(t, err)
	view, err := texture.CreateView(nil)
	require.NoError(t, err)
	sampler, err := d.CreateSampler(nil)
	require.NoError(t, err)
	queries, err := d.CreateQuerySet(&QuerySetDescriptor{Type: QueryOcclusion, Count: 3})
	require.NoError(t, err)
	require.EqualValues(t, 3, queries.Count())
	module, err := d.CreateShaderModule(&ShaderModuleDescriptor{})
	require.NoError(t, err)
	pipeline := compute(t, d)
	draw, err := d.CreateRenderPipeline(&RenderPipelineDescriptor{Vertex: VertexState{ProgrammableStage: ProgrammableStage{Module: module}}})
	require.NoError(t, err)
	layout, err := pipeline.BindGroupLayout(0)
	require.NoError(t, err)
	joined, err := d.CreatePipelineLayout(&PipelineLayoutDescriptor{})
	require.NoError(t, err)
	group, err := d.CreateBindGroup(&BindGroupDescriptor{Layout: layout, Entries: []BindGroupEntry{{TextureView: view}, {}}})
	require.NoError(t, err)
	canvas, err := CanvasContextByID("canvas")
	require.NoError(t, err)
	require.Equal(t, "HTMLCanvasElement", canvas.Canvas().Get("constructor").Get("name").String())

	for class, object := range map[string]interface{ JSValue() js.Value }{
		"GPUAdapter": adapter(t), "GPUDevice": d, "GPUQueue": d.Queue(), "GPUBuffer": buffer(t, d, 4),
		"GPUCommandEncoder": e, "GPUCommandBuffer": commands, "GPUComputePassEncoder": pass, "GPURenderPassEncoder": draws,
		"GPUTexture": texture, "GPUTextureView": view, "GPUSampler": sampler, "GPUQuerySet": queries,
		"GPUShaderModule": module, "GPUComputePipeline": pipeline, "GPURenderPipeline": draw,
		"GPUBindGroupLayout": layout, "GPUPipelineLayout": joined, "GPUBindGroup": group, "GPUCanvasContext": canvas,
	} {
		require.Equal(t, class, object.JSValue().Get("constructor").Get("name").String())
	}
}

func TestDestroyReachesTheBrowser(t *testing.T) {
	d := device(t)
	texture, err := d.CreateTexture(&TextureDescriptor{Size: Extent3D{Width: 1}, Format: TextureFormatR8Unorm})
	require.NoError(t, err)
	queries, err := d.CreateQuerySet(&QuerySetDescriptor{Type: QueryOcclusion, Count: 3})
	require.NoError(t, err)
	calls()
	texture.Destroy()
	queries.Destroy()
	d.Destroy()
	require.Equal(t, lines("GPUTexture.destroy()", "GPUQuerySet.destroy()", "GPUDevice.destroy()"), calls())
}
