//go:build js && wasm

package jsbridge

import (
	"sync"
	"syscall/js"
)

var (
	deviceCreateCommandEncoder = method{class: "GPUDevice", name: "createCommandEncoder"}
	encoderLabel               = method{class: "GPUCommandEncoder", name: "label", attribute: true}
	encoderCopyBuffer          = method{class: "GPUCommandEncoder", name: "copyBufferToBuffer"}
	encoderBufferToTexture     = method{class: "GPUCommandEncoder", name: "copyBufferToTexture"}
	encoderTextureToBuffer     = method{class: "GPUCommandEncoder", name: "copyTextureToBuffer"}
	encoderTextureToTexture    = method{class: "GPUCommandEncoder", name: "copyTextureToTexture"}
	encoderClearBuffer         = method{class: "GPUCommandEncoder", name: "clearBuffer"}
	encoderResolveQuerySet     = method{class: "GPUCommandEncoder", name: "resolveQuerySet"}
	encoderBeginComputePass    = method{class: "GPUCommandEncoder", name: "beginComputePass"}
	encoderBeginRenderPass     = method{class: "GPUCommandEncoder", name: "beginRenderPass"}
	encoderPushDebugGroup      = method{class: "GPUCommandEncoder", name: "pushDebugGroup"}
	encoderPopDebugGroup       = method{class: "GPUCommandEncoder", name: "popDebugGroup"}
	encoderInsertDebugMarker   = method{class: "GPUCommandEncoder", name: "insertDebugMarker"}
	encoderFinish              = method{class: "GPUCommandEncoder", name: "finish"}
)

// CommandEncoder records commands in order. Its methods return what
// JavaScript throws; a rule of WebGPU that a command breaks is reported later,
// when the encoder is finished, through error scopes.
//
// See https://www.w3.org/TR/webgpu/#gpucommandencoder.
type CommandEncoder struct{ v js.Value }

// CommandBuffer is a finished recording; it can be submitted once.
//
// See https://www.w3.org/TR/webgpu/#gpucommandbuffer.
type CommandBuffer struct{ v js.Value }

// JSValue is the GPUCommandBuffer.
func (c *CommandBuffer) JSValue() js.Value { return c.v }

// CreateCommandEncoder begins a recording; the label may be empty.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createcommandencoder.
func (d *Device) CreateCommandEncoder(label string) (*CommandEncoder, error) {
	v, err := d.create(&deviceCreateCommandEncoder, labelled(label))
	if err != nil {
		return nil, err
	}
	return &CommandEncoder{v}, nil
}

// labelled is a descriptor that has only a label, or undefined. The last one
// is kept, since the encoders of all frames have the same label.
func labelled(label string) js.Value {
	if label == "" {
		return js.Undefined()
	}
	lastLabel.Lock()
	defer lastLabel.Unlock()
	if label != lastLabel.text {
		descriptor := newObject()
		descriptor.text("label", label)
		lastLabel.text, lastLabel.descriptor = label, descriptor.Value
	}
	return lastLabel.descriptor
}

var lastLabel struct {
	sync.Mutex
	text       string
	descriptor js.Value
}

// AdoptCommandEncoder wraps a GPUCommandEncoder.
func AdoptCommandEncoder(v js.Value) (*CommandEncoder, error) {
	if _, err := adopt("AdoptCommandEncoder", &encoderLabel, v); err != nil {
		return nil, err
	}
	return &CommandEncoder{v}, nil
}

// JSValue is the GPUCommandEncoder.
func (e *CommandEncoder) JSValue() js.Value { return e.v }

// CopyBufferToBuffer copies size bytes; offsets and size are multiples of 4.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copybuffertobuffer.
func (e *CommandEncoder) CopyBufferToBuffer(source *Buffer, sourceOffset uint64, destination *Buffer, destinationOffset, size uint64) error {
	_, err := encoderCopyBuffer.call(e.v, source.value(), sourceOffset, destination.value(), destinationOffset, size)
	return err
}

// CopyBufferToTexture copies texels out of a buffer.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copybuffertotexture.
func (e *CommandEncoder) CopyBufferToTexture(source *TexelCopyBufferInfo, destination *TexelCopyTextureInfo, size Extent3D) error {
	_, err := encoderBufferToTexture.call(e.v, source.value(), destination.value(), size.value())
	return err
}

// CopyTextureToBuffer copies texels into a buffer.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copytexturetobuffer.
func (e *CommandEncoder) CopyTextureToBuffer(source *TexelCopyTextureInfo, destination *TexelCopyBufferInfo, size Extent3D) error {
	_, err := encoderTextureToBuffer.call(e.v, source.value(), destination.value(), size.value())
	return err
}

// CopyTextureToTexture copies texels from texture to texture.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copytexturetotexture.
func (e *CommandEncoder) CopyTextureToTexture(source, destination *TexelCopyTextureInfo, size Extent3D) error {
	_, err := encoderTextureToTexture.call(e.v, source.value(), destination.value(), size.value())
	return err
}

// ClearBuffer fills size bytes with zeros; [WholeSize] goes to the end.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-clearbuffer.
func (e *CommandEncoder) ClearBuffer(b *Buffer, offset, size uint64) error {
	_, err := encoderClearBuffer.call(e.v, b.value(), offset, sizeValue(size))
	return err
}

// ResolveQuerySet writes the results of count queries, 8 bytes each, at an
// offset that is a multiple of 256.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-resolvequeryset.
func (e *CommandEncoder) ResolveQuerySet(set *QuerySet, firstQuery, count uint32, destination *Buffer, offset uint64) error {
	_, err := encoderResolveQuerySet.call(e.v, set.v, firstQuery, count, destination.value(), offset)
	return err
}

// BeginComputePass begins a pass; a nil descriptor has no label or timestamps.
// The encoder can't be used until the pass ends.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-begincomputepass.
func (e *CommandEncoder) BeginComputePass(descriptor *ComputePassDescriptor) (*ComputePass, error) {
	v, err := encoderBeginComputePass.call(e.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &ComputePass{v: v}, nil
}

// BeginRenderPass begins a pass. The encoder can't be used until it ends.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-beginrenderpass.
func (e *CommandEncoder) BeginRenderPass(descriptor *RenderPassDescriptor) (*RenderPass, error) {
	v, err := encoderBeginRenderPass.call(e.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &RenderPass{v: v}, nil
}

// PushDebugGroup begins a named group of commands.
func (e *CommandEncoder) PushDebugGroup(label string) error {
	_, err := encoderPushDebugGroup.call(e.v, label)
	return err
}

// PopDebugGroup ends the innermost group.
func (e *CommandEncoder) PopDebugGroup() error {
	_, err := encoderPopDebugGroup.call(e.v)
	return err
}

// InsertDebugMarker marks a point between commands.
func (e *CommandEncoder) InsertDebugMarker(label string) error {
	_, err := encoderInsertDebugMarker.call(e.v, label)
	return err
}

// Finish ends the recording; the label may be empty. It succeeds for an
// invalid recording too: the error goes to the error scope, and submitting
// the result is another.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-finish.
func (e *CommandEncoder) Finish(label string) (*CommandBuffer, error) {
	v, err := encoderFinish.call(e.v, labelled(label))
	if err != nil {
		return nil, err
	}
	return &CommandBuffer{v}, nil
}
