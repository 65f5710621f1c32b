// Package webgpu is the backend of package buffers for browsers: buffers, queue and encoders of
// navigator.gpu, through package jsbridge.
//
// [Request] asks the browser for a device, [Open] takes one over, and [Adopt] uses one that stays another's. The Adopt
// methods of [Device] take buffers, encoders and textures that others made, and [NewData] takes ArrayBuffers;
// [BufferOf] and [EncoderOf] lead back.
//
// The rules are checked before a call, so that an error names the rule at once. An error that the browser finds later,
// such as a lack of memory for a buffer, goes to OnError, with the label, and makes the buffer invalid. The queue is a
// ChunkQueue. A chunk of an upload crosses to the browser once, and a chunk of reads once for each source, and for each
// group but one. Rows of textures go step by step.
package webgpu
