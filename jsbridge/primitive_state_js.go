//go:build js && wasm

package jsbridge

import "syscall/js"

// PrimitiveTopology says how vertices make up primitives.
type PrimitiveTopology string

// The topologies; the zero value is TriangleList.
const (
	PointList     PrimitiveTopology = "point-list"
	LineList      PrimitiveTopology = "line-list"
	LineStrip     PrimitiveTopology = "line-strip"
	TriangleList  PrimitiveTopology = "triangle-list"
	TriangleStrip PrimitiveTopology = "triangle-strip"
)

// IndexFormat is the type of an index.
type IndexFormat string

// The index formats.
const (
	IndexFormatUint16 IndexFormat = "uint16"
	IndexFormatUint32 IndexFormat = "uint32"
)

var indexFormat16, indexFormat32 = js.ValueOf("uint16"), js.ValueOf("uint32")

// value makes no string for the formats that exist.
func (f IndexFormat) value() js.Value {
	switch f {
	case IndexFormatUint16:
		return indexFormat16
	case IndexFormatUint32:
		return indexFormat32
	default:
		return js.ValueOf(string(f))
	}
}

// FrontFace says which winding is the front.
type FrontFace string

// The windings; the zero value is CounterClockwise.
const (
	CounterClockwise FrontFace = "ccw"
	Clockwise        FrontFace = "cw"
)

// CullMode says which faces are not drawn.
type CullMode string

// The cull modes; the zero value is CullNone.
const (
	CullNone  CullMode = "none"
	CullFront CullMode = "front"
	CullBack  CullMode = "back"
)

// PrimitiveState says how primitives are made and culled.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpuprimitivestate.
type PrimitiveState struct {
	Topology         PrimitiveTopology
	StripIndexFormat IndexFormat // for strips drawn with indices only
	FrontFace        FrontFace
	CullMode         CullMode
	UnclippedDepth   bool // needs the feature "depth-clip-control"
}

func (s *PrimitiveState) value() js.Value {
	state := newObject()
	state.text("topology", string(s.Topology))
	state.text("stripIndexFormat", string(s.StripIndexFormat))
	state.text("frontFace", string(s.FrontFace))
	state.text("cullMode", string(s.CullMode))
	state.flag("unclippedDepth", s.UnclippedDepth)
	return state.Value
}

// MultisampleState says how samples make up a pixel.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpumultisamplestate.
type MultisampleState struct {
	Count                  uint32 // 0 is 1
	Mask                   uint32 // 0 is all samples
	AlphaToCoverageEnabled bool
}

func (s *MultisampleState) value() js.Value {
	state := newObject()
	state.number("count", float64(s.Count))
	state.number("mask", float64(s.Mask))
	state.flag("alphaToCoverageEnabled", s.AlphaToCoverageEnabled)
	return state.Value
}
