//go:build js && wasm

package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
	"github.com/gpubuffers/gpubuffers/tests/model"
)

// device is the browser's GPU, in real time.
type device struct {
	*webgpu.Device
	patience int
}

var _ model.GPU = device{}

func request(ctx context.Context, patience int) (device, error) {
	d, err := webgpu.Request(ctx, nil)
	return device{d, patience}, err
}

func (d device) Adopt(b buffers.Buffer) buffers.Buffer {
	return d.AdoptBuffer(webgpu.BufferOf(b))
}

func (d device) NewTexture(info gpu.TextureInfo) (buffers.Texture, error) {
	t, err := d.Bridge().CreateTexture(&jsbridge.TextureDescriptor{
		Size:   jsbridge.Extent3D{Width: info.Extent.Width, Height: info.Extent.Height},
		Format: jsbridge.TextureFormatRGBA8Unorm,
		Usage:  jsbridge.TextureUsageCopySrc | jsbridge.TextureUsageCopyDst,
	})
	if err != nil {
		return nil, err
	}
	return d.AdoptTexture(t), nil
}

func (d device) DestroyTexture(t buffers.Texture) { t.Native().(*jsbridge.Texture).Destroy() }

func (d device) NewHost(p []byte) model.Host {
	data, err := webgpu.MakeData(uint64(len(p)))
	if err != nil {
		panic(err)
	}
	js.CopyBytesToJS(js.Global().Get("Uint8Array").New(data.JSValue()), p)
	return data
}

// Lose has the page destroy the device behind the program's back.
func (d device) Lose(int) {
	d.Bridge().JSValue().Call("destroy")
	<-d.Lost()
}

// longest is as long as a sleep is in fact.
const longest = 20 * time.Millisecond

func (d device) Sleep(t time.Duration) { time.Sleep(min(t, longest)) }

// Rest waits until nothing that goes on ends any more.
func (d device) Rest(w *model.World) {
	for range 2 { // what is freed may wake others
		d.quiet(w)
		w.Trim()
	}
}

func (d device) quiet(w *model.World) {
	for same, before := 0, -1; same < 4 && (before != 0 || w.Going() != 0); same++ {
		if n := w.Going(); n != before {
			same, before = 0, n
		}
		<-d.Queue().WorkDone()
		time.Sleep(time.Duration(d.patience) * 5 * time.Millisecond)
	}
}

// Settle waits for a few tasks: whatever needs no more than them has happened then.
func (d device) Settle() {
	for range 2 * d.patience {
		await(js.Global().Get("scheduler").Call("postTask", nothing))
	}
}

var nothing = js.FuncOf(func(js.Value, []js.Value) any { return nil })
