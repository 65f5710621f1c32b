//go:build js && wasm

package jsbridge

var commandsLabel = method{class: "GPUCommandBuffer", name: "label", attribute: true}

// Label asks the browser.
func (e *CommandEncoder) Label() string {
	label, err := encoderLabel.call(e.v)
	if err != nil {
		return ""
	}
	return label.String()
}

// Label asks the browser.
func (c *CommandBuffer) Label() string {
	label, err := commandsLabel.call(c.v)
	if err != nil {
		return ""
	}
	return label.String()
}
