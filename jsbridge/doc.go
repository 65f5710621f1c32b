// Package jsbridge is WebGPU for Go programs in a browser: the objects of
// navigator.gpu as Go types, over syscall/js.
//
// It is a mirror and little more. Types carry the specification's words
// without the prefix GPU, descriptors are structs whose zero fields take the
// specification's defaults, and numbers of usages and modes are WebGPU's own.
// There are no pools, no retries and no logging here. Every type gives its
// JavaScript object with JSValue, and the Adopt functions wrap objects that
// others made, each after the browser itself confirmed their class.
//
//	adapter, err := jsbridge.RequestAdapter(ctx, nil)
//	device, err := adapter.RequestDevice(ctx, nil)
//	buffer, err := device.CreateBuffer(&jsbridge.BufferDescriptor{
//		Label: "results", Size: 4096, Usage: jsbridge.BufferUsageMapRead | jsbridge.BufferUsageCopyDst,
//	})
//	encoder, err := device.CreateCommandEncoder("")
//	err = encoder.CopyBufferToBuffer(source, 0, buffer, 0, 4096)
//	commands, err := encoder.Finish("")
//	err = device.Queue().Submit(commands)
//	err = <-buffer.MapAsync(jsbridge.MapModeRead, 0, 4096)
//	err = buffer.ReadMapped(results, 0)
//	buffer.Unmap()
//
// # Waiting
//
// What JavaScript answers with a promise is one of two things here. Once a
// program: a function that takes a context and waits ([RequestAdapter],
// [Adapter.RequestDevice], [Device.CompileShaderModule], asynchronous
// pipelines); a device that arrives after its context ended is destroyed.
// Once a frame: a channel of capacity one that receives exactly once, nil or
// the error ([Buffer.MapAsync], [Queue.WorkDone], [Device.PopErrorScope]).
// Receive from such a channel once: it serves another call afterwards. A
// channel that nobody receives from is left to its holder, so giving up on one
// needs no care, and the late end of a cancelled map never reaches the next.
//
// Never wait inside a js.Func: JavaScript can't go on until it returns.
//
// # Several calls in one
//
// If each call takes the result of the one before and nobody wants to see
// it, all of them cost one crossing to JavaScript, and no value of Go's is made
// in between: [Device.Send] and [Device.FillAndSend] unmap a buffer, copy from
// it and map it again, [Device.Fetch] submits copies into one and maps it, and
// [CreationErrors] makes buffers within error scopes that call nobody as long
// as they catch nothing.
// The calls are made by a WebAssembly module of less than 3 KB, fused.wat,
// which a content security policy allows wherever it allows Go's.
// fused.wasm is assembled from it; lint compares the two.
//
// # Memory
//
// Go's memory, JavaScript's arrays and a buffer's mapped range are three
// different memories. [Queue.WriteBuffer] and [Queue.WriteTexture] let the
// browser read a Go slice where it lies; if the loader of the module gives
// no access to its memory, which the first use finds out, they copy into one
// kept array first. [Buffer.WriteMapped] and [Buffer.ReadMapped] copy once.
// The methods that end in From and To take JavaScript's ArrayBuffers, typed
// arrays and DataViews, in bytes, and never touch Go's memory.
// [Buffer.HandMapped] lends the mapped range to a JavaScript function. No call
// keeps a slice or an array after it returns, but for [Device.Relay]. There is
// no []byte over a mapped range: the range is not in Go's memory.
//
// # Errors
//
// What JavaScript throws or rejects with is an [*Error] that names the call,
// the kind and the browser's words. Compare kinds with [errors.Is] and the
// values [ErrAbort], [ErrOperation], [ErrType] and so on. WebGPU reports
// broken rules of its own later, through [Device.PushErrorScope] or
// [Device.OnUncapturedError]. [Device.CompileShaderModule] returns the faults of
// a shader as a [*ShaderError], with label, line and column. The calls of a pass return nothing; the first
// exception among them is what its End returns. [Device.Lost] is closed when
// the device is lost: a map that fails with ErrAbort was unmapped, destroyed,
// or lost with its device.
//
// # What allocates
//
// Methods are looked up once a program, and hot calls make no string, no
// object and no js.Func. Writing to a buffer, submitting, copying between
// buffers, unmapping and every command of a pass allocate nothing in Go. An
// encoder and its command buffer cost two small objects each, the JavaScript
// reference and the Go struct. MapAsync, WorkDone, FillAndSend and Fetch cost
// two at most, which the runtime makes for the event that has a goroutine run
// (Go 1.26; the four of a callback of syscall/js if the loader is not as it is
// today), and the copies in and out of a mapping nothing more. Descriptors with
// anything in them cost an object and a string for each field: make them once,
// not once a frame. The tests hold these numbers.
package jsbridge
