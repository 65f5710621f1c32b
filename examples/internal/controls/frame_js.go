//go:build js && wasm

package controls

import (
	"context"
	"syscall/js"
)

var (
	frames       = make(chan struct{}, 1)
	frameRequest = js.Global().Get("requestAnimationFrame")
	frameArrived = js.FuncOf(func(js.Value, []js.Value) any {
		select {
		case frames <- struct{}{}:
		default: // NextFrame gave up
		}
		return nil
	})
)

// NextFrame waits until the browser is about to draw the page, or returns ctx's error. All that is drawn
// before the next wait is in that picture.
//
// See https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#animation-frames.
func NextFrame(ctx context.Context) error {
	frameRequest.Invoke(frameArrived)
	select {
	case <-frames:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
