//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	devicePushErrorScope = method{class: "GPUDevice", name: "pushErrorScope"}
	devicePopErrorScope  = method{class: "GPUDevice", name: "popErrorScope"}
)

// ErrorFilter is the kind of error that a scope catches.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpuerrorfilter.
type ErrorFilter string

// The filters.
const (
	FilterValidation  ErrorFilter = "validation"
	FilterOutOfMemory ErrorFilter = "out-of-memory"
	FilterInternal    ErrorFilter = "internal"
)

// PushErrorScope begins to catch errors of one kind.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-pusherrorscope.
func (d *Device) PushErrorScope(filter ErrorFilter) error {
	_, err := devicePushErrorScope.call(d.v, string(filter))
	return err
}

// PopErrorScope ends the innermost scope. The channel receives once: nil
// if the scope caught nothing, else the first error it caught. A scope
// that could not be popped arrives there too, as an [ErrOperation].
//
// NOTE: after a crash of the GPU process Chromium rejects with
// OperationError, although the specification resolves (measured).
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-poperrorscope.
func (d *Device) PopErrorScope() <-chan error {
	promise, err := devicePopErrorScope.call(d.v)
	if err != nil {
		return failed(err)
	}
	return settle(&devicePopErrorScope, promise, scopeError)
}

func scopeError(reported js.Value) error {
	if err := reportedError("", reported); err != nil {
		return err
	}
	return nil
}
