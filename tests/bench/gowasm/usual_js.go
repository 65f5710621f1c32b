//go:build js && wasm

package main

import (
	"errors"
	"syscall/js"
)

// usual is how Go programs commonly drive a JavaScript API: methods called by name, descriptors as maps, a
// new typed array for each transfer, two js.Funcs for each promise.
type usual struct{ device, queue js.Value }

// The usage flags of https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage.
const (
	usageMapRead = 0x0001
	usageCopySrc = 0x0004
	usageCopyDst = 0x0008
	usageStorage = 0x0080
	usageDevice  = usageStorage | usageCopySrc | usageCopyDst
	mapModeRead  = 0x0001
	stageCompute = 0x4
)

func (u *usual) create(size, usage int) js.Value {
	return u.device.Call("createBuffer", map[string]any{"size": size, "usage": usage})
}

func (u *usual) write(b js.Value, offset int, p []byte) {
	array := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(array, p)
	u.queue.Call("writeBuffer", b, offset, array)
}

func (u *usual) workDone() error { return await(u.queue.Call("onSubmittedWorkDone")) }

func await(promise js.Value) error {
	settled := make(chan error, 1)
	resolve := js.FuncOf(func(js.Value, []js.Value) any { settled <- nil; return nil })
	defer resolve.Release()
	reject := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- errors.New(args[0].Get("message").String())
		return nil
	})
	defer reject.Release()
	promise.Call("then", resolve, reject)
	return <-settled
}

func valued(v js.Value) method { return func([]js.Value) (any, error) { return v, nil } }

func destroyed(v js.Value) func() { return func() { v.Call("destroy") } }

func (u *usual) upload(args []js.Value) (any, error) {
	p := newPattern(args[0].Int())
	b := u.create(args[0].Int(), usageDevice)
	write := func() error { u.write(b, 0, p.bytes()); return nil }
	return object(map[string]method{
		"stamp":   stamper(p),
		"target":  valued(b),
		"destroy": destroyer(destroyed(b)),
		"run": func(args []js.Value) (any, error) {
			return nil, repeat(args[0].Int(), args[1].Bool(), write, u.workDone)
		},
	}), nil
}

func (u *usual) readback(args []js.Value) (any, error) {
	into := make([]uint32, args[0].Int()/4)
	b := u.create(args[0].Int(), usageDevice)
	return object(map[string]method{
		"target":  valued(b),
		"digest":  func([]js.Value) (any, error) { return digest(into, 0), nil },
		"destroy": destroyer(destroyed(b)),
		"run": func(args []js.Value) (any, error) {
			return nil, repeat(args[0].Int(), false, func() error { return u.read(b, bytesOf(into)) }, func() error { return nil })
		},
	}), nil
}

func (u *usual) read(b js.Value, p []byte) error {
	staging := u.create(len(p), usageMapRead|usageCopyDst)
	defer staging.Call("destroy")
	encoder := u.device.Call("createCommandEncoder")
	encoder.Call("copyBufferToBuffer", b, 0, staging, 0, len(p))
	u.queue.Call("submit", []any{encoder.Call("finish")})
	if err := await(staging.Call("mapAsync", mapModeRead)); err != nil {
		return err
	}
	js.CopyBytesToGo(p, js.Global().Get("Uint8Array").New(staging.Call("getMappedRange")))
	staging.Call("unmap")
	return nil
}

func (u *usual) frames(args []js.Value) (any, error) {
	arena := make([]update, args[0].Int())
	b := u.create(len(arena)*updateSize, usageDevice)
	return object(map[string]method{
		"target":  valued(b),
		"destroy": destroyer(destroyed(b)),
		"run": func(args []js.Value) (any, error) {
			number := args[0].Int() - 1
			frame := func() error { number++; u.frame(b, arena, number); return nil }
			return nil, repeat(args[1].Int(), !args[2].Bool(), frame, u.workDone)
		},
	}), nil
}

func (u *usual) frame(b js.Value, arena []update, number int) {
	for i := range arena {
		arena[i].fill(i, number)
	}
	u.write(b, 0, updateBytes(arena))
}

func (u *usual) roundTrips([]js.Value) (any, error) {
	b := u.create(256, usageMapRead|usageCopyDst)
	trip := func() error {
		if err := await(b.Call("mapAsync", mapModeRead)); err != nil {
			return err
		}
		b.Call("unmap")
		return nil
	}
	return object(map[string]method{
		"destroy": destroyer(destroyed(b)),
		"run": func(args []js.Value) (any, error) {
			return nil, repeat(args[0].Int(), false, trip, func() error { return nil })
		},
	}), nil
}

// lifetime takes whether each buffer gets a bind group.
func (u *usual) lifetime(args []js.Value) (any, error) {
	create := func() (js.Value, error) { return u.create(256, usageDevice), nil }
	if args[0].Bool() {
		layout := u.device.Call("createBindGroupLayout", map[string]any{"entries": []any{
			map[string]any{"binding": 0, "visibility": stageCompute, "buffer": map[string]any{"type": "read-only-storage"}},
		}})
		create = func() (js.Value, error) {
			b := u.create(256, usageDevice)
			u.device.Call("createBindGroup", map[string]any{"layout": layout, "entries": []any{
				map[string]any{"binding": 0, "resource": map[string]any{"buffer": b}},
			}})
			return b, nil
		}
	}
	return lifetime(create, func(b js.Value) { b.Call("destroy") }), nil
}
