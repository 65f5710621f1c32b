//go:build js && wasm

package webgpu

import (
	"sync"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// Device is a GPUDevice. The lock guards the mutable fields of it and of its buffers and encoders. No function of the
// caller's is called while it is held.
type Device struct {
	bridge  *jsbridge.Device
	adopted bool
	limits  gpu.Limits
	queue   queue

	creations *jsbridge.CreationErrors

	mu       sync.Mutex
	onError  func(error)
	failures failures
	// uncounted are lacks of memory that are not counted to a buffer, or to none, yet: see uncaptured.
	uncounted []*jsbridge.Error
	loss      loss
	encoders  []*encoder // submitted, oldest first
	ranges    []float64  // scratch of fetch
	relayTo   *buffer    // the relay's destination, or nil
	fetching  int        // pending maps of fetches
}

var (
	_ gpu.Device   = (*Device)(nil)
	_ gpu.Timers   = (*Device)(nil)
	_ gpu.Hardware = (*Device)(nil)
	_ gpu.Waker    = (*Device)(nil)
)

// Open returns the backend on a device, which is its own from then on: Destroy destroys the GPUDevice.
// It takes the device's [jsbridge.Device.OnUncapturedError].
func Open(device *jsbridge.Device) *Device {
	d := &Device{bridge: device, limits: limitsOf(device.Limits())}
	d.queue.init(d)
	d.creations = device.NewCreationErrors(d.creationFailed)
	d.loss.lost = make(chan struct{})
	_ = device.OnUncapturedError(d.uncaptured) // a browser without events has no late errors
	go d.watchLoss()
	device.PumpIfNeeded()
	return d
}

// Adopt is Open for a device that stays the caller's, such as a renderer's. Destroy ends its use here and leaves the
// GPUDevice alone, and listeners that JavaScript has on it stay.
func Adopt(device *jsbridge.Device) *Device {
	d := Open(device)
	d.adopted = true
	return d
}

// Bridge returns the device in jsbridge's terms, for pipelines, textures and passes.
func (d *Device) Bridge() *jsbridge.Device { return d.bridge }

// AfterFunc calls f in an event of JavaScript's when delay has passed.
func (d *Device) AfterFunc(delay time.Duration, f func()) (stop func()) {
	return jsbridge.AfterFunc(delay, f)
}

// Queue is the device's one queue.
func (d *Device) Queue() gpu.Queue { return &d.queue }

// Wake has runnable goroutines run.
func (d *Device) Wake() { jsbridge.Wake() }

// Limits returns the limits that the device was made with.
func (d *Device) Limits() gpu.Limits { return d.limits }

func limitsOf(l jsbridge.Limits) gpu.Limits {
	return gpu.Limits{
		MaxBufferSize:          l.MaxBufferSize,
		MaxUniformBindingSize:  l.MaxUniformBufferBindingSize,
		MaxStorageBindingSize:  l.MaxStorageBufferBindingSize,
		UniformOffsetAlignment: l.MinUniformBufferOffsetAlignment,
		StorageOffsetAlignment: l.MinStorageBufferOffsetAlignment,
	}
}

// OnError sets the function that takes late errors: of creations, with operation and label, and of everything else as
// the browser words it.
func (d *Device) OnError(f func(error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onError = f
}

// report calls OnError. The lock is not held.
func (d *Device) report(err error) {
	d.mu.Lock()
	f := d.onError
	d.mu.Unlock()
	if f != nil {
		f(err)
	}
}

// IsHardware reports whether it is known that a GPU does the work, and not a processor that stands in for one.
func (d *Device) IsHardware() bool {
	info := d.bridge.AdapterInfo()
	return info != (jsbridge.AdapterInfo{}) && !info.IsFallbackAdapter
}
