// Package memory is a GPU in memory: a backend that needs neither a GPU nor a browser.
//
// It enforces WebGPU's rules for buffers, even if Go slices would allow more. A mapped range is memory of its own and
// reaches the buffer at Unmap. Maps settle asynchronously after the work that uses the buffer. Writes and submits run
// in order on a timeline of the GPU's own. That timeline can be slowed by [Options], stopped by [Device.Hold], moved on
// by [Device.Step], made to fail, and lost. So a fault that a real GPU has once in a million calls is a line of a test.
package memory
