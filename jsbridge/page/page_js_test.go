//go:build js && wasm

package page_test

import (
	"context"
	"errors"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/jsbridge"
	"github.com/gpubuffers/gpubuffers/jsbridge/page"
)

// fake is the stand-in for navigator.gpu and the document: its controls.
var fake = js.Global().Call("require", js.Global().Get("process").Call("cwd").String()+"/../testdata/webgpu.js")

// document is a page of which everything can be seen.
type document struct {
	t       *testing.T
	root    js.Value // the document's element
	element js.Value // with the id "error", null if there is none
	printed chan string
	leave   js.Value // what the page calls when the user leaves it
}

func openDocument(t *testing.T, element any) *document {
	d := &document{t: t, root: js.ValueOf(map[string]any{"dataset": map[string]any{}}), element: js.ValueOf(element), printed: make(chan string, 1)}
	d.replace("document", map[string]any{
		"documentElement": d.root,
		"getElementById":  d.function(d.byID),
	})
	d.replace("console", map[string]any{"error": d.function(func(args []js.Value) any { d.printed <- args[0].String(); return nil })})
	d.replace("addEventListener", d.function(d.listen))
	return d
}

func (d *document) byID(args []js.Value) any {
	if args[0].String() != "error" {
		return nil
	}
	return d.element
}

func (d *document) listen(args []js.Value) any {
	if args[0].String() == "pagehide" {
		d.leave = args[1]
	}
	return nil
}

func (d *document) replace(global string, value any) {
	before := js.Global().Get(global)
	js.Global().Set(global, value)
	d.t.Cleanup(func() { js.Global().Set(global, before) })
}

func (d *document) function(f func(args []js.Value) any) js.Func {
	made := js.FuncOf(func(_ js.Value, args []js.Value) any { return f(args) })
	d.t.Cleanup(made.Release)
	return made
}

func (d *document) waitFor(s page.State) {
	d.t.Helper()
	state := func() string { return d.root.Get("dataset").Get("state").String() }
	require.Eventually(d.t, func() bool { return state() == string(s) }, time.Minute, time.Millisecond, "%s", state())
}

func TestAProgramRunsUntilItReturns(t *testing.T) {
	d := openDocument(t, nil)
	end := make(chan error)
	go page.Run(func(context.Context) error { return <-end })
	d.waitFor(page.Running)
	page.SetState(page.Drawn)
	d.waitFor(page.Drawn)
	end <- nil
	d.waitFor(page.Ended)
	require.Empty(t, d.printed)
}

func TestAProgramEndsWithItsPage(t *testing.T) {
	d := openDocument(t, nil)
	go page.Run(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	d.waitFor(page.Running)
	require.Equal(t, js.TypeFunction, d.leave.Type())
	d.leave.Invoke()
	d.waitFor(page.Ended)
	require.Empty(t, d.printed)
}

func TestAnErrorIsShown(t *testing.T) {
	for err, want := range map[error]page.State{
		errors.New("no such thing"): page.Failed,
		jsbridge.ErrNoAdapter:       page.Unsupported,
		jsbridge.ErrUnavailable:     page.Unsupported,
	} {
		t.Run("in its element/"+err.Error(), func(t *testing.T) {
			d := openDocument(t, map[string]any{})
			go page.Run(func(context.Context) error { return err })
			d.waitFor(want)
			require.Equal(t, err.Error(), d.element.Get("textContent").String())
			require.Empty(t, d.printed)
		})
		t.Run("in the console/"+err.Error(), func(t *testing.T) {
			d := openDocument(t, nil)
			go page.Run(func(context.Context) error { return err })
			d.waitFor(want)
			require.Len(t, d.printed, 1)
			require.Equal(t, err.Error(), <-d.printed)
		})
	}
}

func TestAPassClearsTheCanvas(t *testing.T) {
	adapter, err := jsbridge.RequestAdapter(t.Context(), nil)
	require.NoError(t, err)
	device, err := adapter.RequestDevice(t.Context(), &jsbridge.DeviceDescriptor{Label: "test"})
	require.NoError(t, err)
	encoder, err := device.CreateCommandEncoder("draw")
	require.NoError(t, err)
	_, err = page.OpenCanvas(device, "nothing")
	require.ErrorIs(t, err, jsbridge.ErrType)
	fake.Call("take")

	canvas, err := page.OpenCanvas(device, "canvas")
	require.NoError(t, err)
	pass, err := canvas.BeginRenderPass(encoder, jsbridge.Color{R: 0.5, A: 1})
	require.NoError(t, err)
	require.NoError(t, pass.End())
	require.Equal(t, `GPUCanvasContext.configure({device:test,format:bgra8unorm,viewFormats:[]})
GPUTexture.createView(undefined)
GPUCommandEncoder.beginRenderPass({colorAttachments:[{clearValue:{a:1,b:0,g:0,r:0.5},loadOp:clear,storeOp:store,view:GPUTextureView}]})
GPURenderPassEncoder.end()`, fake.Call("take").String())
}
