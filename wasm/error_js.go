//go:build js && wasm

package main

import (
	"errors"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// errorFactory makes the Errors that JavaScript sees, where it set one:
// (code, operation, label, message, cause) => Error.
var errorFactory js.Value

// errorValue is err for JavaScript.
func errorValue(err error) js.Value {
	if a, ok := err.(*abortedError); ok {
		return a.reason
	}
	if value, err := invoke(errorFactory, described(err)...); err == nil && isObject(value) {
		return value
	}
	return plainError(described(err))
}

// described lists code, operation, label, message and cause.
func described(err error) []any {
	code := buffers.Code(err)
	if code == "" {
		code = "internal"
	}
	var e buffers.Error
	if p := (*buffers.Error)(nil); errors.As(err, &p) {
		e = *p
	} else if i := (*internalError)(nil); errors.As(err, &i) {
		e.Op = i.op
	}
	return []any{code, e.Op, e.Label, err.Error(), causeOf(err)}
}

func plainError(d []any) js.Value {
	e := js.Global().Get("Error").New(d[3])
	for i, name := range [...]string{"code", "operation", "label", "message", "cause"} {
		e.Set(name, d[i])
	}
	return e
}

// causeOf is what the browser threw, or undefined.
func causeOf(err error) js.Value {
	var thrown js.Error
	var bridged *jsbridge.Error
	var internal *internalError
	switch {
	case errors.As(err, &bridged):
		return bridged.Cause
	case errors.As(err, &internal):
		if thrown, ok := internal.thrown.(js.Error); ok {
			return thrown.Value
		}
	case errors.As(err, &thrown):
		return thrown.Value
	}
	return js.Undefined()
}

// abortedError is a wait that an AbortSignal ended.
type abortedError struct{ reason js.Value }

func (e *abortedError) Error() string { return "gpubuffers: aborted by the signal" }
