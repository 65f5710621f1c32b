//go:build js && wasm

package jsbridge

import "syscall/js"

// features is a GPUSupportedFeatures, a set of names.
//
// See https://www.w3.org/TR/webgpu/#gpusupportedfeatures.
type features struct{ v js.Value }

func (f features) names() []string {
	return stringsOf(js.Global().Get("Array").Call("from", f.v))
}

func (f features) has(name string) bool { return f.v.Call("has", name).Bool() }
