// Package buffers moves data between the CPU and the GPU.
package buffers
