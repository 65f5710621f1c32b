// Package buffers moves data between programs and the GPU, on any backend.
//
// A backend provides a [Device], as package gpu describes it: buffers/webgpu in the browser, buffers/memory in tests.
// [Open] makes a [System] on it, and the System makes five buffers, each with one purpose:
//
//   - [DeviceBuffer] is memory that only the GPU uses. Write fills it, Grow enlarges it, and AwaitGrow reports whether
//     there was memory for that.
//   - [ImmediateStagingBuffer] is written the moment it is made, and then uploaded: for loading.
//   - [DeferredStagingBuffer] is mapped when memory is free, written, uploaded, again and again: for streaming.
//   - [ReadbackBuffer] brings results back.
//   - [DynamicBuffer] carries data that is new each frame.
//
// A [MappableBuffer], mapped by hand, serves all other uses.
//
// # Frames
//
// Work goes to the GPU by frames, or by [System.Submit]:
//
//	frame, err := system.BeginFrame(ctx)
//	encoder, err := frame.Encoder()
//	// update dynamic buffers, upload staged data, record passes, ask for reads
//	err = frame.Submit()
//
// A submit first moves the updates of dynamic buffers, then runs the encoders in order, then sends the reads asked for,
// in submits of their own. Reads asked for while a frame is open are sent with the frame. If a submit is refused,
// nothing happened, and it can be repeated. [DeviceBuffer.Write] is ordered ahead of every later submit.
// [System.BeginFrame] waits while three frames are with the GPU, the oldest for more than 8 ms; while eight are; or
// while as many are as [Options] says.
//
// # Paths
//
// Large writes, streams ([System.Upload]), the updates of a frame and long reads take the path found fastest on the
// device at hand. The paths are queue writes, and rings of mapped chunks of several sizes. Transfers are timed to the
// moment when the GPU is done. To compare queue writes with rings, the System makes transfers between buffers of its
// own, in the background. The program's are spared: a buffer that a copy has written to can stay slow for queue writes.
// [System.Explain] says which path would be chosen and why, [System.Calibrate] measures in advance, and a [Calibration]
// can be kept for the next program.
//
// A backend whose [Queue] is a [gpu.ChunkQueue] moves a chunk in one step; for others the System takes the
// steps itself.
//
// # Waiting
//
// A wait for the GPU is a channel of capacity one that settles exactly once, or a method with a context. Every wait
// ends: with its event, with its context, or when its object, its System or the device is gone. Cancelling leaves
// everything usable.
//
// # Memory
//
// The pools reuse mapped memory, within a byte budget over all mappable memory. [BudgetPolicy] says what each call does
// when that is used up. In steady state this package allocates no Go memory and makes no GPU buffers. A backend adds
// the costs of its platform, as in a browser that of an event for each map (package jsbridge says how much). A slice
// that is handed in is the caller's again when the call returns; that of a read when its Wait returns. Reads into
// memory that is not Go's go to a [host.Sink].
//
// # Lifetimes
//
// Memory that lies idle in a pool is destroyed after [Options].IdleAge, by a timer that exists only as long as there is
// any. [System.Destroy] gives everything back before it returns. A buffer that is collected without a Destroy is freed
// then, counts in [Stats].Leaks and is logged. A System that is collected has no pooled memory left; the backend's
// collector frees its other memory. A host with a collector of its own reports what that has found: see [Embedder].
//
// In a bubble of testing/synctest, keep everything you make, or destroy it. The collector frees from outside of the
// bubble, and Go ends a program if that wakes a goroutine within.
//
// # Errors
//
// Every error is an [*Error] around one of the sentinels (ErrRange, ErrMapped, ...), with operation, label, numbers and
// the broken rule. The error of a context that ended a wait, or of a reader that was handed in, is its Cause, so that
// errors.Is finds it. Rules are those of WebGPU on every backend. Errors that a device reports later arrive on
// [System.Errors]. A buffer that turns out to have no memory is refused by every call from then on: see [gpu.Factory].
package buffers
