//go:build js && wasm

package main

import "syscall/js"

// A method is called by JavaScript in a goroutine of its own, so it may wait.
type method func(args []js.Value) (any, error)

// object makes a JavaScript object of methods, each to be called with the two functions of a promise before
// its arguments. If there is a method destroy, it ends all of them.
func object(methods map[string]method) js.Value {
	o := js.Global().Get("Object").New()
	var made []js.Func
	for name, m := range methods {
		f := settling(m)
		if name == "destroy" {
			f = settling(func(args []js.Value) (any, error) {
				defer release(&made)
				return m(args)
			})
		}
		made = append(made, f)
		o.Set(name, f)
	}
	return o
}

func release(made *[]js.Func) {
	for _, f := range *made {
		f.Release()
	}
}

func settling(m method) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			value, err := m(args[2:])
			if err != nil {
				reject.Invoke(err.Error())
				return
			}
			resolve.Invoke(value)
		}()
		return nil
	})
}
