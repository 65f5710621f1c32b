//go:build js && wasm

package controls

import (
	"strconv"
	"syscall/js"
)

// element panics if the page has none with this id.
func element(id string) js.Value {
	e := js.Global().Get("document").Call("getElementById", id)
	if e.IsNull() {
		panic("controls: no element " + strconv.Quote(id))
	}
	return e
}

// Show sets the text of an element.
func Show(id, text string) { element(id).Set("textContent", text) }

// ShowNumber shows n with its thousands separated, and a unit.
func ShowNumber(id string, n uint64, unit string) {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	Show(id, digits+unit)
}
