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
// memory, is its Failure.
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
	bridge := jsbridge.BufferDescriptor{
		Label:            desc.Label,
		Size:             desc.Size,
		Usage:            specUsage(desc.Usage),
		MappedAtCreation: desc.MappedAtCreation,
	}
	checked := !desc.MappedAtCreation && checkedLater(desc.Size, desc.Usage)
	if err := d.creations.CreateBuffer(&b.made, &bridge, checked); err != nil {
		return d.orLost("create", desc.Label, creationError(desc.Label, err))
	}
	b.device, b.bridge, b.usage = d, &b.made, desc.Usage
	b.life.Create(desc)
	return nil
}

var mostChecked uint64 = 4 << 20

// MostChecked is the size of the largest buffers that are made without error scopes. The two scopes of a larger one cost
// little beside its memory, and a lack of memory is met there first.
func MostChecked() uint64 { return mostChecked }

// checkedLater reports whether a buffer is made without error scopes, and checked at the end of the task. If there is no
// memory for it, that is an error of the device's too, which a scope of the page's can catch.
func checkedLater(size uint64, usage gpu.Usage) bool {
	const mappable = gpu.UsageMapRead | gpu.UsageMapWrite
	return size <= mostChecked && usage&mappable == 0 && usage&gpu.UsageCopyDst != 0
}

// Creations are for a host that makes GPUBuffers itself, where that costs less: see [jsbridge.CreationErrors.Leave].
func (d *Device) Creations() *jsbridge.CreationErrors { return d.creations }

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
	d.mu.Lock()
	if cause.Is(jsbridge.ErrValidation) { // of a check: the buffer keeps every rule, so there was no memory
		cause.Name = string(jsbridge.ErrOutOfMemory)
		if len(d.uncounted) > 0 {
			cause, d.uncounted = d.uncounted[0], d.uncounted[1:]
		}
	}
	err := translate("create", label, cause)
	d.failures = append(d.failures, failure{b, err})
	d.mu.Unlock()
	d.report(err)
}

// uncaptured reports an error that no scope caught. A lack of memory may be that of a buffer that a check is about
// to find: then it is the cause of that buffer's Failure, and not told twice.
func (d *Device) uncaptured(err *jsbridge.Error) {
	if !err.Is(jsbridge.ErrOutOfMemory) || d.creations.WhenKnown(d.reportUncounted) != nil {
		d.report(translate("uncaptured error", "", err))
		return
	}
	d.mu.Lock()
	d.uncounted = append(d.uncounted, err)
	d.mu.Unlock()
}

// reportUncounted reports the lacks of memory that were not those of buffers.
func (d *Device) reportUncounted(uint64, error) error {
	d.mu.Lock()
	rest := d.uncounted
	d.uncounted = nil
	d.mu.Unlock()
	for _, err := range rest {
		d.report(translate("uncaptured error", "", err))
	}
	return nil
}

// Failure is the browser's later error of the creation of b.
func (b *buffer) Failure() error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	return b.failure()
}

func (b *buffer) failure() error {
	for _, f := range b.device.failures {
		if b.bridge.Is(f.buffer) {
			return f.err
		}
	}
	return nil
}

func (f *failures) drop(b *buffer) {
	*f = slices.DeleteFunc(*f, func(f failure) bool { return b.bridge.Is(f.buffer) })
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
