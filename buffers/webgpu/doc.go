// Package webgpu is the backend of package buffers for browsers: buffers, queue and encoders of
// navigator.gpu, through package jsbridge.
//
// [Request] asks the browser for a device, [Open] takes one over, and [Adopt] uses one that stays another's.
// Buffers, encoders and textures that others made become the core's by the Adopt methods of [Device], and
// ArrayBuffers by [NewData]; [BufferOf] and [EncoderOf] lead back.
//
// The rules are checked before a call, so that an error says what is wrong at once. What the browser finds
// out later, such as that there is no memory for a buffer, goes to OnError, with the label, and makes the
// buffer invalid. The queue is a ChunkQueue: a chunk of an upload crosses to the browser once, and a chunk of
// reads once for each source, and for each group but one. Rows of textures go step by step.
package webgpu
