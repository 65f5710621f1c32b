//go:build js && wasm

package main

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// errorValue is err of a call of a function, for JavaScript. Errors that no call has, which are late, name the
// operation themselves: their function is "".
func errorValue(function string, err error) js.Value {
	told := described(function, err)
	if esModule.attached {
		if value, err := invoke(esModule.newError, told...); err == nil && isObject(value) {
			return value
		}
	}
	return plainError(told)
}

// described lists code, function, label, text and cause.
func described(function string, err error) []any {
	code := buffers.Code(err)
	if code == "" {
		code = "internal"
	}
	e, ok := errors.AsType[*buffers.Error](err)
	if !ok {
		return []any{code, function, "", buffers.Text(err), causeOf(err)}
	}
	if function == "" {
		function = e.Op
	}
	told := *e
	if told.Cause == context.Canceled { // by the module, which must not wait: see noWait
		told.Cause = nil
	}
	return []any{code, function, told.Label, told.Text(), causeOf(err)}
}

// plainError is that of a page without the ES module.
func plainError(told []any) js.Value {
	message := "gpubuffers: " + told[1].(string) + ": " + told[3].(string)
	e := js.Global().Get("Error").New(message)
	for i, name := range [...]string{"code", "operation", "label"} {
		e.Set(name, told[i])
	}
	e.Set("cause", told[4])
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
