//go:build js && wasm

package webgpu

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// translations give the reason for each kind of browser error.
var translations = []struct{ bridge, reason error }{
	{jsbridge.ErrRange, gpu.ErrRange},
	{jsbridge.ErrType, gpu.ErrType},
	{jsbridge.ErrOutOfMemory, gpu.ErrOutOfMemory},
	{jsbridge.ErrNotSupported, gpu.ErrUnsupported},
}

// translate puts an error of jsbridge into the core's terms; nil stays nil.
func translate(op, label string, err error) error {
	if err == nil {
		return nil
	}
	return &gpu.Error{Op: op, Label: label, Reason: reasonOf(err), Cause: err}
}

func reasonOf(err error) error {
	for _, t := range translations {
		if errors.Is(err, t.bridge) {
			return t.reason
		}
	}
	return gpu.ErrValidation
}

// translated is the error of a call: nil, an error of the core's, or one of jsbridge's in the core's terms. If the
// device is lost, that is the reason.
func (d *Device) translated(op, label string, err error) error {
	if _, ok := err.(*gpu.Error); ok || err == nil {
		return err
	}
	return d.orLost(op, label, translate(op, label, err))
}

// failed returns a settled channel.
func failed(err error) <-chan error {
	settled := make(chan error, 1)
	settled <- err
	return settled
}
