//go:build js && wasm

package page

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// State is how far an example is: the page's style and the tests go by it.
type State string

const (
	Running     State = "running"
	Drawn       State = "drawn"       // the one picture that was asked for is shown
	Ended       State = "ended"       // the user left, and everything is destroyed
	Failed      State = "failed"      // the error is shown
	Unsupported State = "unsupported" // there is no WebGPU; the page says what to do
)

var document = js.Global().Get("document")

// SetState sets data-state of the document's element.
func SetState(s State) { document.Get("documentElement").Get("dataset").Set("state", string(s)) }

// Run runs an example under a context that ends when the user leaves the page, and shows the error that
// it returns. Run never returns: JavaScript may still call what the example left behind.
func Run(example func(context.Context) error) {
	ctx, leave := context.WithCancel(context.Background())
	js.Global().Call("addEventListener", "pagehide", js.FuncOf(func(js.Value, []js.Value) any {
		leave()
		return nil
	}))
	SetState(Running)
	err := example(ctx)
	if err == nil || ctx.Err() != nil {
		SetState(Ended)
	} else {
		Show("error", err.Error())
		SetState(stateOf(err))
	}
	select {}
}

func stateOf(err error) State {
	if errors.Is(err, jsbridge.ErrUnavailable) || errors.Is(err, jsbridge.ErrNoAdapter) {
		return Unsupported
	}
	return Failed
}
