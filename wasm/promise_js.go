//go:build js && wasm

package main

import "syscall/js"

var promiseFunctions = []function{
	{"wake", "wake", wake}, // (): has goroutines run that an export has awakened
}

// promises makes every Promise of the module, but for those that the ES module makes.
var promises struct {
	class           js.Value
	executor        js.Func
	resolve, reject js.Value // of the Promise that was made last

	// settle is the ES module's: (number, value, failed). It settles the Promise that the ES module made
	// for the call before which it gave the number, so that none of the values above cross.
	settle js.Value
	number float64 // or 0
}

func init() {
	promises.class = js.Global().Get("Promise")
	promises.executor = js.FuncOf(func(_ js.Value, functions []js.Value) any {
		promises.resolve, promises.reject = functions[0], functions[1]
		return nil
	})
}

// wake does nothing: the event that it is called in does the rest.
func wake(*call) (any, error) { return nil, nil }

// promise waits in a goroutine, since a function that JavaScript called must not block, and returns the
// Promise of its outcome, or undefined where the ES module made it.
func promise(op string, wait func() (any, error)) js.Value {
	if number := promises.number; number != 0 {
		promises.number = 0
		go func() {
			value, failed := outcome(op, wait)
			promises.settle.Invoke(number, value, failed)
		}()
		return js.Undefined()
	}
	p := promises.class.New(promises.executor)
	resolve, reject := promises.resolve, promises.reject
	go func() {
		value, failed := outcome(op, wait)
		if failed {
			reject.Invoke(value)
		} else {
			resolve.Invoke(value)
		}
	}()
	return p
}

// outcome is what a Promise is settled with.
func outcome(op string, wait func() (any, error)) (value any, failed bool) {
	result, err := await(op, wait)
	switch {
	case err != nil:
		return errorValue(err), true
	case result == nil:
		return js.Undefined(), false
	}
	return result, false
}

func await(op string, wait func() (any, error)) (result any, err error) {
	defer rescue(op, &err)
	return wait()
}
