//go:build js && wasm

package jsbridge

import "syscall/js"

// BlendFactor weighs a colour.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpublendfactor.
type BlendFactor string

// The factors.
const (
	BlendFactorZero              BlendFactor = "zero"
	BlendFactorOne               BlendFactor = "one"
	BlendFactorSrc               BlendFactor = "src"
	BlendFactorOneMinusSrc       BlendFactor = "one-minus-src"
	BlendFactorSrcAlpha          BlendFactor = "src-alpha"
	BlendFactorOneMinusSrcAlpha  BlendFactor = "one-minus-src-alpha"
	BlendFactorDst               BlendFactor = "dst"
	BlendFactorOneMinusDst       BlendFactor = "one-minus-dst"
	BlendFactorDstAlpha          BlendFactor = "dst-alpha"
	BlendFactorOneMinusDstAlpha  BlendFactor = "one-minus-dst-alpha"
	BlendFactorSrcAlphaSaturated BlendFactor = "src-alpha-saturated"
	BlendFactorConstant          BlendFactor = "constant"
	BlendFactorOneMinusConstant  BlendFactor = "one-minus-constant"
)

// BlendOperation joins two weighted colours.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpublendoperation.
type BlendOperation string

// The operations; the zero value is BlendAdd.
const (
	BlendAdd             BlendOperation = "add"
	BlendSubtract        BlendOperation = "subtract"
	BlendReverseSubtract BlendOperation = "reverse-subtract"
	BlendMin             BlendOperation = "min"
	BlendMax             BlendOperation = "max"
)

// ColorWrite is a set of channels.
//
// See https://www.w3.org/TR/webgpu/#namespacedef-gpucolorwrite.
type ColorWrite uint32

// The channels. The zero value means all of them. ColorWriteNone, this
// package's own, means none.
const (
	ColorWriteRed   ColorWrite = 0x1
	ColorWriteGreen ColorWrite = 0x2
	ColorWriteBlue  ColorWrite = 0x4
	ColorWriteAlpha ColorWrite = 0x8
	ColorWriteAll   ColorWrite = 0xF
	ColorWriteNone  ColorWrite = 1 << 31
)

// FragmentState is a pipeline's fragment shader and what it draws to.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpufragmentstate.
type FragmentState struct {
	ProgrammableStage
	Targets []ColorTargetState
}

func (s *FragmentState) value() js.Value {
	state := s.object()
	state.Set("targets", list(s.Targets, (*ColorTargetState).value))
	return state.Value
}

// ColorTargetState is one colour attachment of a pipeline. One without a
// format leaves its place empty.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpucolortargetstate.
type ColorTargetState struct {
	Format    TextureFormat
	Blend     *BlendState // nil to overwrite
	WriteMask ColorWrite
}

func (s *ColorTargetState) value() js.Value {
	if s.Format == "" {
		return js.Null()
	}
	state := newObject()
	state.Set("format", string(s.Format))
	if s.Blend != nil {
		state.Set("blend", s.Blend.value())
	}
	if s.WriteMask != 0 {
		state.Set("writeMask", uint32(s.WriteMask&ColorWriteAll))
	}
	return state.Value
}

// BlendState blends colours and alphas.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpublendstate.
type BlendState struct{ Color, Alpha BlendComponent }

func (s *BlendState) value() js.Value {
	state := newObject()
	state.Set("color", s.Color.value())
	state.Set("alpha", s.Alpha.value())
	return state.Value
}

// BlendComponent weighs and joins the new (source) and the old (destination).
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpublendcomponent.
type BlendComponent struct {
	Operation BlendOperation
	SrcFactor BlendFactor // empty is one
	DstFactor BlendFactor // empty is zero
}

func (c *BlendComponent) value() js.Value {
	component := newObject()
	component.text("operation", string(c.Operation))
	component.text("srcFactor", string(c.SrcFactor))
	component.text("dstFactor", string(c.DstFactor))
	return component.Value
}
