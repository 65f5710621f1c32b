//go:build js && wasm

// The module that pages load. It puts one object, [globalName], on the page's global object: functions
// on numbers and JavaScript's own objects, for the ES module gpubuffers.js and for pages without
// modules.
//
//   - What a function makes it gives as a handle, a number. Handles are never used again: one that is
//     destroyed, or forged, is refused with code destroyed, state for a frame, or type. All handles of
//     a call are of one system: another's is refused with code wrong-device. The GPUBuffer of a buffer
//     can be given in its place, if the device is the same.
//   - Numbers that count or index are whole and up to 2^53 - 1, and lists have up to 65,536 elements.
//   - No function gives an address or a view of the module's memory. attach and readTextureStart are for
//     the ES module alone, whose functions are trusted.
//   - A function that fails returns an Error with code, operation, label and, if the browser said
//     something, cause; a Go function cannot throw. One that waits returns a Promise, which rejects
//     with such an Error.
//   - The ES module calls exports of the WebAssembly instance where it can, on numbers alone: see
//     exports_js.go.
package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// globalName is the property of the page's global object.
const globalName = "gpubuffersRaw"

// embedder is what JavaScript needs of a System besides what its programs do.
var embedder buffers.Embedder

func main() {
	gpu.NameUsages([...]string{
		"VERTEX", "INDEX", "UNIFORM", "STORAGE", "COPY_SRC", "COPY_DST", "MAP_READ", "MAP_WRITE", "INDIRECT", "QUERY_RESOLVE",
	}, [...]string{"COPY_SRC", "COPY_DST", "TEXTURE_BINDING", "STORAGE_BINDING", "RENDER_ATTACHMENT"})
	object := js.Global().Get("Object").New()
	for _, functions := range [...][]function{
		systemFunctions, frameFunctions, bufferFunctions, deviceFunctions, stagingFunctions,
		readbackFunctions, readFunctions, dynamicFunctions, mappableFunctions,
		uploadFunctions, calibrationFunctions, esModuleFunctions,
	} {
		for _, f := range functions {
			object.Set(f.name, f.export())
		}
	}
	js.Global().Set(globalName, object)
	select {}
}
