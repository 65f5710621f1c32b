//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	contextCanvas            = method{class: "GPUCanvasContext", name: "canvas", attribute: true}
	contextConfigure         = method{class: "GPUCanvasContext", name: "configure"}
	contextUnconfigure       = method{class: "GPUCanvasContext", name: "unconfigure"}
	contextGetCurrentTexture = method{class: "GPUCanvasContext", name: "getCurrentTexture"}
	documentGetElementByID   = method{class: "Document", name: "getElementById"}
	canvasGetContext         = method{class: "HTMLCanvasElement", name: "getContext"}
	offscreenGetContext      = method{class: "OffscreenCanvas", name: "getContext"}
)

// CanvasAlphaMode says what the page shows through a canvas.
type CanvasAlphaMode string

// The modes; the zero value is AlphaOpaque.
const (
	AlphaOpaque        CanvasAlphaMode = "opaque"
	AlphaPremultiplied CanvasAlphaMode = "premultiplied"
)

// CanvasConfiguration ties a canvas to a device.
//
// See https://www.w3.org/TR/webgpu/#canvas-configuration.
type CanvasConfiguration struct {
	Device      *Device
	Format      TextureFormat // empty is [PreferredCanvasFormat]
	Usage       TextureUsage  // 0 is TextureUsageRenderAttachment
	ViewFormats []TextureFormat
	ColorSpace  string // empty is "srgb"
	AlphaMode   CanvasAlphaMode
}

func (c *CanvasConfiguration) value() js.Value {
	format := c.Format
	if format == "" {
		format = PreferredCanvasFormat()
	}
	configuration := newObject()
	configuration.Set("device", c.Device.v)
	configuration.Set("format", string(format))
	configuration.number("usage", float64(c.Usage))
	configuration.Set("viewFormats", stringList(c.ViewFormats))
	configuration.text("colorSpace", c.ColorSpace)
	configuration.text("alphaMode", string(c.AlphaMode))
	return configuration.Value
}

// CanvasContext gives the textures that a canvas shows.
//
// See https://www.w3.org/TR/webgpu/#gpucanvascontext.
type CanvasContext struct{ v js.Value }

// CanvasContextOf gives the WebGPU context of a canvas: an HTMLCanvasElement
// or an OffscreenCanvas.
func CanvasContextOf(canvas js.Value) (*CanvasContext, error) {
	v, err := canvasGetContext.call(canvas, "webgpu")
	if err != nil {
		v, err = offscreenGetContext.call(canvas, "webgpu")
	}
	if err != nil {
		return nil, wrongKind("CanvasContextOf", "canvas", canvas)
	}
	return AdoptCanvasContext(v)
}

// CanvasContextByID gives the WebGPU context of the page's canvas element
// with this id.
func CanvasContextByID(id string) (*CanvasContext, error) {
	canvas, err := documentGetElementByID.call(js.Global().Get("document"), id)
	if err != nil {
		return nil, err
	}
	return CanvasContextOf(canvas)
}

// AdoptCanvasContext wraps a GPUCanvasContext.
func AdoptCanvasContext(v js.Value) (*CanvasContext, error) {
	if _, err := adopt("AdoptCanvasContext", &contextCanvas, v); err != nil {
		return nil, err
	}
	return &CanvasContext{v}, nil
}

// JSValue is the GPUCanvasContext.
func (c *CanvasContext) JSValue() js.Value { return c.v }

// Canvas is the canvas element, or the OffscreenCanvas.
func (c *CanvasContext) Canvas() js.Value {
	canvas, _ := contextCanvas.call(c.v)
	return canvas
}

// Configure ties the canvas to a device; what it showed is lost.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucanvascontext-configure.
func (c *CanvasContext) Configure(configuration *CanvasConfiguration) error {
	_, err := contextConfigure.call(c.v, configuration.value())
	return err
}

// Unconfigure unties the canvas and destroys its textures.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucanvascontext-unconfigure.
func (c *CanvasContext) Unconfigure() { _, _ = contextUnconfigure.call(c.v) }

// CurrentTexture is the texture that the canvas shows next. It is the
// caller's until the browser next draws the page.
//
// See https://www.w3.org/TR/webgpu/#dom-gpucanvascontext-getcurrenttexture.
func (c *CanvasContext) CurrentTexture() (*Texture, error) {
	v, err := contextGetCurrentTexture.call(c.v)
	if err != nil {
		return nil, err
	}
	return &Texture{v: v, dimension: TextureDimension2D}, nil
}
