//go:build js && wasm

package jsbridge

import "sync"

// A rangeNumber is the number under which the module of fused calls keeps a
// mapped range, so that the range need not be a value of Go's.
type rangeNumber uint32

var takenRanges rangeNumbers

type rangeNumbers struct {
	mu   sync.Mutex
	free []rangeNumber
	last rangeNumber
}

func (r *rangeNumbers) number() rangeNumber {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		number := r.free[n-1]
		r.free = r.free[:n-1]
		return number
	}
	r.last++
	return r.last
}

func (r *rangeNumbers) give(n rangeNumber) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, n)
}
