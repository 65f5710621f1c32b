//go:build js && wasm

package jsbridge

import (
	_ "embed"
	"syscall/js"
)

// compositeCode is assembled from composite.wat, which says what its exports
// do: wat2wasm composite.wat -o composite.wasm.
//
//go:embed composite.wasm
var compositeCode string

var compositeExports js.Value

// composites are the exports of a WebAssembly module that calls the browser's
// functions one after the other: unlike code made from text it is allowed
// wherever Go's module is.
func composites() js.Value {
	if compositeExports.IsUndefined() {
		compositeExports = instantiate([]byte(compositeCode)).Get("exports")
		compositeExports.Call("adopt", compositeExports.Get("tick"), compositeExports.Get("turn"), compositeExports.Get("fail"), compositeExports.Get("judge"))
	}
	return compositeExports
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

// Each is named by what it ends with, or does for the most part.
var (
	compositeTake     = method{class: "GPUBuffer", name: "getMappedRange", composite: "take"}
	compositeRange    = method{class: "GPUBuffer", name: "getMappedRange", composite: "range"}
	compositeStore    = method{class: "Uint8Array", name: "set", composite: "store"}
	compositeLoad     = method{class: "Uint8Array", name: "set", composite: "load"}
	compositeHand     = method{class: "Reflect", name: "apply", composite: "hand"}
	compositeTakeHand = method{class: "Reflect", name: "apply", composite: "takeAndHand"}
	compositeMapState = method{class: "GPUBuffer", name: "mapState", composite: "mapState"}
	compositeUnmap    = method{class: "GPUBuffer", name: "unmap", composite: "unmap"}
	compositeMap      = method{class: "GPUBuffer", name: "mapAsync", composite: "map"}
	compositeThen     = method{class: "Promise", name: "then", composite: "then"}
	compositeWorkDone = method{class: "GPUQueue", name: "onSubmittedWorkDone", composite: "workDone"}
	compositeSend     = method{class: "GPUQueue", name: "submit", composite: "send"}
	compositeFill     = method{class: "GPUQueue", name: "submit", composite: "fillAndSend"}
	compositeRelay    = method{class: "GPUQueue", name: "submit", composite: "relay"}
	compositeEndRelay = method{class: "GPUQueue", name: "submit", composite: "endRelay"}
	compositeAdd      = method{class: "GPUCommandEncoder", name: "copyBufferToBuffer", composite: "add"}
	compositeCopies   = method{class: "GPUQueue", name: "submit", composite: "submitCopies"}
	compositeFetch    = method{class: "GPUQueue", name: "submit", composite: "fetch"}
	compositeLook     = method{class: "GPUDevice", name: "popErrorScope", composite: "look"}
	compositeCreate   = method{class: "GPUDevice", name: "createBuffer", composite: "createBuffer"}
	compositeCaught   = method{class: "GPUDevice", name: "popErrorScope", composite: "caught"}
)
