//go:build js && wasm

package main

import "syscall/js"

// microtasks run when the task that asked for them ends, when no lock of the core is held, so that what
// they call may call the module.
var microtasks struct {
	enqueue js.Value
	run     js.Func
	queue   []func()
}

func init() {
	microtasks.enqueue = js.Global().Get("queueMicrotask")
	microtasks.run = js.FuncOf(func(js.Value, []js.Value) any {
		queue := microtasks.queue
		microtasks.queue = nil
		for _, f := range queue {
			f()
		}
		return nil
	})
}

// later runs f in a microtask. f must not panic.
func later(f func()) {
	microtasks.queue = append(microtasks.queue, f)
	if len(microtasks.queue) == 1 {
		microtasks.enqueue.Invoke(microtasks.run)
	}
}

// notify calls a function of the page's. What it throws is reported as an event listener's would be.
func notify(f js.Value, values ...any) {
	_, err := invoke(f, values...)
	if e, ok := err.(*internalError); ok {
		if thrown, ok := e.thrown.(js.Error); ok {
			_, _ = invoke(js.Global().Get("reportError"), thrown.Value)
		}
	}
}
