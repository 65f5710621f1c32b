//go:build js && wasm

package page

import "github.com/gpubuffers/gpubuffers/jsbridge"

// Canvas is a canvas element that a device draws on.
type Canvas struct{ context *jsbridge.CanvasContext }

// OpenCanvas gives the canvas with this id to the device, in the format that
// the browser prefers.
func OpenCanvas(device *jsbridge.Device, id string) (*Canvas, error) {
	context, err := jsbridge.CanvasContextByID(id)
	if err != nil {
		return nil, err
	}
	return &Canvas{context}, context.Configure(&jsbridge.CanvasConfiguration{Device: device})
}

// BeginRenderPass begins a pass that clears the canvas and draws its next
// picture.
func (c *Canvas) BeginRenderPass(encoder *jsbridge.CommandEncoder, clear jsbridge.Color) (*jsbridge.RenderPass, error) {
	texture, err := c.context.CurrentTexture()
	if err != nil {
		return nil, err
	}
	view, err := texture.CreateView(nil)
	if err != nil {
		return nil, err
	}
	return encoder.BeginRenderPass(&jsbridge.RenderPassDescriptor{
		ColorAttachments: []jsbridge.ColorAttachment{{
			View:       view,
			ClearValue: clear,
			LoadOp:     jsbridge.LoadOpClear,
			StoreOp:    jsbridge.StoreOpStore,
		}},
	})
}
