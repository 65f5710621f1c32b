//go:build js && wasm

package controls

import (
	"sync/atomic"
	"syscall/js"
)

// Slider is an input of type range.
type Slider struct{ value atomic.Int64 }

// NewSlider sets the slider with this id to value and follows it for as long as the page lives.
func NewSlider(id string, value int) *Slider {
	input := element(id)
	input.Set("value", value)
	s := &Slider{}
	follow := func(js.Value, []js.Value) any {
		s.value.Store(int64(input.Get("valueAsNumber").Int()))
		return nil
	}
	follow(js.Undefined(), nil)
	input.Call("addEventListener", "input", js.FuncOf(follow))
	return s
}

// Value is where the slider stands, within its own bounds.
func (s *Slider) Value() int { return int(s.value.Load()) }
