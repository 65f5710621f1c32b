//go:build js && wasm

package controls

import (
	"strconv"
	"syscall/js"
)

// Query is the number of ?name=number in the page's address.
func Query(name string) (n int, given bool) {
	query := js.Global().Get("URLSearchParams").New(js.Global().Get("location").Get("search"))
	value := query.Call("get", name)
	if value.IsNull() {
		return 0, false
	}
	n, err := strconv.Atoi(value.String())
	return n, err == nil
}
