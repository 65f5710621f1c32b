//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
)

var (
	adapterInfo          = method{class: "GPUAdapter", name: "info", attribute: true}
	deviceAdapterInfo    = method{class: "GPUDevice", name: "adapterInfo", attribute: true}
	adapterLimits        = method{class: "GPUAdapter", name: "limits", attribute: true}
	adapterFeatures      = method{class: "GPUAdapter", name: "features", attribute: true}
	adapterRequestDevice = method{class: "GPUAdapter", name: "requestDevice"}
)

// Adapter is one implementation of WebGPU on this machine.
//
// See https://www.w3.org/TR/webgpu/#gpuadapter.
type Adapter struct {
	v        js.Value
	limits   Limits
	features features
}

// AdoptAdapter wraps a GPUAdapter.
func AdoptAdapter(v js.Value) (*Adapter, error) {
	limits, err := adopt("AdoptAdapter", &adapterLimits, v)
	if err != nil {
		return nil, err
	}
	set, err := adapterFeatures.call(v)
	if err != nil {
		return nil, err
	}
	return &Adapter{v: v, limits: limitsOf(limits), features: features{set}}, nil
}

// JSValue is the GPUAdapter.
func (a *Adapter) JSValue() js.Value { return a.v }

// AdapterInfo identifies an adapter, as far as the browser tells.
//
// See https://www.w3.org/TR/webgpu/#gpuadapterinfo.
type AdapterInfo struct {
	Vendor, Architecture, Device, Description string
	IsFallbackAdapter                         bool // a processor stands in for a GPU
}

// Info identifies the adapter.
func (a *Adapter) Info() AdapterInfo {
	info, err := adapterInfo.call(a.v)
	if err != nil {
		return AdapterInfo{}
	}
	return infoOf(info)
}

// AdapterInfo identifies the adapter of the device.
func (d *Device) AdapterInfo() AdapterInfo {
	info, err := deviceAdapterInfo.call(d.v)
	if err != nil || !isObject(info) {
		return AdapterInfo{}
	}
	return infoOf(info)
}

func infoOf(info js.Value) AdapterInfo {
	fallback, _ := property(info, "isFallbackAdapter")
	return AdapterInfo{
		Vendor:            textOf(info, "vendor"),
		Architecture:      textOf(info, "architecture"),
		Device:            textOf(info, "device"),
		Description:       textOf(info, "description"),
		IsFallbackAdapter: fallback.Equal(js.ValueOf(true)),
	}
}

// Limits are the best that a device of this adapter can be asked for.
func (a *Adapter) Limits() Limits { return a.limits }

// Features are the optional abilities a device of this adapter can be asked for.
func (a *Adapter) Features() []string { return a.features.names() }

// HasFeature reports whether Features holds the name.
func (a *Adapter) HasFeature(name string) bool { return a.features.has(name) }

// DeviceDescriptor says what a device must be able to do.
//
// See https://www.w3.org/TR/webgpu/#gpudevicedescriptor.
type DeviceDescriptor struct {
	Label            string
	RequiredFeatures []string
	RequiredLimits   Limits // a field that is zero asks for the default
	QueueLabel       string
}

func (d *DeviceDescriptor) value() js.Value {
	if d == nil {
		return js.Undefined()
	}
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("requiredFeatures", stringList(d.RequiredFeatures))
	descriptor.Set("requiredLimits", d.RequiredLimits.value())
	if d.QueueLabel != "" {
		queue := newObject()
		queue.text("label", d.QueueLabel)
		descriptor.Set("defaultQueue", queue.Value)
	}
	return descriptor.Value
}

// RequestDevice asks for a device; a nil descriptor asks for the defaults.
// An adapter gives one device: a second request gives one that is lost
// already. A device that arrives after the context ended is destroyed.
//
// See https://www.w3.org/TR/webgpu/#dom-gpuadapter-requestdevice.
func (a *Adapter) RequestDevice(ctx context.Context, descriptor *DeviceDescriptor) (*Device, error) {
	device, err := await(ctx, destroyDevice, &adapterRequestDevice, a.v, descriptor.value())
	if err != nil {
		return nil, err
	}
	return AdoptDevice(device)
}
