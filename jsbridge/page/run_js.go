//go:build js && wasm

package page

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// State is how far a program has got. The document's element holds it in
// data-state, for the page's style and for tests.
type State string

// The states; Run sets all but Drawn.
const (
	Running     State = "running"
	Drawn       State = "drawn"       // the picture that was asked for is shown
	Ended       State = "ended"       // the program returned, or the user left the page
	Failed      State = "failed"      // the error is shown
	Unsupported State = "unsupported" // there is no WebGPU, or no adapter; the error is shown
)

// SetState sets the state.
func SetState(s State) {
	document().Get("documentElement").Get("dataset").Set("state", string(s))
}

// Run runs a program under a context that ends when the user leaves the page.
// The error that the program returns is shown in the element with the id
// "error", or in the console if the page has none. Run never returns:
// JavaScript may still call functions that the program left behind.
func Run(program func(context.Context) error) {
	ctx, leave := context.WithCancel(context.Background())
	js.Global().Call("addEventListener", "pagehide", js.FuncOf(func(js.Value, []js.Value) any {
		leave()
		return nil
	}))
	SetState(Running)
	err := program(ctx)
	if err == nil || ctx.Err() != nil {
		SetState(Ended)
	} else {
		show(err)
		SetState(stateOf(err))
	}
	select {}
}

func show(err error) {
	if e := document().Call("getElementById", "error"); !e.IsNull() {
		e.Set("textContent", err.Error())
	} else {
		js.Global().Get("console").Call("error", err.Error())
	}
}

func stateOf(err error) State {
	if errors.Is(err, jsbridge.ErrUnavailable) || errors.Is(err, jsbridge.ErrNoAdapter) {
		return Unsupported
	}
	return Failed
}

func document() js.Value { return js.Global().Get("document") }
