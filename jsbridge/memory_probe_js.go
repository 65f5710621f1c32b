//go:build js && wasm

package jsbridge

import (
	"bytes"
	"syscall/js"
)

// probe builds the tap and checks what it catches.
func (m *memory) probe() bool {
	m.build()
	return m.check()
}

// check reports whether the tap catches Go's memory: JavaScript must read a
// slice's bytes at the slice's address.
func (m *memory) check() bool {
	return m.refresh() && m.holds([]byte("gpubuffers probe"))
}

// build makes an empty Uint8Array that keeps the view that it is handed. It
// claims a length of two gigabytes, so that the view is not cut short.
func (m *memory) build() {
	m.class = js.Global().Get("ArrayBuffer")
	m.caught = js.Global().Get("Array").New()
	m.tap = js.Global().Get("Uint8Array").New()
	define(m.tap, "length", 1<<31)
	define(m.tap, "set", m.caught.Get("push").Call("bind", m.caught))
}

func define(target js.Value, name string, value any) {
	js.Global().Get("Object").Call("defineProperty", target, name, map[string]any{"value": value, "writable": true})
}

// refresh asks the tap for the memory's present buffer, and lets go of the view
// that it came in.
func (m *memory) refresh() bool {
	js.CopyBytesToJS(m.tap, []byte{0})
	view := m.caught.Index(0)
	m.caught.Set("length", 0)
	if !isObject(view) {
		return false
	}
	buffer, err := property(view, "buffer")
	if err != nil || !buffer.InstanceOf(m.class) {
		return false
	}
	m.buffer = buffer
	return true
}

func (m *memory) holds(p []byte) bool {
	view, err := m.view(p)
	if err != nil {
		return false
	}
	read := make([]byte, len(p))
	return js.CopyBytesToGo(read, view) == len(p) && bytes.Equal(read, p)
}

// view is a Uint8Array over p. It must not outlive the call it is made for.
func (m *memory) view(p []byte) (js.Value, error) {
	return newUint8Array(m.buffer, m.address(p), len(p))
}
