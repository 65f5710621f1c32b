//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	deviceLabel    = method{class: "GPUDevice", name: "label", attribute: true}
	deviceQueue    = method{class: "GPUDevice", name: "queue", attribute: true}
	deviceLimits   = method{class: "GPUDevice", name: "limits", attribute: true}
	deviceFeatures = method{class: "GPUDevice", name: "features", attribute: true}
	deviceDestroy  = method{class: "GPUDevice", name: "destroy"}
)

// Device makes every other object and owns them.
//
// See https://www.w3.org/TR/webgpu/#gpudevice.
type Device struct {
	v        js.Value
	label    string
	queue    *Queue
	limits   Limits
	features features
	loss     *loss
	errors   uncapturedErrors
	unsent   uint64 // of the last relay
	trials   trials
}

// AdoptDevice wraps a GPUDevice, whoever made it.
func AdoptDevice(v js.Value) (*Device, error) {
	label, err := adopt("AdoptDevice", &deviceLabel, v)
	if err != nil {
		return nil, err
	}
	d := &Device{v: v, label: label.String()}
	if err := d.read(); err != nil {
		return nil, err
	}
	if err := d.watchLoss(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Device) read() error {
	queue, err := deviceQueue.call(d.v)
	if err != nil {
		return err
	}
	limits, err := deviceLimits.call(d.v)
	if err != nil {
		return err
	}
	set, err := deviceFeatures.call(d.v)
	if err != nil {
		return err
	}
	apart()
	d.queue, d.limits, d.features = &Queue{v: queue}, limitsOf(limits), features{set}
	return nil
}

// JSValue is the GPUDevice.
func (d *Device) JSValue() js.Value { return d.v }

// Label is the label that the device was made with.
func (d *Device) Label() string { return d.label }

// Queue is the device's one queue.
func (d *Device) Queue() *Queue { return d.queue }

// Limits are what the device was made with.
func (d *Device) Limits() Limits { return d.limits }

// Features are the names of the device's optional abilities.
func (d *Device) Features() []string { return d.features.names() }

// HasFeature reports whether Features holds the name.
func (d *Device) HasFeature(name string) bool { return d.features.has(name) }

// Compatibility reports whether the device is of feature level
// "compatibility". Browsers without that level lack the limit.
//
// See https://www.w3.org/TR/webgpu/#core-features-and-limits.
func (d *Device) Compatibility() bool {
	return d.limits.MaxStorageBuffersInFragmentStage > 0 && !d.HasFeature("core-features-and-limits")
}

// Destroy ends the device, its buffers and everything pending on it. It is
// idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-destroy.
func (d *Device) Destroy() { destroyDevice(d.v) }

func destroyDevice(v js.Value) { _, _ = deviceDestroy.call(v) }

// create calls a method of the device that makes an object.
func (d *Device) create(m *method, descriptor js.Value) (js.Value, error) {
	return m.call(d.v, descriptor)
}
