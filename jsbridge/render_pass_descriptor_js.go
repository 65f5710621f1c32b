//go:build js && wasm

package jsbridge

import "syscall/js"

// Color is red, green, blue and alpha, linear.
//
// See https://www.w3.org/TR/webgpu/#typedefdef-gpucolor.
type Color struct{ R, G, B, A float64 }

func (c Color) value() js.Value {
	color := newObject()
	color.Set("r", c.R)
	color.Set("g", c.G)
	color.Set("b", c.B)
	color.Set("a", c.A)
	return color.Value
}

// LoadOp says what a pass finds in an attachment.
type LoadOp string

// The load operations.
const (
	LoadOpLoad  LoadOp = "load"
	LoadOpClear LoadOp = "clear"
)

// StoreOp says what a pass leaves in an attachment.
type StoreOp string

// The store operations.
const (
	StoreOpStore   StoreOp = "store"
	StoreOpDiscard StoreOp = "discard"
)

// RenderPassDescriptor describes a render pass.
//
// See https://www.w3.org/TR/webgpu/#gpurenderpassdescriptor.
type RenderPassDescriptor struct {
	Label                  string
	ColorAttachments       []ColorAttachment
	DepthStencilAttachment *DepthStencilAttachment
	OcclusionQuerySet      *QuerySet
	TimestampWrites        *PassTimestampWrites
}

func (d *RenderPassDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("colorAttachments", list(d.ColorAttachments, (*ColorAttachment).value))
	if d.DepthStencilAttachment != nil {
		descriptor.Set("depthStencilAttachment", d.DepthStencilAttachment.value())
	}
	if d.OcclusionQuerySet != nil {
		descriptor.Set("occlusionQuerySet", d.OcclusionQuerySet.v)
	}
	d.TimestampWrites.set(descriptor)
	return descriptor.Value
}

// ColorAttachment is a texture that a pass draws colours to. One without a
// View leaves its place empty.
//
// See https://www.w3.org/TR/webgpu/#color-attachments.
type ColorAttachment struct {
	View          *TextureView
	DepthSlice    uint32 // of a 3D view
	ResolveTarget *TextureView
	ClearValue    Color
	LoadOp        LoadOp
	StoreOp       StoreOp
}

func (a *ColorAttachment) value() js.Value {
	if a.View == nil {
		return js.Null()
	}
	attachment := newObject()
	attachment.Set("view", a.View.v)
	if a.View.dimension == TextureViewDimension3D {
		attachment.Set("depthSlice", a.DepthSlice)
	}
	if a.ResolveTarget != nil {
		attachment.Set("resolveTarget", a.ResolveTarget.v)
	}
	attachment.Set("clearValue", a.ClearValue.value())
	attachment.Set("loadOp", string(a.LoadOp))
	attachment.Set("storeOp", string(a.StoreOp))
	return attachment.Value
}

// DepthStencilAttachment is a texture that a pass tests depths and stencils
// with. Operations that are empty are left out, as read-only aspects demand.
//
// See https://www.w3.org/TR/webgpu/#depth-stencil-attachments.
type DepthStencilAttachment struct {
	View              *TextureView
	DepthClearValue   float32
	DepthLoadOp       LoadOp
	DepthStoreOp      StoreOp
	DepthReadOnly     bool
	StencilClearValue uint32
	StencilLoadOp     LoadOp
	StencilStoreOp    StoreOp
	StencilReadOnly   bool
}

func (a *DepthStencilAttachment) value() js.Value {
	attachment := newObject()
	attachment.Set("view", a.View.v)
	attachment.Set("depthClearValue", a.DepthClearValue)
	attachment.text("depthLoadOp", string(a.DepthLoadOp))
	attachment.text("depthStoreOp", string(a.DepthStoreOp))
	attachment.flag("depthReadOnly", a.DepthReadOnly)
	attachment.number("stencilClearValue", float64(a.StencilClearValue))
	attachment.text("stencilLoadOp", string(a.StencilLoadOp))
	attachment.text("stencilStoreOp", string(a.StencilStoreOp))
	attachment.flag("stencilReadOnly", a.StencilReadOnly)
	return attachment.Value
}
