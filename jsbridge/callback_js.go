//go:build js && wasm

package jsbridge

import "syscall/js"

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// Promises that resolve with nothing are settled by an export of the module,
// which JavaScript calls some hundred times faster than a js.Func. A newCallback
// gives, for a number, the callback that calls it with that number.
type newCallback func(number int) js.Value

// exportName is that of the export [resolved].
const exportName = "gpubuffers_resolved"

// resolved settles the promise that waits under a number. If it gives 1 a
// goroutine is awake, which the loader's _resume, or Go's export "resume", has
// run: that costs as much as an event.
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
// syscall/js both do so by themselves; a call of an export returns before.
var awake bool

// Wake is called wherever a goroutine or a timer was started, or a goroutine
// told something.
func Wake() { awake = true }

// Woken reports whether Wake was called since it was asked last.
func Woken() bool {
	woken := awake
	awake = false
	return woken
}

// slotOf is the slot of a number that JavaScript gave, or nil if none that
// waits has it.
func slotOf(number float64) *slot {
	if !(number >= 0 && number < float64(len(slots.all))) {
		return nil
	}
	if s := slots.all[int(number)]; s.waits && float64(s.number) == number {
		return s
	}
	return nil
}

// SetCallbacks has a host that calls the export gpubuffers_resolved by itself
// give the callbacks that do. What it made before lives as long as the program.
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

// loadersCallbacks makes the callbacks of a program that runs by the loader that
// comes with Go. It is nil if that is not as it was.
func loadersCallbacks(loader js.Value) newCallback {
	if !isObject(loader) || !isObject(loader.Get("_inst")) {
		return nil
	}
	exports, resume := loader.Get("_inst").Get("exports"), loader.Get("_resume")
	if !isObject(exports) || resume.Type() != js.TypeFunction || exports.Get(exportName).Type() != js.TypeFunction {
		return nil
	}
	settled := fusedCalls().Get("settled")
	return func(number int) js.Value {
		return settled.Call("bind", js.Null(), exports.Get(exportName), loader, resume, number)
	}
}

// loaderObject is the object of wasm_exec.js that runs the program, which is
// the receiver where syscall/js makes a function, or undefined.
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
