//go:build js && wasm

package jsbridge

import "sync"

// A keptNumber is the number under which the module of fused calls keeps a
// mapped range or a buffer, so that it need not be a value of Go's.
type keptNumber uint32

var kept keptNumbers

type keptNumbers struct {
	mu   sync.Mutex
	free []keptNumber
	last keptNumber
}

func (r *keptNumbers) number() keptNumber {
	r.mu.Lock()
	number := r.last + 1
	if n := len(r.free); n > 0 {
		number = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		r.last = number
	}
	r.mu.Unlock()
	return number
}

func (r *keptNumbers) give(n keptNumber) {
	r.mu.Lock()
	r.free = append(r.free, n)
	r.mu.Unlock()
}
