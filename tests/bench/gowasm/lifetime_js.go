//go:build js && wasm

package main

import "syscall/js"

// lifetime makes n that stay, makes and destroys n, and destroys those that stayed.
func lifetime[B any](create func() (B, error), destroy func(B)) js.Value {
	var kept []B
	clear := func([]js.Value) (any, error) {
		for _, b := range kept {
			destroy(b)
		}
		kept = nil
		return nil, nil
	}
	return object(map[string]method{
		"clear":   clear,
		"destroy": clear,
		"live": func(args []js.Value) (any, error) { // (n)
			for range args[0].Int() {
				b, err := create()
				if err != nil {
					return nil, err
				}
				kept = append(kept, b)
			}
			return nil, nil
		},
		"churn": func(args []js.Value) (any, error) { // (n)
			for range args[0].Int() {
				b, err := create()
				if err != nil {
					return nil, err
				}
				destroy(b)
			}
			return nil, nil
		},
	})
}
