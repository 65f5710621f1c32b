//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// timers stand in for JavaScript's from begin to end, between which Go's runtime must not need its own: they fire when
// the test says so.
var timers = js.Global().Call("eval", `({
	own: { setTimeout, clearTimeout },
	begin() {
		globalThis.setTimeout = (f, wait) => ((this.set = { f, wait, cleared: false }), 7);
		globalThis.clearTimeout = (id) => void (this.set.cleared = id === 7);
	},
	end() {
		Object.assign(globalThis, this.own);
		return this.set;
	},
	fire({ f }) {
		const { error } = console;
		console.error = () => {}; // where Go complains of a function that was released
		f();
		console.error = error;
	},
})`)

// A function is called when its time has come, once; and not at all where it was stopped. Nothing of it stays.
func TestAFunctionIsCalledLaterUnlessItIsStopped(t *testing.T) {
	for name, c := range map[string]struct {
		steps  []string
		called int
	}{
		"fires":                    {[]string{"fire"}, 1},
		"is released by firing":    {[]string{"fire", "fire"}, 1},
		"is stopped":               {[]string{"stop", "fire"}, 0},
		"is stopped when it fired": {[]string{"fire", "stop", "fire"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			called := 0
			timers.Call("begin")
			stop := AfterFunc(1500*time.Microsecond, func() { called++ })
			timer := timers.Call("end")
			require.Equal(t, 1.5, timer.Get("wait").Float())
			for _, step := range c.steps {
				switch step {
				case "fire":
					timers.Call("fire", timer)
				case "stop":
					timers.Call("begin")
					stop()
					timers.Call("end")
					require.True(t, timer.Get("cleared").Bool())
				}
			}
			require.Equal(t, c.called, called)
		})
	}
}

// The timers are JavaScript's own.
func TestAFunctionIsCalledInAnEvent(t *testing.T) {
	called := make(chan struct{})
	AfterFunc(0, func() { close(called) })
	<-called
}
