//go:build js && wasm

package main

import (
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// updates are frames through a DynamicBuffer, or by writes of an arena.
type updates struct {
	*ours
	dynamic *buffers.DynamicBuffer
	plain   *buffers.DeviceBuffer
	arena   []update
	first   buffers.Allocation // of the latest frame
}

func (o *ours) frames(args []js.Value) (any, error) {
	u := &updates{ours: o, arena: make([]update, args[0].Int())}
	size := len(updateBytes(u.arena))
	var err error
	u.dynamic, err = o.system.NewDynamicBuffer(buffers.DynamicDescriptor{
		Label: "bench", Size: uint64(size), Usage: buffers.UsageStorage | buffers.UsageCopySrc,
	})
	if err != nil {
		return nil, err
	}
	if u.plain, err = o.deviceBuffer(size); err != nil {
		return nil, err
	}
	return object(map[string]method{
		"target":      func([]js.Value) (any, error) { return webgpu.BufferOf(u.first.Buffer).JSValue(), nil },
		"offset":      func([]js.Value) (any, error) { return float64(u.first.Offset), nil },
		"writeTarget": native(u.plain),
		"destroy":     destroyer(u.dynamic.Destroy, u.plain.Destroy),
		"many":        u.running(func(number int) error { return u.frame(u.fillMany, number) }),
		"one":         u.running(func(number int) error { return u.frame(u.fillOne, number) }),
		"write":       u.running(u.write),
	}), nil
}

// running takes the number of the first frame, how many there are, and whether they are in flight together.
func (u *updates) running(frame func(number int) error) method {
	return func(args []js.Value) (any, error) {
		number := args[0].Int() - 1
		return nil, repeat(args[1].Int(), !args[2].Bool(), func() error { number++; return frame(number) }, u.workDone)
	}
}

func (u *updates) frame(fill func(number int) error, number int) error {
	frame, err := u.system.BeginFrame(context.Background())
	if err != nil {
		return err
	}
	if err := fill(number); err != nil {
		return err
	}
	return frame.Submit()
}

func (u *updates) fillMany(number int) error {
	for i := range u.arena {
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
	return nil
}

func (u *updates) fillOne(number int) error {
	a, err := u.dynamic.Update(uint64(len(u.arena)) * updateSize)
	if err != nil {
		return err
	}
	u.first = a
	all, err := wgsl.Slice[update](a.Bytes)
	if err != nil {
		return err
	}
	fillAll(all, number)
	return nil
}

func (u *updates) write(number int) error {
	fillAll(u.arena, number)
	return u.plain.Write(0, updateBytes(u.arena))
}

func fillAll(all []update, number int) {
	for i := range all {
		all[i].fill(i, number)
	}
}
