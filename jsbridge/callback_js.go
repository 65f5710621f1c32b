//go:build js && wasm

package jsbridge

import "syscall/js"

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// A newCallback makes the callback for a number: it calls an export of the
// module with that number. The export settles promises that resolve with
// nothing; JavaScript calls it about a thousand times faster than a js.Func.
type newCallback func(number int) js.Value

// exportName is the name of the export [resolved].
const exportName = "gpubuffers_resolved"

// resolved settles the promise that waits under a number. If it gives 1, a
// goroutine is awake. The loader's _resume, or Go's export "resume", then runs
// it, at the cost of an event.
//
//go:wasmexport gpubuffers_resolved
func resolved(number float64) (awake float64) {
	if s := slotOf(number); s != nil {
		s.finish(s.resolved(nil))
	}
	if Woken() {
		return 1
	}
	return 0
}

// awake says that a goroutine or a timer is to run. Within an event of
// syscall/js both run by themselves; a call of an export returns before.
var awake bool

// Wake is called whenever a goroutine or a timer was started, or a goroutine
// was told something.
func Wake() { awake = true }

// Woken reports whether Wake was called since the last call of Woken.
func Woken() bool {
	woken := awake
	awake = false
	return woken
}

// slotOf is the waiting slot with the number that JavaScript gave, or nil.
func slotOf(number float64) *slot {
	if !(number >= 0 && number < float64(len(slots.all))) {
		return nil
	}
	if s := slots.all[int(number)]; s.waits && float64(s.number) == number {
		return s
	}
	return nil
}

// SetCallbacks lets host make the callbacks. For a number, host gives a
// callback that calls the export gpubuffers_resolved with it. Values made just
// before SetCallbacks live as long as the program.
func SetCallbacks(host js.Value) {
	apart()
	defer apart()
	slots.Lock()
	defer slots.Unlock()
	slots.newCallback = func(number int) js.Value { return host.Invoke(number) }
	for _, s := range slots.all {
		s.plain = slots.newCallback(s.number)
	}
}

// loadersCallbacks makes the callbacks of a program that the loader of Go
// runs. It is nil if the loader lacks the parts that they use.
func loadersCallbacks(loader js.Value) newCallback {
	if !isObject(loader) || !isObject(loader.Get("_inst")) {
		return nil
	}
	exports := loader.Get("_inst").Get("exports")
	if !isObject(exports) || loader.Get("_resume").Type() != js.TypeFunction || exports.Get(exportName).Type() != js.TypeFunction {
		return nil
	}
	settled := FusedCalls().Get("settled")
	return func(number int) js.Value {
		return settled.Call("bind", js.Null(), exports.Get(exportName), loader, number)
	}
}

// loaderObject is the object of wasm_exec.js that runs the program, or
// undefined. When syscall/js makes a function, that object is the receiver.
func loaderObject() (object js.Value) {
	const method = "_makeFuncWrapper"
	class := js.Global().Get("Go")
	if class.Type() != js.TypeFunction || !isObject(class.Get("prototype")) {
		return js.Undefined()
	}
	prototype := class.Get("prototype")
	makeWrapper := prototype.Get(method)
	if makeWrapper.Type() != js.TypeFunction {
		return js.Undefined()
	}
	watch := js.FuncOf(func(this js.Value, args []js.Value) any {
		object = this
		return makeWrapper.Call("call", this, first(args))
	})
	defer watch.Release()
	prototype.Set(method, watch)
	defer prototype.Set(method, makeWrapper)
	js.FuncOf(func(js.Value, []js.Value) any { return nil }).Release()
	return object
}
