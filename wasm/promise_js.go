//go:build js && wasm

package main

import "syscall/js"

// promises makes every Promise of the module.
var promises struct {
	class           js.Value
	executor        js.Func
	resolve, reject js.Value // of the Promise that was made last
}

func init() {
	promises.class = js.Global().Get("Promise")
	promises.executor = js.FuncOf(func(_ js.Value, functions []js.Value) any {
		promises.resolve, promises.reject = functions[0], functions[1]
		return nil
	})
}

// promise waits in a goroutine, since a function that JavaScript called must not block, and returns the
// Promise of its outcome.
func promise(op string, wait func() (any, error)) js.Value {
	p := promises.class.New(promises.executor)
	resolve, reject := promises.resolve, promises.reject
	go func() {
		result, err := await(op, wait)
		if err != nil {
			reject.Invoke(errorValue(err))
			return
		}
		if result == nil {
			result = js.Undefined()
		}
		resolve.Invoke(result)
	}()
	return p
}

func await(op string, wait func() (any, error)) (result any, err error) {
	defer rescue(op, &err)
	return wait()
}
