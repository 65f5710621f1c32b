//go:build js && wasm

package jsbridge

import (
	"sync"
	"syscall/js"
)

// A recording keeps the first error of a pass.
type recording struct{ err error }

func (r *recording) note(_ js.Value, err error) {
	if r.err == nil {
		r.err = err
	}
}

// bindGroup calls a pass's setBindGroup; a nil group unbinds. Dynamic offsets
// go in one kept Uint32Array, in the form of the call that takes a range of it.
//
// See https://www.w3.org/TR/webgpu/#gpubindingcommandsmixin.
func bindGroup(m *method, pass js.Value, index uint32, group *BindGroup, offsets []uint32) (js.Value, error) {
	v := js.Null()
	if group != nil {
		v = group.v
	}
	if len(offsets) == 0 {
		return m.call(pass, index, v)
	}
	dynamicOffsets.Lock()
	defer dynamicOffsets.Unlock()
	return m.call(pass, index, v, dynamicOffsets.fill(offsets), 0, len(offsets))
}

var dynamicOffsets offsetArray

type offsetArray struct {
	sync.Mutex
	array js.Value
	size  int
}

func (a *offsetArray) fill(offsets []uint32) js.Value {
	if len(offsets) > a.size {
		a.size = max(16, len(offsets))
		a.array = js.Global().Get("Uint32Array").New(a.size)
	}
	for i, offset := range offsets {
		a.array.SetIndex(i, offset)
	}
	return a.array
}
