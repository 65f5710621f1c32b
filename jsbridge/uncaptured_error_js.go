//go:build js && wasm

package jsbridge

import (
	"sync"
	"syscall/js"
)

var (
	addEventListener    = method{class: "EventTarget", name: "addEventListener"}
	removeEventListener = method{class: "EventTarget", name: "removeEventListener"}
)

const uncapturedEvent = "uncapturederror"

type uncapturedErrors struct {
	mu       sync.Mutex
	listener js.Func
	active   bool
}

// OnUncapturedError calls f for every error that no scope caught, in place of
// the function given before; nil ends it and frees the listener. f runs in
// JavaScript's event and must not block. Listeners that others have on the
// device are left alone.
//
// See https://www.w3.org/TR/webgpu/#eventdef-gpudevice-uncapturederror.
func (d *Device) OnUncapturedError(f func(*Error)) error {
	d.errors.mu.Lock()
	defer d.errors.mu.Unlock()
	if err := d.removeListener(); err != nil || f == nil {
		return err
	}
	return d.addListener(f)
}

func (d *Device) addListener(f func(*Error)) error {
	listener := js.FuncOf(func(_ js.Value, args []js.Value) any {
		reported, _ := property(first(args), "error")
		if err := reportedError(uncapturedEvent, reported); err != nil {
			f(err)
		}
		return nil
	})
	if _, err := addEventListener.call(d.v, uncapturedEvent, listener); err != nil {
		listener.Release()
		return err
	}
	d.errors.listener, d.errors.active = listener, true
	return nil
}

func (d *Device) removeListener() error {
	if !d.errors.active {
		return nil
	}
	_, err := removeEventListener.call(d.v, uncapturedEvent, d.errors.listener)
	d.errors.listener.Release()
	d.errors.active = false
	return err
}
