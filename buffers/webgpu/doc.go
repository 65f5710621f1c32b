// Package webgpu is the backend of package buffers for browsers: buffers, queue and encoders of
// navigator.gpu, through package jsbridge.
package webgpu
