//go:build js && wasm

package jsbridge

import "syscall/js"

// VertexFormat is the type of a vertex attribute: "float32x3".
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpuvertexformat.
type VertexFormat string

// The formats of whole numbers and floats of 32 bits. Give others by the
// specification's names.
const (
	VertexFormatFloat32   VertexFormat = "float32"
	VertexFormatFloat32x2 VertexFormat = "float32x2"
	VertexFormatFloat32x3 VertexFormat = "float32x3"
	VertexFormatFloat32x4 VertexFormat = "float32x4"
	VertexFormatUint32    VertexFormat = "uint32"
	VertexFormatUint32x2  VertexFormat = "uint32x2"
	VertexFormatUint32x3  VertexFormat = "uint32x3"
	VertexFormatUint32x4  VertexFormat = "uint32x4"
	VertexFormatSint32    VertexFormat = "sint32"
	VertexFormatSint32x2  VertexFormat = "sint32x2"
	VertexFormatSint32x3  VertexFormat = "sint32x3"
	VertexFormatSint32x4  VertexFormat = "sint32x4"
	VertexFormatFloat16x2 VertexFormat = "float16x2"
	VertexFormatFloat16x4 VertexFormat = "float16x4"
	VertexFormatUnorm8x4  VertexFormat = "unorm8x4"
	VertexFormatSnorm8x4  VertexFormat = "snorm8x4"
	VertexFormatUnorm16x2 VertexFormat = "unorm16x2"
	VertexFormatSnorm16x2 VertexFormat = "snorm16x2"
	VertexFormatUnorm16x4 VertexFormat = "unorm16x4"
	VertexFormatSnorm16x4 VertexFormat = "snorm16x4"
)

// VertexStepMode says whether a buffer advances by vertex or by instance.
type VertexStepMode string

// The step modes; the zero value is StepVertex.
const (
	StepVertex   VertexStepMode = "vertex"
	StepInstance VertexStepMode = "instance"
)

// VertexState is a pipeline's vertex shader and its buffers.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpuvertexstate.
type VertexState struct {
	ProgrammableStage
	Buffers []VertexBufferLayout
}

func (s *VertexState) value() js.Value {
	state := s.object()
	state.Set("buffers", list(s.Buffers, (*VertexBufferLayout).value))
	return state.Value
}

// VertexBufferLayout says how vertices lie in a buffer.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpuvertexbufferlayout.
type VertexBufferLayout struct {
	ArrayStride uint64 // bytes from vertex to vertex, a multiple of 4
	StepMode    VertexStepMode
	Attributes  []VertexAttribute
}

func (l *VertexBufferLayout) value() js.Value {
	layout := newObject()
	layout.Set("arrayStride", l.ArrayStride)
	layout.text("stepMode", string(l.StepMode))
	layout.Set("attributes", list(l.Attributes, (*VertexAttribute).value))
	return layout.Value
}

// VertexAttribute is one input of a vertex shader.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpuvertexattribute.
type VertexAttribute struct {
	Format         VertexFormat
	Offset         uint64 // bytes from the vertex's beginning
	ShaderLocation uint32
}

func (a *VertexAttribute) value() js.Value {
	attribute := newObject()
	attribute.Set("format", string(a.Format))
	attribute.Set("offset", a.Offset)
	attribute.Set("shaderLocation", a.ShaderLocation)
	return attribute.Value
}
