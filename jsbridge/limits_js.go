//go:build js && wasm

package jsbridge

import "syscall/js"

// Limits are the sizes a device promises to support. A limit that this
// browser doesn't know is zero.
//
// See https://www.w3.org/TR/webgpu/#gpusupportedlimits.
type Limits struct {
	MaxTextureDimension1D                     uint64
	MaxTextureDimension2D                     uint64
	MaxTextureDimension3D                     uint64
	MaxTextureArrayLayers                     uint64
	MaxBindGroups                             uint64
	MaxBindGroupsPlusVertexBuffers            uint64
	MaxBindingsPerBindGroup                   uint64
	MaxDynamicUniformBuffersPerPipelineLayout uint64
	MaxDynamicStorageBuffersPerPipelineLayout uint64
	MaxSampledTexturesPerShaderStage          uint64
	MaxSamplersPerShaderStage                 uint64
	MaxStorageBuffersPerShaderStage           uint64
	MaxStorageTexturesPerShaderStage          uint64
	MaxUniformBuffersPerShaderStage           uint64
	MaxUniformBufferBindingSize               uint64 // bytes
	MaxStorageBufferBindingSize               uint64 // bytes
	MinUniformBufferOffsetAlignment           uint64 // bytes
	MinStorageBufferOffsetAlignment           uint64 // bytes
	MaxVertexBuffers                          uint64
	MaxBufferSize                             uint64 // bytes
	MaxVertexAttributes                       uint64
	MaxVertexBufferArrayStride                uint64 // bytes
	MaxInterStageShaderVariables              uint64
	MaxColorAttachments                       uint64
	MaxColorAttachmentBytesPerSample          uint64 // bytes
	MaxComputeWorkgroupStorageSize            uint64 // bytes
	MaxComputeInvocationsPerWorkgroup         uint64
	MaxComputeWorkgroupSizeX                  uint64
	MaxComputeWorkgroupSizeY                  uint64
	MaxComputeWorkgroupSizeZ                  uint64
	MaxComputeWorkgroupsPerDimension          uint64
	MaxStorageBuffersInFragmentStage          uint64
}

type limit struct {
	name  string
	value *uint64
}

func (l *Limits) each() []limit {
	return []limit{
		{"maxTextureDimension1D", &l.MaxTextureDimension1D},
		{"maxTextureDimension2D", &l.MaxTextureDimension2D},
		{"maxTextureDimension3D", &l.MaxTextureDimension3D},
		{"maxTextureArrayLayers", &l.MaxTextureArrayLayers},
		{"maxBindGroups", &l.MaxBindGroups},
		{"maxBindGroupsPlusVertexBuffers", &l.MaxBindGroupsPlusVertexBuffers},
		{"maxBindingsPerBindGroup", &l.MaxBindingsPerBindGroup},
		{"maxDynamicUniformBuffersPerPipelineLayout", &l.MaxDynamicUniformBuffersPerPipelineLayout},
		{"maxDynamicStorageBuffersPerPipelineLayout", &l.MaxDynamicStorageBuffersPerPipelineLayout},
		{"maxSampledTexturesPerShaderStage", &l.MaxSampledTexturesPerShaderStage},
		{"maxSamplersPerShaderStage", &l.MaxSamplersPerShaderStage},
		{"maxStorageBuffersPerShaderStage", &l.MaxStorageBuffersPerShaderStage},
		{"maxStorageTexturesPerShaderStage", &l.MaxStorageTexturesPerShaderStage},
		{"maxUniformBuffersPerShaderStage", &l.MaxUniformBuffersPerShaderStage},
		{"maxUniformBufferBindingSize", &l.MaxUniformBufferBindingSize},
		{"maxStorageBufferBindingSize", &l.MaxStorageBufferBindingSize},
		{"minUniformBufferOffsetAlignment", &l.MinUniformBufferOffsetAlignment},
		{"minStorageBufferOffsetAlignment", &l.MinStorageBufferOffsetAlignment},
		{"maxVertexBuffers", &l.MaxVertexBuffers},
		{"maxBufferSize", &l.MaxBufferSize},
		{"maxVertexAttributes", &l.MaxVertexAttributes},
		{"maxVertexBufferArrayStride", &l.MaxVertexBufferArrayStride},
		{"maxInterStageShaderVariables", &l.MaxInterStageShaderVariables},
		{"maxColorAttachments", &l.MaxColorAttachments},
		{"maxColorAttachmentBytesPerSample", &l.MaxColorAttachmentBytesPerSample},
		{"maxComputeWorkgroupStorageSize", &l.MaxComputeWorkgroupStorageSize},
		{"maxComputeInvocationsPerWorkgroup", &l.MaxComputeInvocationsPerWorkgroup},
		{"maxComputeWorkgroupSizeX", &l.MaxComputeWorkgroupSizeX},
		{"maxComputeWorkgroupSizeY", &l.MaxComputeWorkgroupSizeY},
		{"maxComputeWorkgroupSizeZ", &l.MaxComputeWorkgroupSizeZ},
		{"maxComputeWorkgroupsPerDimension", &l.MaxComputeWorkgroupsPerDimension},
		{"maxStorageBuffersInFragmentStage", &l.MaxStorageBuffersInFragmentStage},
	}
}

func limitsOf(v js.Value) Limits {
	var l Limits
	for _, limit := range l.each() {
		*limit.value = numberOf(v, limit.name)
	}
	return l
}

// value leaves out the limits that are zero.
func (l *Limits) value() js.Value {
	limits := newObject()
	for _, limit := range l.each() {
		limits.number(limit.name, float64(*limit.value))
	}
	return limits.Value
}
