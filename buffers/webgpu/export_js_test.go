//go:build js && wasm

package webgpu

import (
	"math"
	"testing"
)

// CheckAll has buffers of any size made without error scopes until the test ends.
func CheckAll(t testing.TB) {
	before := mostChecked
	mostChecked = math.MaxUint64
	t.Cleanup(func() { mostChecked = before })
}
