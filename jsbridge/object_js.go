//go:build js && wasm

package jsbridge

import "syscall/js"

// object is a JavaScript dictionary under construction. A field that is left
// out takes the default that the specification gives it.
type object struct{ js.Value }

func newObject() object { return object{js.Global().Get("Object").New()} }

// text sets a string, unless it is empty.
func (o object) text(key, value string) {
	if value != "" {
		o.Set(key, value)
	}
}

// number sets a number, unless it is zero.
func (o object) number(key string, value float64) {
	if value != 0 {
		o.Set(key, value)
	}
}

// flag sets a boolean, unless it is false.
func (o object) flag(key string, value bool) {
	if value {
		o.Set(key, true)
	}
}

// constants sets a map of pipeline-overridable constants, unless it is empty.
func (o object) constants(values map[string]float64) {
	if len(values) == 0 {
		return
	}
	constants := newObject()
	for name, value := range values {
		constants.Set(name, value)
	}
	o.Set("constants", constants.Value)
}

func list[T any](items []T, value func(*T) js.Value) js.Value {
	array := js.Global().Get("Array").New(len(items))
	for i := range items {
		array.SetIndex(i, value(&items[i]))
	}
	return array
}

func stringList[T ~string](items []T) js.Value {
	return list(items, func(s *T) js.Value { return js.ValueOf(string(*s)) })
}

func stringsOf(array js.Value) []string {
	texts := make([]string, array.Length())
	for i := range texts {
		texts[i] = array.Index(i).String()
	}
	return texts
}

// WholeSize asks for everything from the offset to the end of the buffer.
const WholeSize = ^uint64(0)

func sizeValue(size uint64) js.Value {
	if size == WholeSize {
		return js.Undefined()
	}
	return js.ValueOf(size)
}
