//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	computeSetPipeline       = method{class: "GPUComputePassEncoder", name: "setPipeline"}
	computeSetBindGroup      = method{class: "GPUComputePassEncoder", name: "setBindGroup"}
	computeDispatch          = method{class: "GPUComputePassEncoder", name: "dispatchWorkgroups"}
	computeDispatchIndirect  = method{class: "GPUComputePassEncoder", name: "dispatchWorkgroupsIndirect"}
	computePushDebugGroup    = method{class: "GPUComputePassEncoder", name: "pushDebugGroup"}
	computePopDebugGroup     = method{class: "GPUComputePassEncoder", name: "popDebugGroup"}
	computeInsertDebugMarker = method{class: "GPUComputePassEncoder", name: "insertDebugMarker"}
	computeEnd               = method{class: "GPUComputePassEncoder", name: "end"}
)

// ComputePassDescriptor describes a compute pass.
//
// See https://www.w3.org/TR/webgpu/#gpucomputepassdescriptor.
type ComputePassDescriptor struct {
	Label           string
	TimestampWrites *PassTimestampWrites
}

func (d *ComputePassDescriptor) value() js.Value {
	if d == nil {
		return js.Undefined()
	}
	descriptor := newObject()
	descriptor.text("label", d.Label)
	d.TimestampWrites.set(descriptor)
	return descriptor.Value
}

// PassTimestampWrites asks for the time at a pass's beginning and end. It
// needs the feature "timestamp-query".
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpucomputepasstimestampwrites.
type PassTimestampWrites struct {
	QuerySet                                       *QuerySet
	BeginningOfPassWriteIndex, EndOfPassWriteIndex uint32
}

func (w *PassTimestampWrites) set(descriptor object) {
	if w == nil {
		return
	}
	writes := newObject()
	writes.Set("querySet", w.QuerySet.v)
	writes.Set("beginningOfPassWriteIndex", w.BeginningOfPassWriteIndex)
	writes.Set("endOfPassWriteIndex", w.EndOfPassWriteIndex)
	descriptor.Set("timestampWrites", writes.Value)
}

// ComputePass records dispatches. End returns the first error that JavaScript
// throws meanwhile.
//
// See https://www.w3.org/TR/webgpu/#gpucomputepassencoder.
type ComputePass struct {
	v js.Value
	recording
}

// JSValue is the GPUComputePassEncoder.
func (p *ComputePass) JSValue() js.Value { return p.v }

// SetPipeline chooses the shader of the dispatches that follow.
func (p *ComputePass) SetPipeline(pipeline *ComputePipeline) {
	p.note(computeSetPipeline.call(p.v, pipeline.v))
}

// SetBindGroup binds a group, with one offset for each of its dynamic
// bindings, in the order of their numbers.
func (p *ComputePass) SetBindGroup(index uint32, group *BindGroup, dynamicOffsets ...uint32) {
	p.note(bindGroup(&computeSetBindGroup, p.v, index, group, dynamicOffsets))
}

// DispatchWorkgroups runs x*y*z workgroups.
func (p *ComputePass) DispatchWorkgroups(x, y, z uint32) {
	p.note(computeDispatch.call(p.v, x, y, z))
}

// DispatchWorkgroupsIndirect runs as many workgroups as three numbers in a
// buffer say.
func (p *ComputePass) DispatchWorkgroupsIndirect(b *Buffer, offset uint64) {
	p.note(computeDispatchIndirect.call(p.v, b.value(), offset))
}

// PushDebugGroup begins a named group of commands.
func (p *ComputePass) PushDebugGroup(label string) { p.note(computePushDebugGroup.call(p.v, label)) }

// PopDebugGroup ends the innermost group.
func (p *ComputePass) PopDebugGroup() { p.note(computePopDebugGroup.call(p.v)) }

// InsertDebugMarker marks a point between commands.
func (p *ComputePass) InsertDebugMarker(label string) {
	p.note(computeInsertDebugMarker.call(p.v, label))
}

// End ends the pass and returns the first error that recording it threw.
func (p *ComputePass) End() error {
	p.note(computeEnd.call(p.v))
	return p.err
}
