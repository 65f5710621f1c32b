//go:build js && wasm

package webgpu

import (
	"math"
	"testing"
)

// CheckAll has buffers of any size made without error scopes until the test ends.
func CheckAll(t testing.TB) {
	before := maxCheckedLater
	maxCheckedLater = math.MaxUint64
	t.Cleanup(func() { maxCheckedLater = before })
}
