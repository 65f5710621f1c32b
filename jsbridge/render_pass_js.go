//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	renderSetPipeline         = method{class: "GPURenderPassEncoder", name: "setPipeline"}
	renderSetBindGroup        = method{class: "GPURenderPassEncoder", name: "setBindGroup"}
	renderSetVertexBuffer     = method{class: "GPURenderPassEncoder", name: "setVertexBuffer"}
	renderSetIndexBuffer      = method{class: "GPURenderPassEncoder", name: "setIndexBuffer"}
	renderDraw                = method{class: "GPURenderPassEncoder", name: "draw"}
	renderDrawIndexed         = method{class: "GPURenderPassEncoder", name: "drawIndexed"}
	renderDrawIndirect        = method{class: "GPURenderPassEncoder", name: "drawIndirect"}
	renderDrawIndexedIndirect = method{class: "GPURenderPassEncoder", name: "drawIndexedIndirect"}
	renderSetViewport         = method{class: "GPURenderPassEncoder", name: "setViewport"}
	renderSetScissorRect      = method{class: "GPURenderPassEncoder", name: "setScissorRect"}
	renderSetBlendConstant    = method{class: "GPURenderPassEncoder", name: "setBlendConstant"}
	renderSetStencilReference = method{class: "GPURenderPassEncoder", name: "setStencilReference"}
	renderBeginOcclusionQuery = method{class: "GPURenderPassEncoder", name: "beginOcclusionQuery"}
	renderEndOcclusionQuery   = method{class: "GPURenderPassEncoder", name: "endOcclusionQuery"}
	renderPushDebugGroup      = method{class: "GPURenderPassEncoder", name: "pushDebugGroup"}
	renderPopDebugGroup       = method{class: "GPURenderPassEncoder", name: "popDebugGroup"}
	renderInsertDebugMarker   = method{class: "GPURenderPassEncoder", name: "insertDebugMarker"}
	renderEnd                 = method{class: "GPURenderPassEncoder", name: "end"}
)

// RenderPass records draws. End returns the first error that JavaScript throws
// meanwhile.
//
// See https://www.w3.org/TR/webgpu/#gpurenderpassencoder.
type RenderPass struct {
	v js.Value
	recording
}

// JSValue is the GPURenderPassEncoder.
func (p *RenderPass) JSValue() js.Value { return p.v }

// SetPipeline chooses the shaders of the draws that follow.
func (p *RenderPass) SetPipeline(pipeline *RenderPipeline) {
	p.note(renderSetPipeline.call(p.v, pipeline.v))
}

// SetBindGroup binds a group, with one offset for each of its dynamic
// bindings, in the order of their numbers.
func (p *RenderPass) SetBindGroup(index uint32, group *BindGroup, dynamicOffsets ...uint32) {
	p.note(bindGroup(&renderSetBindGroup, p.v, index, group, dynamicOffsets))
}

// SetVertexBuffer binds size bytes of a buffer; [WholeSize] goes to its end.
func (p *RenderPass) SetVertexBuffer(slot uint32, b *Buffer, offset, size uint64) {
	p.note(renderSetVertexBuffer.call(p.v, slot, b.value(), offset, sizeValue(size)))
}

// SetIndexBuffer binds size bytes of a buffer; [WholeSize] goes to its end.
func (p *RenderPass) SetIndexBuffer(b *Buffer, format IndexFormat, offset, size uint64) {
	p.note(renderSetIndexBuffer.call(p.v, b.value(), format.value(), offset, sizeValue(size)))
}

// Draw draws vertices in order.
func (p *RenderPass) Draw(vertexCount, instanceCount, firstVertex, firstInstance uint32) {
	p.note(renderDraw.call(p.v, vertexCount, instanceCount, firstVertex, firstInstance))
}

// DrawIndexed draws the vertices that the index buffer names; baseVertex is
// added to each index.
func (p *RenderPass) DrawIndexed(indexCount, instanceCount, firstIndex uint32, baseVertex int32, firstInstance uint32) {
	p.note(renderDrawIndexed.call(p.v, indexCount, instanceCount, firstIndex, baseVertex, firstInstance))
}

// DrawIndirect draws as four numbers in a buffer say.
func (p *RenderPass) DrawIndirect(b *Buffer, offset uint64) {
	p.note(renderDrawIndirect.call(p.v, b.value(), offset))
}

// DrawIndexedIndirect draws as five numbers in a buffer say.
func (p *RenderPass) DrawIndexedIndirect(b *Buffer, offset uint64) {
	p.note(renderDrawIndexedIndirect.call(p.v, b.value(), offset))
}

// SetViewport maps clip space to a rectangle of the attachments.
func (p *RenderPass) SetViewport(x, y, width, height, minDepth, maxDepth float32) {
	p.note(renderSetViewport.call(p.v, x, y, width, height, minDepth, maxDepth))
}

// SetScissorRect limits drawing to a rectangle.
func (p *RenderPass) SetScissorRect(x, y, width, height uint32) {
	p.note(renderSetScissorRect.call(p.v, x, y, width, height))
}

// SetBlendConstant sets the colour that blending can refer to.
func (p *RenderPass) SetBlendConstant(color Color) {
	p.note(renderSetBlendConstant.call(p.v, color.value()))
}

// SetStencilReference sets the value that stencil tests compare with.
func (p *RenderPass) SetStencilReference(reference uint32) {
	p.note(renderSetStencilReference.call(p.v, reference))
}

// BeginOcclusionQuery counts samples that pass, into one query of the pass's set.
func (p *RenderPass) BeginOcclusionQuery(index uint32) {
	p.note(renderBeginOcclusionQuery.call(p.v, index))
}

// EndOcclusionQuery ends the count.
func (p *RenderPass) EndOcclusionQuery() { p.note(renderEndOcclusionQuery.call(p.v)) }

// PushDebugGroup begins a named group of commands.
func (p *RenderPass) PushDebugGroup(label string) { p.note(renderPushDebugGroup.call(p.v, label)) }

// PopDebugGroup ends the innermost group.
func (p *RenderPass) PopDebugGroup() { p.note(renderPopDebugGroup.call(p.v)) }

// InsertDebugMarker marks a point between commands.
func (p *RenderPass) InsertDebugMarker(label string) {
	p.note(renderInsertDebugMarker.call(p.v, label))
}

// End ends the pass and returns the first error that recording it threw.
func (p *RenderPass) End() error {
	p.note(renderEnd.call(p.v))
	return p.err
}
