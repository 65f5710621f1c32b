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
// A call that JavaScript answers with a promise has one of two forms here.
// Calls made once a program take a context and wait ([RequestAdapter],
// [Adapter.RequestDevice], [Device.CompileShaderModule], asynchronous
// pipelines). A device that arrives after its context ended is destroyed.
// Calls made once a frame give a channel of capacity one that receives exactly
// once, nil or the error ([Buffer.MapAsync], [Queue.WorkDone],
// [Device.PopErrorScope]). Receive from such a channel once: it serves another
// call afterwards. If nobody receives, the channel is left to its holder.
// Giving up on one therefore needs no care, and the late end of a cancelled
// map never reaches the next.
//
// Never wait inside a js.Func: JavaScript can't go on until it returns.
//
// # Several calls in one
//
// Calls are fused if each takes the result of the one before and nobody else
// wants it. They cost one crossing to JavaScript together, and make no value
// of Go's in between. [Device.Send] and [Device.FillAndSend] unmap a buffer,
// copy from it and map it again. [Device.Fetch] submits copies into one and
// maps it. [CreationErrors] makes large buffers within error scopes, and checks
// the small ones of a task together; neither calls anybody as long as there is
// no error.
//
// A WebAssembly module of about 4.5 KB, fused.wat, makes the fused calls. A
// content security policy allows it wherever it allows Go's. fused.wasm is
// assembled from it; lint compares the two. So is pump.wasm, by which
// [Device.PumpIfNeeded] has a browser look for completed work that looks seldom.
//
// # Memory
//
// Go's memory, JavaScript's arrays and a buffer's mapped range are three
// different memories. [Queue.WriteBuffer] and [Queue.WriteTexture] let the
// browser read a Go slice in place. If the loader of the module gives no
// access to its memory, they copy into one kept array first; the first use
// finds that out. [Buffer.WriteMapped] and [Buffer.ReadMapped] copy once.
// The methods that end in From and To take JavaScript's ArrayBuffers, typed
// arrays and DataViews, in bytes, and never touch Go's memory.
// [Buffer.HandMapped] lends the mapped range to a JavaScript function. Except
// for [Device.Relay], no call keeps a slice or an array after it returns. There
// is no []byte over a mapped range: the range is not in Go's memory.
//
// # Errors
//
// An exception or rejection of JavaScript's is an [*Error] that names the call,
// the kind and the browser's words. Compare kinds with [errors.Is] and the
// values [ErrAbort], [ErrOperation], [ErrType] and so on. WebGPU reports
// broken rules of its own later, through [Device.PushErrorScope] or
// [Device.OnUncapturedError]. [Device.CompileShaderModule] returns the faults
// of a shader as a [*ShaderError], with label, line and column. The calls of a
// pass return nothing; its End returns the first exception among them.
// [Device.Lost] is closed when the device is lost: a map that fails with
// ErrAbort was unmapped, destroyed, or lost with its device.
//
// # What allocates
//
// Methods are looked up once a program, and hot calls make no string, no
// object and no js.Func. Writing to a buffer, submitting, copying between
// buffers, unmapping and every command of a pass allocate nothing in Go. An
// encoder and its command buffer cost two small objects each, the JavaScript
// reference and the Go struct. MapAsync, WorkDone, FillAndSend and Fetch cost
// two at most, which the runtime makes for the event that runs a goroutine (Go
// 1.26). If the loader is not as it is today, they cost the four of a callback
// of syscall/js. Copies in and out of a mapping cost nothing more. Descriptors
// with anything in them cost an object and a string for each field: make them
// once, not once a frame. The tests hold these numbers.
package jsbridge
