//go:build js && wasm

package jsbridge

import (
	"runtime"
	"syscall/js"
)

// A method is one method or attribute of a JavaScript class, looked up once
// a process and called with its receiver as the first argument: the form
// Function.prototype.call.bind(Class.prototype.method). Nothing is bound to
// the many short-lived objects, and the class's own check of its receiver
// stays in force, whatever properties the object itself carries.
type method struct {
	class, name string
	attribute   bool   // name is an attribute; calling reads it
	fused       string // the fused call that is called in its place
	fn          js.Value
}

func (m *method) op() string { return m.class + "." + m.name }

// call invokes the method: args[0] is the receiver. What JavaScript throws
// comes back as an *Error. It allocates nothing unless JavaScript throws or
// gives back an object.
func (m *method) call(args ...any) (result js.Value, err error) {
	defer catch(m, &err)
	return m.function().Invoke(args...), nil
}

func (m *method) function() js.Value {
	if m.fn.IsUndefined() {
		apart()
		m.fn = m.lookup()
		apart()
	}
	return m.fn
}

// apart keeps the last value made and the next one out of the same block of
// memory. A js.Value is freed by the finalizer of eight bytes. Go puts two such
// objects into one block, and runs no finalizer while either is in use. So
// apart is called before and after making a value that lives as long as the
// program, and after making one that must be freed with its device.
//
//go:noinline
func apart() *uint64 { return new(uint64) }

// Collect runs Go's collector, which lets go of every JavaScript object that Go
// has met and nothing refers to. By itself the collector would keep the last
// ones: it counts the block for the next small object as in use.
func Collect() {
	apart() // may fill the block up
	apart() // is in another
	runtime.GC()
}

// lookup gives undefined if the browser has no such class or method.
func (m *method) lookup() js.Value {
	if m.fused != "" {
		return FusedCalls().Get(m.fused)
	}
	class := js.Global().Get(m.class)
	if class.Type() != js.TypeFunction {
		return js.Undefined()
	}
	prototype := class.Get("prototype")
	if m.attribute {
		return uncurry(getter(prototype, m.name))
	}
	return uncurry(prototype.Get(m.name))
}

// getter finds an attribute's getter on the prototype or on those it inherits.
func getter(prototype js.Value, name string) js.Value {
	object := js.Global().Get("Object")
	for isObject(prototype) {
		descriptor := object.Call("getOwnPropertyDescriptor", prototype, name)
		if isObject(descriptor) {
			return descriptor.Get("get")
		}
		prototype = object.Call("getPrototypeOf", prototype)
	}
	return js.Undefined()
}

func uncurry(f js.Value) js.Value {
	if f.Type() != js.TypeFunction {
		return js.Undefined()
	}
	call := js.Global().Get("Function").Get("prototype").Get("call")
	return call.Call("bind", f)
}

// catch turns the panic of a JavaScript call into an error. It is the one
// place that recovers.
func catch(m *method, err *error) {
	switch thrown := recover().(type) {
	case nil:
	case js.Error:
		*err = thrownError(m.op(), thrown.Value)
	case *js.ValueError:
		*err = &Error{Op: m.op(), Name: string(ErrNotSupported), Message: "this browser has no such method"}
	default:
		panic(thrown)
	}
}

func isObject(v js.Value) bool {
	return v.Type() == js.TypeObject || v.Type() == js.TypeFunction
}

var reflectGet = method{class: "Reflect", name: "get"}

// property reads a property of an unknown value. Value.Get would end the
// program if a getter throws.
func property(v js.Value, name string) (value js.Value, err error) {
	defer catch(&reflectGet, &err)
	return js.Global().Get("Reflect").Call("get", v, name), nil
}

func textOf(v js.Value, name string) string {
	text, err := property(v, name)
	if err != nil || text.Type() != js.TypeString {
		return ""
	}
	return text.String()
}

func numberOf(v js.Value, name string) uint64 {
	number, err := property(v, name)
	if err != nil || number.Type() != js.TypeNumber {
		return 0
	}
	return uint64(number.Float())
}

// adopt reads the attribute of v. The class's own check makes sure that v is of
// that class.
func adopt(op string, attribute *method, v js.Value) (js.Value, error) {
	value, err := attribute.call(v)
	if err != nil {
		return js.Undefined(), wrongKind(op, attribute.class, v)
	}
	return value, nil
}
