//go:build js && wasm

package main

import "syscall/js"

// JavaScript hands over values of any kind. The accessors of js.Value panic on a wrong type, and Get
// lets what a getter throws pass through Go's frames, which ends the program: values are looked at
// through the functions of this file alone.

// is reports whether v is of type t. Value.Type panics on a BigInt.
func is(v js.Value, t js.Type) (yes bool) {
	defer func() { _ = recover() }()
	return v.Type() == t
}

// typeName says in an error message what v is.
func typeName(v js.Value) (name string) {
	defer func() {
		if recover() != nil {
			name = "a bigint"
		}
	}()
	switch t := v.Type(); t {
	case js.TypeUndefined, js.TypeNull:
		return t.String()
	case js.TypeObject:
		return "an object"
	default:
		return "a " + t.String()
	}
}

// isObject reports whether v can have properties.
func isObject(v js.Value) bool { return is(v, js.TypeObject) || is(v, js.TypeFunction) }

var reflect struct{ get, isArray js.Value }

func init() {
	reflect.get = js.Global().Get("Reflect").Get("get")
	reflect.isArray = js.Global().Get("Array").Get("isArray")
}

// property reads a property. What a getter or a Proxy throws is the error.
func property(object js.Value, key any) (value js.Value, err error) {
	defer rescue("read a property", &err)
	return reflect.get.Invoke(object, key), nil
}

// isArray reports whether v is an Array, or a Proxy of one.
func isArray(v js.Value) bool {
	yes, err := invoke(reflect.isArray, v)
	return err == nil && yes.Bool()
}

// whole is a number that is whole and from 0 to 2^53 - 1.
func whole(f float64) (n uint64, ok bool) {
	if !(f >= 0 && f <= 1<<53-1) {
		return 0, false
	}
	n = uint64(f)
	return n, float64(n) == f
}

// invoke calls a JavaScript function. What it throws is the error.
func invoke(f js.Value, values ...any) (result js.Value, err error) {
	defer rescue("call", &err)
	return f.Invoke(values...), nil
}

// construct is new class(values...).
func construct(class js.Value, values ...any) (object js.Value, err error) {
	defer rescue("construct", &err)
	return class.New(values...), nil
}
