//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"time"
)

// AfterFunc calls f in an event of JavaScript's when d has passed, unless stop
// was called before. f must not block.
//
// NOTE: while a timer of package time is set, each event costs an object and
// two JavaScript calls: Go's runtime clears its timeout and sets another.
func AfterFunc(d time.Duration, f func()) (stop func()) {
	var event js.Func
	event = js.FuncOf(func(js.Value, []js.Value) any {
		event.Release()
		f()
		return nil
	})
	timeout := js.Global().Call("setTimeout", event, float64(d)/float64(time.Millisecond))
	return func() {
		js.Global().Call("clearTimeout", timeout)
		event.Release()
	}
}
