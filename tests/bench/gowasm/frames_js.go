//go:build js && wasm

package main

import (
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// updates are frames through a DynamicBuffer.
type updates struct {
	*ours
	dynamic *buffers.DynamicBuffer
	count   int
	first   buffers.Allocation // of the latest frame
}

func (o *ours) frames(args []js.Value) (any, error) {
	count := args[0].Int()
	dynamic, err := o.system.NewDynamicBuffer(buffers.DynamicDescriptor{
		Label: "bench", Size: uint64(count) * updateSize, Usage: buffers.UsageStorage | buffers.UsageCopySrc,
	})
	if err != nil {
		return nil, err
	}
	u := &updates{ours: o, dynamic: dynamic, count: count}
	return object(map[string]method{
		"target":  func([]js.Value) (any, error) { return webgpu.BufferOf(u.first.Buffer).JSValue(), nil },
		"offset":  func([]js.Value) (any, error) { return float64(u.first.Offset), nil },
		"destroy": destroyer(dynamic.Destroy),
		"run": func(args []js.Value) (any, error) { // (first, frames, in flight)
			number := args[0].Int() - 1
			frame := func() error { number++; return u.frame(number) }
			return nil, repeat(args[1].Int(), !args[2].Bool(), frame, o.workDone)
		},
	}), nil
}

func (u *updates) frame(number int) error {
	frame, err := u.system.BeginFrame(context.Background())
	if err != nil {
		return err
	}
	for i := range u.count {
		a, err := u.dynamic.Update(updateSize)
		if err != nil {
			return err
		}
		data, err := wgsl.As[update](a.Bytes)
		if err != nil {
			return err
		}
		data.fill(i, number)
		if i == 0 {
			u.first = a
		}
	}
	return frame.Submit()
}
