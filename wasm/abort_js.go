//go:build js && wasm

package main

import (
	"context"
	"syscall/js"
)

// signalContext is a context that an AbortSignal ends; stop lets go of the signal.
func signalContext(signal js.Value) (ctx context.Context, stop func(), err error) {
	if signal.IsUndefined() {
		return context.Background(), func() {}, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	if aborted, err := property(signal, "aborted"); err != nil || aborted.Equal(js.ValueOf(true)) {
		cancel()
		return ctx, cancel, err
	}
	listener := js.FuncOf(func(js.Value, []js.Value) any {
		cancel()
		return nil
	})
	_, err = method(signal, "addEventListener", "abort", listener)
	stop = func() {
		_, _ = method(signal, "removeEventListener", "abort", listener)
		listener.Release()
		cancel()
	}
	return ctx, stop, err
}

// method calls a method of a JavaScript object.
func method(object js.Value, name string, values ...any) (result js.Value, err error) {
	defer rescue(name, &err)
	return object.Call(name, values...), nil
}

// abortReason is the error of a wait that signal ended.
func abortReason(signal js.Value) error {
	reason, err := property(signal, "reason")
	if err != nil {
		return err
	}
	return &abortedError{reason}
}
