//go:build js && wasm

package jsbridge

import (
	"errors"
	"syscall/js"
)

// CreationErrors hears of each buffer that the device could not make. A device
// finds that out later than the creation returns.
type CreationErrors struct {
	device *Device
	report js.Func
	caught js.Value

	released bool
}

// NewCreationErrors has report called with each such buffer and its error.
// Release it when nothing is created through it any more.
func (d *Device) NewCreationErrors(report func(buffer js.Value, err *Error)) *CreationErrors {
	c := &CreationErrors{device: d}
	c.report = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) == 1 { // the scope of Release was answered
			c.report.Release()
			return nil
		}
		// A scope rejects only if the device is lost, which is told elsewhere.
		if err := reportedError("", args[1]); errors.Is(err, ErrValidation) || errors.Is(err, ErrOutOfMemory) {
			report(args[0], err)
		}
		return nil
	})
	c.caught = fusedCaught.function().Call("bind", js.Null(), c.report)
	return c
}

// Release lets go of report once all earlier creations were answered: scopes
// are answered in order. Further calls do nothing.
func (c *CreationErrors) Release() {
	if c.released {
		return
	}
	c.released = true
	_, err := devicePushErrorScope.call(c.device.v, string(FilterValidation))
	if err == nil {
		err = c.releaseWhenPopped()
	}
	if err != nil {
		c.report.Release()
	}
}

func (c *CreationErrors) releaseWhenPopped() error {
	promise, err := devicePopErrorScope.call(c.device.v)
	if err == nil {
		_, err = fusedThen.call(promise, c.report, c.report)
	}
	return err
}

// CreateBuffer is [Device.CreateBuffer] within error scopes of its own, which
// cost next to nothing as long as they catch nothing.
func (c *CreationErrors) CreateBuffer(descriptor *BufferDescriptor) (*Buffer, error) {
	label := js.Undefined()
	if descriptor.Label != "" {
		label = js.ValueOf(descriptor.Label)
	}
	v, err := fusedCreate.call(c.device.v, label, descriptor.Size, uint32(descriptor.Usage), descriptor.MappedAtCreation, c.caught)
	if err != nil {
		c.popScopes()
		return nil, err
	}
	return c.device.created(v, descriptor), nil
}

// popScopes ends the scopes of a creation that threw.
func (c *CreationErrors) popScopes() {
	for range 2 {
		_, _ = devicePopErrorScope.call(c.device.v)
	}
}
