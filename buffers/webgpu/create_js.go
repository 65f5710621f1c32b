//go:build js && wasm

package webgpu

import (
	"errors"
	"slices"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// CreateBuffer makes a buffer that only the GPU can use. An error that the browser finds later, such as a lack of
// memory, is its Failure. It arrives as the answer to an error scope; the answers come in the order of the calls.
func (d *Device) CreateBuffer(desc *gpu.Descriptor) (gpu.Buffer, error) {
	b := &buffer{}
	if err := d.create(desc, desc.Validate, b); err != nil {
		return nil, err
	}
	return b, nil
}

// CreateMappableBuffer makes a buffer that can be mapped. Late errors are those of CreateBuffer.
func (d *Device) CreateMappableBuffer(desc *gpu.Descriptor) (gpu.MappableBuffer, error) {
	b := &mappable{}
	if err := d.create(desc, desc.ValidateMappable, &b.buffer); err != nil {
		return nil, err
	}
	b.completion, b.fetched = b.completeMap, b.completeFetch
	return b, nil
}

func (d *Device) create(desc *gpu.Descriptor, validate func(gpu.Limits) error, b *buffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("create", desc.Label); err != nil {
		return err
	}
	if err := validate(d.limits); err != nil {
		return err
	}
	bridge, err := d.creations.CreateBuffer(&jsbridge.BufferDescriptor{
		Label:            desc.Label,
		Size:             desc.Size,
		Usage:            specUsage(desc.Usage),
		MappedAtCreation: desc.MappedAtCreation,
	})
	if err != nil {
		return d.orLost("create", desc.Label, creationError(desc.Label, err))
	}
	b.device, b.bridge, b.usage = d, bridge, desc.Usage
	b.life.Create(desc)
	return nil
}

// failures are the buffers that turned out later not to be made.
type failures []failure

type failure struct {
	buffer js.Value
	err    error
}

// creationFailed records and reports an error that the browser found later.
func (d *Device) creationFailed(b js.Value, cause *jsbridge.Error) {
	label := ""
	if bridge, err := jsbridge.AdoptBuffer(b); err == nil {
		label = bridge.Label()
	}
	err := translate("create", label, cause)
	d.mu.Lock()
	d.failures = append(d.failures, failure{b, err})
	d.mu.Unlock()
	d.report(err)
}

// Failure is the browser's later error of the creation of b.
func (b *buffer) Failure() error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.failure()
}

func (b *buffer) failure() error {
	for _, f := range b.device.failures {
		if f.buffer.Equal(b.bridge.JSValue()) {
			return f.err
		}
	}
	return nil
}

func (f *failures) drop(b *buffer) {
	*f = slices.DeleteFunc(*f, func(f failure) bool { return f.buffer.Equal(b.bridge.JSValue()) })
}

// creationError is the error of a creation that threw.
//
// NOTE: mappedAtCreation throws a RangeError if there is no memory for the mapping, and also if the GPU process crashed
// and the loss was not reported yet (measured in Chromium).
func creationError(label string, err error) error {
	if errors.Is(err, jsbridge.ErrRange) {
		return &gpu.Error{Op: "create", Label: label, Reason: gpu.ErrOutOfMemory, Cause: err}
	}
	return translate("create", label, err)
}
