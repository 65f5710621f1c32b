//go:build js && wasm

package jsbridge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func encoder(t *testing.T, d *Device) *CommandEncoder {
	e, err := d.CreateCommandEncoder("")
	require.NoError(t, err)
	return e
}

func TestAnEncoderRecordsInOrder(t *testing.T) {
	d := device(t)
	a, b := buffer(t, d, 64), buffer(t, d, 64)
	texture, err := d.CreateTexture(&TextureDescriptor{Label: "t", Size: Extent3D{Width: 4}, Format: TextureFormatR8Unorm})
	require.NoError(t, err)
	queries, err := d.CreateQuerySet(&QuerySetDescriptor{Label: "qs", Type: QueryOcclusion, Count: 4})
	require.NoError(t, err)
	calls()

	e := encoder(t, d)
	image := &TexelCopyTextureInfo{Texture: texture}
	rows := &TexelCopyBufferInfo{TexelCopyBufferLayout{BytesPerRow: 256}, a}
	require.NoError(t, e.CopyBufferToBuffer(a, 0, b, 8, 16))
	require.NoError(t, e.CopyBufferToTexture(rows, image, Extent3D{Width: 4}))
	require.NoError(t, e.CopyTextureToBuffer(image, rows, Extent3D{Width: 4}))
	require.NoError(t, e.CopyTextureToTexture(image, image, Extent3D{Width: 4}))
	require.NoError(t, e.ClearBuffer(b, 8, 16))
	require.NoError(t, e.ClearBuffer(b, 8, WholeSize))
	require.NoError(t, e.ResolveQuerySet(queries, 1, 2, b, 0))
	require.NoError(t, e.PushDebugGroup("group"))
	require.NoError(t, e.InsertDebugMarker("mark"))
	require.NoError(t, e.PopDebugGroup())
	_, err = e.Finish("done")
	require.NoError(t, err)

	require.Equal(t, lines(
		"GPUDevice.createCommandEncoder()",
		"GPUCommandEncoder.copyBufferToBuffer(b,0,b,8,16)",
		"GPUCommandEncoder.copyBufferToTexture({buffer:b,bytesPerRow:256},{origin:{},texture:t},{width:4})",
		"GPUCommandEncoder.copyTextureToBuffer({origin:{},texture:t},{buffer:b,bytesPerRow:256},{width:4})",
		"GPUCommandEncoder.copyTextureToTexture({origin:{},texture:t},{origin:{},texture:t},{width:4})",
		"GPUCommandEncoder.clearBuffer(b,8,16)",
		"GPUCommandEncoder.clearBuffer(b,8,undefined)",
		"GPUCommandEncoder.resolveQuerySet(qs,1,2,b,0)",
		"GPUCommandEncoder.pushDebugGroup(group)",
		"GPUCommandEncoder.insertDebugMarker(mark)",
		"GPUCommandEncoder.popDebugGroup()",
		"GPUCommandEncoder.finish({label:done})",
	), calls())
}

func TestACopyMovesBytes(t *testing.T) {
	d := device(t)
	a, b := buffer(t, d, 16), buffer(t, d, 16)
	require.NoError(t, d.Queue().WriteBuffer(a, 0, []byte("0123456789abcdef")))
	require.NoError(t, encoder(t, d).CopyBufferToBuffer(a, 4, b, 8, 8))
	require.Equal(t, "456789ab", string(contents(b)[8:]))
}

func TestAComputePassRecordsInOrder(t *testing.T) {
	d := device(t)
	pipeline, group := compute(t, d), &BindGroup{buffer(t, d, 4).value()}
	e := encoder(t, d)
	calls()
	pass, err := e.BeginComputePass(&ComputePassDescriptor{Label: "sum"})
	require.NoError(t, err)
	pass.SetPipeline(pipeline)
	pass.SetBindGroup(0, group)
	pass.SetBindGroup(1, group, 256, 512)
	pass.SetBindGroup(2, nil)
	pass.PushDebugGroup("group")
	pass.InsertDebugMarker("mark")
	pass.DispatchWorkgroups(1, 2, 3)
	pass.DispatchWorkgroupsIndirect(buffer(t, d, 16), 4)
	pass.PopDebugGroup()
	require.NoError(t, pass.End())
	require.Equal(t, lines(
		"GPUCommandEncoder.beginComputePass({label:sum})",
		"GPUComputePassEncoder.setPipeline(double)",
		"GPUComputePassEncoder.setBindGroup(0,b)",
		"GPUComputePassEncoder.setBindGroup(1,b,[256,512])",
		"GPUComputePassEncoder.setBindGroup(2,null)",
		"GPUComputePassEncoder.pushDebugGroup(group)",
		"GPUComputePassEncoder.insertDebugMarker(mark)",
		"GPUComputePassEncoder.dispatchWorkgroups(1,2,3)",
		"GPUComputePassEncoder.dispatchWorkgroupsIndirect(b,4)",
		"GPUComputePassEncoder.popDebugGroup()",
		"GPUComputePassEncoder.end()",
	), calls())
}

func TestARenderPassRecordsInOrder(t *testing.T) {
	d := device(t)
	texture, err := d.CreateTexture(&TextureDescriptor{Size: Extent3D{Width: 4}, Format: TextureFormatRGBA8Unorm, Dimension: TextureDimension3D})
	require.NoError(t, err)
	view, err := texture.CreateView(&TextureViewDescriptor{Label: "slices"})
	require.NoError(t, err)
	flat, err := texture.CreateView(&TextureViewDescriptor{Label: "flat", Dimension: TextureViewDimension2D})
	require.NoError(t, err)
	queries, err := d.CreateQuerySet(&QuerySetDescriptor{Label: "qs", Type: QueryOcclusion, Count: 4})
	require.NoError(t, err)
	b := buffer(t, d, 64)
	e := encoder(t, d)
	calls()

	pass, err := e.BeginRenderPass(&RenderPassDescriptor{
		ColorAttachments: []ColorAttachment{
			{View: view, DepthSlice: 2, LoadOp: LoadOpClear, StoreOp: StoreOpStore, ClearValue: Color{R: 1, A: 0.5}},
			{},
			{View: flat, ResolveTarget: flat, LoadOp: LoadOpLoad, StoreOp: StoreOpDiscard},
		},
		DepthStencilAttachment: &DepthStencilAttachment{View: flat, DepthClearValue: 1, DepthLoadOp: LoadOpClear, DepthStoreOp: StoreOpStore, StencilReadOnly: true},
		OcclusionQuerySet:      queries,
		TimestampWrites:        &PassTimestampWrites{queries, 0, 1},
	})
	require.NoError(t, err)
	pass.SetPipeline(&RenderPipeline{b.value()})
	pass.SetBindGroup(0, &BindGroup{b.value()}, 7)
	pass.SetVertexBuffer(1, b, 4, 8)
	pass.SetVertexBuffer(1, b, 4, WholeSize)
	pass.SetIndexBuffer(b, IndexFormatUint16, 0, 8)
	pass.SetIndexBuffer(b, IndexFormatUint32, 0, WholeSize)
	pass.SetViewport(0, 1, 2, 3, 0, 1)
	pass.SetScissorRect(0, 1, 2, 3)
	pass.SetBlendConstant(Color{G: 1})
	pass.SetStencilReference(3)
	pass.BeginOcclusionQuery(2)
	pass.Draw(3, 1, 0, 0)
	pass.EndOcclusionQuery()
	pass.DrawIndexed(3, 1, 0, -1, 0)
	pass.DrawIndirect(b, 4)
	pass.DrawIndexedIndirect(b, 8)
	pass.PushDebugGroup("group")
	pass.InsertDebugMarker("mark")
	pass.PopDebugGroup()
	require.NoError(t, pass.End())
	require.Equal(t, lines(
		"GPUCommandEncoder.beginRenderPass({colorAttachments:["+
			"{clearValue:{a:0.5,b:0,g:0,r:1},depthSlice:2,loadOp:clear,storeOp:store,view:slices},null,"+
			"{clearValue:{a:0,b:0,g:0,r:0},loadOp:load,resolveTarget:flat,storeOp:discard,view:flat}],"+
			"depthStencilAttachment:{depthClearValue:1,depthLoadOp:clear,depthStoreOp:store,stencilReadOnly:true,view:flat},"+
			"occlusionQuerySet:qs,timestampWrites:{beginningOfPassWriteIndex:0,endOfPassWriteIndex:1,querySet:qs}})",
		"GPURenderPassEncoder.setPipeline(b)",
		"GPURenderPassEncoder.setBindGroup(0,b,[7])",
		"GPURenderPassEncoder.setVertexBuffer(1,b,4,8)",
		"GPURenderPassEncoder.setVertexBuffer(1,b,4,undefined)",
		"GPURenderPassEncoder.setIndexBuffer(b,uint16,0,8)",
		"GPURenderPassEncoder.setIndexBuffer(b,uint32,0,undefined)",
		"GPURenderPassEncoder.setViewport(0,1,2,3,0,1)",
		"GPURenderPassEncoder.setScissorRect(0,1,2,3)",
		"GPURenderPassEncoder.setBlendConstant({a:0,b:0,g:1,r:0})",
		"GPURenderPassEncoder.setStencilReference(3)",
		"GPURenderPassEncoder.beginOcclusionQuery(2)",
		"GPURenderPassEncoder.draw(3,1,0,0)",
		"GPURenderPassEncoder.endOcclusionQuery()",
		"GPURenderPassEncoder.drawIndexed(3,1,0,-1,0)",
		"GPURenderPassEncoder.drawIndirect(b,4)",
		"GPURenderPassEncoder.drawIndexedIndirect(b,8)",
		"GPURenderPassEncoder.pushDebugGroup(group)",
		"GPURenderPassEncoder.insertDebugMarker(mark)",
		"GPURenderPassEncoder.popDebugGroup()",
		"GPURenderPassEncoder.end()",
	), calls())
}

func TestEndReturnsTheFirstErrorOfAPass(t *testing.T) {
	d := device(t)
	e := encoder(t, d)
	pass, err := e.BeginComputePass(nil)
	require.NoError(t, err)
	pass.v = e.v // every call throws: the receiver is of another class
	pass.DispatchWorkgroups(1, 1, 1)
	pass.SetBindGroup(0, nil)
	err = pass.End()
	require.ErrorIs(t, err, ErrType)
	require.ErrorContains(t, err, "dispatchWorkgroups")
}
