//go:build js && wasm

// Modelprogram performs programs of package model by Go's API on the browser's GPU. Package headless loads it into a page,
// and judges what it takes down.
package main

import (
	"context"
	"encoding/json"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/tests/model"
)

func main() {
	js.Global().Set("performProgram", js.FuncOf(func(_ js.Value, args []js.Value) any {
		text, patience := args[0].String(), args[1].Int()
		return promise(func() (string, error) { return perform(text, patience) })
	}))
	select {}
}

// perform performs a program's text and gives the steps, as JSON. All times are so many times as long.
func perform(text string, patience int) (string, error) {
	p, err := model.Parse(text)
	if err != nil {
		return "", err
	}
	d, err := request(context.Background(), patience)
	if err != nil {
		return "", err
	}
	w, err := model.Open(d, p.World)
	if err != nil {
		return "", err
	}
	defer w.Close()
	var steps []model.Step
	for step := range w.Perform(p.Ops) {
		steps = append(steps, step)
	}
	trace, err := json.Marshal(steps)
	return string(trace), err
}

// promise is a Promise of what f gives.
func promise(f func() (string, error)) js.Value {
	executor := js.FuncOf(func(_ js.Value, settle []js.Value) any {
		go func() {
			if value, err := f(); err != nil {
				settle[1].Invoke(err.Error())
			} else {
				settle[0].Invoke(value)
			}
		}()
		return nil
	})
	defer executor.Release()
	return js.Global().Get("Promise").New(executor)
}

// await waits for a Promise that resolves.
func await(p js.Value) {
	done := make(chan struct{})
	resolved := js.FuncOf(func(js.Value, []js.Value) any { close(done); return nil })
	defer resolved.Release()
	p.Call("then", resolved)
	<-done
}
