//go:build js && wasm

package main

import "syscall/js"

// function is one that JavaScript may call.
type function struct {
	name string // by which errors call it, too: a host with names of its own translates it
	do   func(*call) (any, error)
}

// export makes the JavaScript function, which lives as long as the module.
func (f function) export() js.Func {
	return js.FuncOf(func(_ js.Value, values []js.Value) any {
		result, err := f.run(values)
		if err != nil {
			return errorValue(f.name, err)
		}
		return result
	})
}

// run is where a panic ends, so that no argument ends the module.
func (f function) run(values []js.Value) (result any, err error) {
	defer rescue(f.name, &err)
	return f.do(&call{op: f.name, values: values})
}

// numeric is what a function does that gives a number, as exports do.
func numeric(do func(*call) (float64, error)) func(*call) (any, error) {
	return func(c *call) (any, error) { return do(c) }
}

// rescue turns a panic into an error.
func rescue(op string, err *error) {
	if thrown := recover(); thrown != nil {
		*err = &internalError{op, thrown}
	}
}

// internalError is a panic: a fault of the module's own, or a JavaScript value that lies about itself.
type internalError struct {
	op     string
	thrown any
}

func (e *internalError) Error() string { return e.op + ": " + e.Text() }

// Text says what was thrown.
func (e *internalError) Text() string { return "internal error: " + textOf(e.thrown) }

func textOf(thrown any) string {
	switch t := thrown.(type) {
	case error:
		return t.Error()
	case string:
		return t
	}
	return "unknown"
}
