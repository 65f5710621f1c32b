//go:build js && wasm

package jsbridge

import (
	_ "embed"
	"syscall/js"
)

// fusedCode is assembled from fused.wat, which says what its exports
// do: wat2wasm fused.wat -o fused.wasm.
//
//go:embed fused.wasm
var fusedCode string

var fusedExports js.Value

// FusedCalls are the exports of a WebAssembly module that calls the browser's
// functions one after the other. Unlike code made from text, it is allowed
// wherever Go's module is.
//
// A host that makes calls by itself uses these of them: poll(device, times) and
// pollAfter(the answer of an error scope), which is a poll itself, are
// [Device.Poll]. watch(queue, promise) gives the promise, and has the device
// pumped until it settles: see [Device.PumpIfNeeded]. afterChecks(promise) gives a
// promise like it, which resolves when it is also known of all earlier buffers
// whether they failed. whenKnown(device, f, f) calls f when that is known of all
// buffers so far. For keepChecked see [CreationErrors.Leave].
func FusedCalls() js.Value {
	if fusedExports.IsUndefined() {
		fusedExports = instantiate([]byte(fusedCode)).Get("exports")
		var callbacks []any
		for _, name := range [...]string{"pollOnce", "relayNext", "fail", "judge", "check", "checkEach", "answered", "pass", "whenTold"} {
			callbacks = append(callbacks, fusedExports.Get(name))
		}
		fusedExports.Call("adopt", callbacks...)
	}
	return fusedExports
}

func instantiate(code []byte) js.Value {
	webAssembly := js.Global().Get("WebAssembly")
	bytes := js.Global().Get("Uint8Array").New(len(code))
	js.CopyBytesToJS(bytes, code)
	module := webAssembly.Get("Module").New(bytes)
	return webAssembly.Get("Instance").New(module, importsOf(module))
}

// importsOf finds what a module imports among the browser's classes.
func importsOf(module js.Value) js.Value {
	wanted := js.Global().Get("WebAssembly").Get("Module").Call("imports", module)
	imports := newObject()
	for i := range wanted.Length() {
		class, name := wanted.Index(i).Get("module").String(), wanted.Index(i).Get("name").String()
		if imports.Get(class).IsUndefined() {
			imports.Set(class, newObject().Value)
		}
		imports.Get(class).Set(name, importOf(class, name))
	}
	return imports.Value
}

func importOf(class, name string) js.Value {
	switch class {
	case "string":
		return js.ValueOf(name)
	case "class":
		return js.Global().Get(name)
	}
	m := method{class: class, name: name}
	if f := m.lookup(); !f.IsUndefined() {
		return f
	}
	if static := js.Global().Get(class); isObject(static) && static.Get(name).Type() == js.TypeFunction {
		return static.Get(name).Call("bind", static)
	}
	return js.Global().Get("Symbol").Get("prototype").Get("valueOf") // throws when it is called
}

// Each has the name of the call that it ends with, or mostly makes.
var (
	fusedTake      = method{class: "GPUBuffer", name: "getMappedRange", fused: "take"}
	fusedRange     = method{class: "GPUBuffer", name: "getMappedRange", fused: "range"}
	fusedStore     = method{class: "Uint8Array", name: "set", fused: "store"}
	fusedLoad      = method{class: "Uint8Array", name: "set", fused: "load"}
	fusedHand      = method{class: "Reflect", name: "apply", fused: "hand"}
	fusedTakeHand  = method{class: "Reflect", name: "apply", fused: "takeAndHand"}
	fusedMapState  = method{class: "GPUBuffer", name: "mapState", fused: "mapState"}
	fusedUnmap     = method{class: "GPUBuffer", name: "unmap", fused: "unmap"}
	fusedMap       = method{class: "GPUBuffer", name: "mapAsync", fused: "map"}
	fusedThen      = method{class: "Promise", name: "then", fused: "then"}
	fusedWorkDone  = method{class: "GPUQueue", name: "onSubmittedWorkDone", fused: "workDone"}
	fusedSend      = method{class: "GPUQueue", name: "submit", fused: "send"}
	fusedFill      = method{class: "GPUQueue", name: "submit", fused: "fillAndSend"}
	fusedRelay     = method{class: "GPUQueue", name: "submit", fused: "relay"}
	fusedEndRelay  = method{class: "GPUQueue", name: "submit", fused: "endRelay"}
	fusedAdd       = method{class: "GPUCommandEncoder", name: "copyBufferToBuffer", fused: "add"}
	fusedCopies    = method{class: "GPUQueue", name: "submit", fused: "submitCopies"}
	fusedFetch     = method{class: "GPUQueue", name: "submit", fused: "fetch"}
	fusedPoll      = method{class: "GPUDevice", name: "popErrorScope", fused: "poll"}
	fusedLetGo     = method{class: "GPUDevice", name: "createBuffer", fused: "letGo"}
	fusedDestroy   = method{class: "GPUBuffer", name: "destroy", fused: "destroy"}
	fusedWhenKnown = method{class: "GPUDevice", name: "popErrorScope", fused: "whenKnown"}
	fusedCreate    = method{class: "GPUDevice", name: "createBuffer", fused: "createBuffer"}
	fusedText      = method{class: "TextDecoder", name: "decode", fused: "text"}
	fusedBind      = method{class: "GPUDevice", name: "createBindGroup", fused: "bindResource"}
	fusedBindPart  = method{class: "GPUDevice", name: "createBindGroup", fused: "bindBuffer"}
	fusedBindGroup = method{class: "GPUDevice", name: "createBindGroup", fused: "createBindGroup"}
	fusedCaught    = method{class: "GPUDevice", name: "popErrorScope", fused: "caught"}
	fusedPass      = method{class: "GPUDevice", name: "popErrorScope", fused: "pass"}
)
