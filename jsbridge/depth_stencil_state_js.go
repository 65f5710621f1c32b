//go:build js && wasm

package jsbridge

import "syscall/js"

// CompareFunction compares a new value with the one that is there.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpucomparefunction.
type CompareFunction string

// The comparisons.
const (
	CompareNever        CompareFunction = "never"
	CompareLess         CompareFunction = "less"
	CompareEqual        CompareFunction = "equal"
	CompareLessEqual    CompareFunction = "less-equal"
	CompareGreater      CompareFunction = "greater"
	CompareNotEqual     CompareFunction = "not-equal"
	CompareGreaterEqual CompareFunction = "greater-equal"
	CompareAlways       CompareFunction = "always"
)

// StencilOperation says what a stencil test does to the stencil's value.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpustenciloperation.
type StencilOperation string

// The operations; the zero value is StencilKeep.
const (
	StencilKeep           StencilOperation = "keep"
	StencilZero           StencilOperation = "zero"
	StencilReplace        StencilOperation = "replace"
	StencilInvert         StencilOperation = "invert"
	StencilIncrementClamp StencilOperation = "increment-clamp"
	StencilDecrementClamp StencilOperation = "decrement-clamp"
	StencilIncrementWrap  StencilOperation = "increment-wrap"
	StencilDecrementWrap  StencilOperation = "decrement-wrap"
)

// DepthStencilState says how depths and stencils are tested and written.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpudepthstencilstate.
type DepthStencilState struct {
	Format              TextureFormat
	DepthWriteEnabled   bool
	DepthCompare        CompareFunction // needed for formats with a depth
	StencilFront        StencilFaceState
	StencilBack         StencilFaceState
	StencilReadMask     uint32 // 0 is all bits
	StencilWriteMask    uint32 // 0 is all bits
	DepthBias           int32
	DepthBiasSlopeScale float32
	DepthBiasClamp      float32
}

func (s *DepthStencilState) value() js.Value {
	state := newObject()
	state.Set("format", string(s.Format))
	state.Set("depthWriteEnabled", s.DepthWriteEnabled)
	state.text("depthCompare", string(s.DepthCompare))
	state.Set("stencilFront", s.StencilFront.value())
	state.Set("stencilBack", s.StencilBack.value())
	state.number("stencilReadMask", float64(s.StencilReadMask))
	state.number("stencilWriteMask", float64(s.StencilWriteMask))
	state.number("depthBias", float64(s.DepthBias))
	state.number("depthBiasSlopeScale", float64(s.DepthBiasSlopeScale))
	state.number("depthBiasClamp", float64(s.DepthBiasClamp))
	return state.Value
}

// StencilFaceState is the stencil test of front or back faces.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpustencilfacestate.
type StencilFaceState struct {
	Compare     CompareFunction // empty is CompareAlways
	FailOp      StencilOperation
	DepthFailOp StencilOperation
	PassOp      StencilOperation
}

func (s *StencilFaceState) value() js.Value {
	state := newObject()
	state.text("compare", string(s.Compare))
	state.text("failOp", string(s.FailOp))
	state.text("depthFailOp", string(s.DepthFailOp))
	state.text("passOp", string(s.PassOp))
	return state.Value
}
