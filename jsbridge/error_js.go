//go:build js && wasm

package jsbridge

import (
	"errors"
	"syscall/js"
)

// Error is a value that JavaScript threw or rejected with, or an error that
// the device reported.
//
// Name is the exception's name ("TypeError", "AbortError", ...) or, for what
// the device reports, the GPUError's class without its prefix
// ("ValidationError", "OutOfMemoryError", "InternalError"). Compare it through
// [errors.Is] and the Err... values of this package.
type Error struct {
	Op      string   // the call that failed: "GPUBuffer.mapAsync"
	Name    string   // what kind of failure
	Message string   // the browser's own words
	Cause   js.Value // the thrown value itself; undefined if Go found the fault
}

// Error names operation, kind and message.
func (e *Error) Error() string {
	if e.Op == "" {
		return "jsbridge: " + e.Text()
	}
	return "jsbridge: " + e.Op + ": " + e.Text()
}

// Text is Error without package and operation.
func (e *Error) Text() string {
	if e.Message == "" {
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// Is makes errors.Is(err, ErrAbort) and its like compare names.
func (e *Error) Is(target error) bool {
	name, ok := target.(errorName)
	return ok && string(name) == e.Name
}

// JSValue is the thrown value itself.
func (e *Error) JSValue() js.Value { return e.Cause }

type errorName string

func (n errorName) Error() string { return "jsbridge: " + string(n) }

// The names a WebGPU call throws or rejects with, for [errors.Is].
const (
	ErrAbort        errorName = "AbortError"        // unmapped or destroyed while the map was pending, or the device was lost
	ErrOperation    errorName = "OperationError"    // a rule of the call broken, or the device lost
	ErrType         errorName = "TypeError"         // a value of the wrong kind, or a number out of its type's range
	ErrRange        errorName = "RangeError"        // no host memory, or a range outside its array
	ErrInvalidState errorName = "InvalidStateError" // the object cannot do this now
	ErrNotSupported errorName = "NotSupportedError" // the browser has no such method
	ErrPipeline     errorName = "GPUPipelineError"  // an asynchronous pipeline could not be made
)

// The kinds of error a device reports, for [errors.Is].
const (
	ErrValidation  errorName = "ValidationError"
	ErrOutOfMemory errorName = "OutOfMemoryError"
	ErrInternal    errorName = "InternalError"
)

var (
	// ErrUnavailable says that there is no navigator.gpu here.
	ErrUnavailable = errors.New("jsbridge: this browser or context has no navigator.gpu")
	// ErrNoAdapter says that requestAdapter gave null.
	ErrNoAdapter = errors.New("jsbridge: GPU.requestAdapter: no adapter for these options")
)

func wrongKind(op, class string, v js.Value) *Error {
	return &Error{Op: op, Name: string(ErrType), Message: "a " + class + " is needed, not " + describe(v), Cause: js.Undefined()}
}

func describe(v js.Value) string {
	switch v.Type() {
	case js.TypeUndefined, js.TypeNull:
		return v.Type().String()
	case js.TypeObject, js.TypeFunction:
		return "another " + v.Type().String()
	default:
		return "a " + v.Type().String()
	}
}

// thrownError names what a call threw or a promise rejected with.
func thrownError(op string, thrown js.Value) *Error {
	e := &Error{Op: op, Name: "Error", Cause: thrown}
	if !isObject(thrown) {
		e.Message = thrown.String()
		return e
	}
	if name := textOf(thrown, "name"); name != "" {
		e.Name = name
	}
	e.Message = textOf(thrown, "message")
	return e
}

// reportedError names a GPUError: undefined and null mean no error.
//
// See https://www.w3.org/TR/webgpu/#gpuerror.
func reportedError(op string, reported js.Value) *Error {
	if !isObject(reported) {
		return nil
	}
	return &Error{Op: op, Name: errorKind(reported), Message: textOf(reported, "message"), Cause: reported}
}

func errorKind(reported js.Value) string {
	for _, kind := range [...]errorName{ErrValidation, ErrOutOfMemory, ErrInternal} {
		class := js.Global().Get("GPU" + string(kind))
		if class.Type() == js.TypeFunction && reported.InstanceOf(class) {
			return string(kind)
		}
	}
	return "Error"
}
