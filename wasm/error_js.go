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
	if p, ok := errors.AsType[*buffers.Error](err); ok {
		e = *p
	} else if i, ok := errors.AsType[*internalError](err); ok {
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
	if bridged, ok := errors.AsType[*jsbridge.Error](err); ok {
		return bridged.Cause
	}
	if internal, ok := errors.AsType[*internalError](err); ok {
		err, _ = internal.thrown.(error)
	}
	if thrown, ok := errors.AsType[js.Error](err); ok {
		return thrown.Value
	}
	return js.Undefined()
}
