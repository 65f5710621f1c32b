//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"time"
)

// AfterFunc calls f in an event of JavaScript's when d has passed, unless stop
// was called before. f must not block.
//
// NOTE: a timer of package time costs each event an object and two calls of
// JavaScript's while it is set, for Go's runtime then clears its timeout and
// sets another.
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
