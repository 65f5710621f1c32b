// Package wgsl lays Go's values out as WGSL does: it views bytes as values, and values as bytes, once the layout of their
// type is known to be that of a shader. It stands on the errors of package gpu, and knows no device.
package wgsl
