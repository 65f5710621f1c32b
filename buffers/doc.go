// Package buffers moves data between programs and the GPU, on any backend.
//
// A backend provides a [Device], as package gpu describes it: buffers/webgpu in the browser, buffers/memory in tests. [Open] makes a
// [System] on it, and the System makes five buffers, each with one purpose:
//
//   - [DeviceBuffer] is memory that only the GPU uses. Write fills it, Grow enlarges it, and AwaitGrow says whether
//     there was memory for that.
//   - [ImmediateStagingBuffer] is written the moment it is made, and then uploaded: for loading.
//   - [DeferredStagingBuffer] is mapped when memory is to be had, written, uploaded, again and again: for
//     streaming.
//   - [ReadbackBuffer] brings results back.
//   - [DynamicBuffer] carries data that is new each frame.
//
// What does not fit them is a [MappableBuffer], mapped by hand.
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
// A submit first moves the updates of dynamic buffers, then runs the encoders in order, then sends the
// reads that were asked for, in submits of their own. Those that were asked for while a frame is open are
// sent with the frame. If it is refused nothing happened, and it can be
// repeated. [DeviceBuffer.Write] is ordered ahead of every later submit. [System.BeginFrame] waits while three
// frames are with the GPU, the oldest for more than 8 ms; while eight are; or while as many are as [Options] says.
//
// # Paths
//
// Large writes, streams ([System.Upload]), the updates of a frame and long reads go along the path that
// was found fastest on the device in hand: queue writes, or rings of mapped chunks of several sizes.
// Transfers are timed to the moment when the GPU is done. To compare queue writes with rings the System
// makes transfers of its own between buffers of its own, in the background, since a buffer that a copy has
// written to can stay slow for queue writes. [System.Explain] says what would be chosen and why,
// [System.Calibrate] measures in advance, and a [Calibration] can be kept for the next program.
//
// A backend whose [Queue] is a [gpu.ChunkQueue] moves a chunk in one step; for others the System takes the
// steps itself.
//
// # Waiting
//
// What the GPU must be waited for is a channel of capacity one that settles exactly once, or a method
// with a context that waits. Every wait ends: with what it waits for, with its context, or when what waits, its System
// or the device is gone. Cancelling leaves everything usable.
//
// # Memory
//
// The pools reuse mapped memory, within a byte budget over everything that can be mapped. [BudgetPolicy] says what
// each call does when that is used up. In
// steady state this package allocates no Go memory and makes no GPU buffers; what a backend costs on top
// is that of its platform, as in a browser that of an event for each map (package jsbridge says how much). A slice
// that is handed in is the caller's again when the call returns; that of a read when its Wait returns. Reads into
// memory that is not Go's go to a [Sink].
//
// # Lifetimes
//
// Memory that lies idle in a pool is destroyed after [Options].IdleAge, by a timer that exists only as long as there is
// any. [System.Destroy] gives everything back before it returns. A buffer that is collected without a Destroy is freed
// then, counts in [Stats].Leaks and is logged. A System that is collected has no pooled memory left; of its other memory
// the backend's collector takes care. A host with a collector of its own says what that has found: see [Embedder].
//
// In a bubble of testing/synctest, keep what is made, or destroy it: the collector frees from outside of the bubble, and
// Go ends a program in which somebody within is woken from there.
//
// # Errors
//
// Every error is an [*Error] around one of the sentinels (ErrRange, ErrMapped, ...), with operation,
// label, numbers and the rule that was broken. That of a context that ended a wait, or of a reader that was handed in,
// is the Cause of one, so that errors.Is finds it. Rules are those of WebGPU on every backend. What a device
// reports later arrives on [System.Errors].
// A buffer that it turns out to have had no memory for is refused by every call from then on: see [gpu.Factory].
package buffers
