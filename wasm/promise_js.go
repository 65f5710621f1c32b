//go:build js && wasm

package main

import "syscall/js"

// promises makes every Promise of the module, but for those that the ES module makes.
var promises struct {
	class           js.Value
	executor        js.Func
	resolve, reject js.Value // of the Promise that was made last

	// number is that of the Promise that the ES module made for the call, so that none of the values above cross; or 0.
	number float64
}

func init() {
	promises.class = js.Global().Get("Promise")
	promises.executor = js.FuncOf(func(_ js.Value, functions []js.Value) any {
		promises.resolve, promises.reject = functions[0], functions[1]
		return nil
	})
}

// promise waits in a goroutine, since a function that JavaScript called must not block, and returns the
// Promise of its outcome, or undefined if the ES module made it.
func promise(op string, wait func() (any, error)) js.Value {
	p, settle := newPromise(op)
	go func() { settle(await(op, wait)) }()
	return p
}

// newPromise is a Promise that settle settles, once, or undefined if the ES module made it.
func newPromise(op string) (p js.Value, settle func(any, error)) {
	if number := promises.number; number != 0 {
		promises.number = 0
		return js.Undefined(), func(result any, err error) {
			value, failed := outcome(op, result, err)
			esModule.settle.Invoke(number, value, failed)
		}
	}
	p = promises.class.New(promises.executor)
	resolve, reject := promises.resolve, promises.reject
	return p, func(result any, err error) {
		if value, failed := outcome(op, result, err); failed {
			reject.Invoke(value)
		} else {
			resolve.Invoke(value)
		}
	}
}

// outcome is what a Promise is settled with.
func outcome(op string, result any, err error) (value any, failed bool) {
	switch {
	case err != nil:
		return errorValue(op, err), true
	case result == nil:
		return js.Undefined(), false
	}
	return result, false
}

func await(op string, wait func() (any, error)) (result any, err error) {
	defer rescue(op, &err)
	return wait()
}
