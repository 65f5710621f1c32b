//go:build js && wasm

package jsbridge

import (
	"errors"
	"syscall/js"
)

// ErrQuiet is what a [Completion] of a call that gives no channel returns where
// no goroutine was told anything.
var ErrQuiet = errors.New("jsbridge: nobody waits")

// SetResolver has promises that resolve with nothing settled by [Resolve]
// rather than by a js.Func: by an export of the module, which JavaScript calls
// some hundred times faster. resolver gives, for a number, the function that
// calls it with that number.
func SetResolver(resolver js.Value) {
	slots.Lock()
	defer slots.Unlock()
	slots.resolver = resolver
	for _, s := range slots.all {
		s.plain = resolver.Invoke(s.number)
	}
}

// Resolve settles the promise that waits under a number. Where it reports that
// a goroutine may be awake, that goroutine runs in the next event.
func Resolve(number int) (awake bool) {
	s := slots.all[number]
	return s.finish(s.resolved(nil))
}
