//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
)

var gpuRequestAdapter = method{class: "GPU", name: "requestAdapter"}

// Available reports whether this page or worker has a navigator.gpu. It may
// still give no adapter.
//
// See https://www.w3.org/TR/webgpu/#navigator-gpu.
func Available() bool { return isObject(navigatorGPU()) }

func navigatorGPU() js.Value {
	navigator := js.Global().Get("navigator")
	if !isObject(navigator) {
		return js.Undefined()
	}
	return navigator.Get("gpu")
}

// PowerPreference asks for a kind of adapter.
type PowerPreference string

// The power preferences; the zero value leaves the choice to the browser.
const (
	LowPower        PowerPreference = "low-power"
	HighPerformance PowerPreference = "high-performance"
)

// AdapterOptions are the options of [RequestAdapter].
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpurequestadapteroptions.
type AdapterOptions struct {
	FeatureLevel         string // "core" (the default) or "compatibility"
	PowerPreference      PowerPreference
	ForceFallbackAdapter bool
}

func (o *AdapterOptions) value() js.Value {
	if o == nil {
		return js.Undefined()
	}
	options := newObject()
	options.text("featureLevel", o.FeatureLevel)
	options.text("powerPreference", string(o.PowerPreference))
	options.flag("forceFallbackAdapter", o.ForceFallbackAdapter)
	return options.Value
}

// RequestAdapter asks for an adapter; nil options are the browser's defaults.
// It fails with [ErrUnavailable] if there is no WebGPU, with
// [ErrNoAdapter] if no adapter fits, and with the context's error if the
// context ends first.
//
// See https://www.w3.org/TR/webgpu/#dom-gpu-requestadapter.
func RequestAdapter(ctx context.Context, options *AdapterOptions) (*Adapter, error) {
	if !Available() {
		return nil, ErrUnavailable
	}
	adapter, err := await(ctx, nil, &gpuRequestAdapter, navigatorGPU(), options.value())
	if err != nil {
		return nil, err
	}
	if !isObject(adapter) {
		return nil, ErrNoAdapter
	}
	return AdoptAdapter(adapter)
}

// PreferredCanvasFormat is the format that a canvas shows without a
// conversion; empty if there is no WebGPU.
//
// See https://www.w3.org/TR/webgpu/#dom-gpu-getpreferredcanvasformat.
func PreferredCanvasFormat() TextureFormat {
	if !Available() {
		return ""
	}
	format, err := gpuPreferredCanvasFormat.call(navigatorGPU())
	if err != nil {
		return ""
	}
	return TextureFormat(format.String())
}

var gpuPreferredCanvasFormat = method{class: "GPU", name: "getPreferredCanvasFormat"}
