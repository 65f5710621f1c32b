//go:build js && wasm

package webgpu

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// CreateBuffer makes a buffer that only the GPU can use. What the browser finds out later, such as
// that there is no memory for it, goes to OnError, and the buffer is not Valid any more.
func (d *Device) CreateBuffer(desc *buffers.Descriptor) (buffers.Buffer, error) {
	b := &buffer{}
	if err := d.create(desc, desc.Validate, b); err != nil {
		return nil, err
	}
	return b, nil
}

// CreateMappableBuffer makes a buffer that can be mapped. Late errors are those of CreateBuffer.
func (d *Device) CreateMappableBuffer(desc *buffers.Descriptor) (buffers.MappableBuffer, error) {
	b := &mappable{}
	if err := d.create(desc, desc.ValidateMappable, &b.buffer); err != nil {
		return nil, err
	}
	b.completion = b.completeMap
	return b, nil
}

func (d *Device) create(desc *buffers.Descriptor, validate func(buffers.Limits) error, b *buffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("create", desc.Label); err != nil {
		return err
	}
	if err := validate(d.limits); err != nil {
		return err
	}
	bridge, err := d.createScoped(desc, b)
	if err != nil {
		return d.orLost("create", desc.Label, creationError(desc.Label, err))
	}
	b.device, b.bridge, b.usage = d, bridge, desc.Usage
	b.life.Create(desc)
	return nil
}

// createScoped makes the GPUBuffer within error scopes, so that what goes wrong later is known to be
// of this buffer.
func (d *Device) createScoped(desc *buffers.Descriptor, b *buffer) (*jsbridge.Buffer, error) {
	if err := d.bridge.PushErrorScope(jsbridge.FilterValidation); err != nil {
		return nil, err
	}
	defer d.popScope(b)
	if err := d.bridge.PushErrorScope(jsbridge.FilterOutOfMemory); err != nil {
		return nil, err
	}
	defer d.popScope(b)
	return d.bridge.CreateBuffer(&jsbridge.BufferDescriptor{
		Label:            desc.Label,
		Size:             desc.Size,
		Usage:            specUsage(desc.Usage),
		MappedAtCreation: desc.MappedAtCreation,
	})
}

func (d *Device) popScope(b *buffer) {
	_ = d.bridge.PopErrorScopeThen(0, b.creationScope)
}

// creationScope takes the verdict of a scope. A scope that rejects does so because the device is lost,
// which is told elsewhere.
func (b *buffer) creationScope(_ uint64, err error) error {
	if !errors.Is(err, jsbridge.ErrValidation) && !errors.Is(err, jsbridge.ErrOutOfMemory) {
		return nil
	}
	failure := translate("create", b.Label(), err)
	b.device.mu.Lock()
	b.failure = failure
	b.device.mu.Unlock()
	b.device.report(failure)
	return nil
}

// creationError is the error of a creation that threw.
//
// NOTE: mappedAtCreation throws a RangeError where there is no memory for the mapping, and also when
// the GPU process crashed and the loss was not reported yet (measured in Chromium).
func creationError(label string, err error) error {
	if errors.Is(err, jsbridge.ErrRange) {
		return &buffers.Error{Op: "create", Label: label, Reason: buffers.ErrOutOfMemory, Cause: err}
	}
	return translate("create", label, err)
}
