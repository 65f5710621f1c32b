//go:build js && wasm

package main

import (
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// ours is this project's packages.
type ours struct {
	device js.Value // the GPUDevice
	system *buffers.System
}

const deviceUsage = buffers.UsageStorage | buffers.UsageCopySrc | buffers.UsageCopyDst

func (o *ours) workDone() error { return <-o.system.Device().Queue().WorkDone() }

func (o *ours) deviceBuffer(size int) (*buffers.DeviceBuffer, error) {
	return o.system.NewDeviceBuffer(buffers.Descriptor{Label: "bench", Size: uint64(size), Usage: deviceUsage})
}

// orFresh is o, or one with a new system on the device. end destroys what is new.
func (o *ours) orFresh(fresh bool) (_ *ours, end func(), err error) {
	if !fresh {
		return o, func() {}, nil
	}
	if o, err = open(o.device, false); err != nil {
		return nil, nil, err
	}
	return o, o.system.Destroy, nil
}

// native is the GPUBuffer, by which the page verifies what arrived.
func native(b buffers.Buffer) method {
	return func([]js.Value) (any, error) { return webgpu.BufferOf(b).JSValue(), nil }
}

func destroyer(destroy ...func()) method {
	return func([]js.Value) (any, error) {
		for _, d := range destroy {
			d()
		}
		return nil, nil
	}
}

func stamper(p *pattern) method {
	return func(args []js.Value) (any, error) { return p.stamp(uint32(args[0].Int())), nil }
}

func (o *ours) upload(args []js.Value) (any, error) {
	p := newPattern(args[0].Int())
	written, uploaded, err := o.devices(args[0].Int())
	if err != nil {
		return nil, err
	}
	return object(map[string]method{
		"stamp":        stamper(p),
		"writeTarget":  native(written),
		"uploadTarget": native(uploaded),
		"destroy":      destroyer(written.Destroy, uploaded.Destroy),
		"write":        o.sending(func() error { return written.Write(0, p.bytes()) }),
		"upload":       o.sending(func() error { return o.uploadMemory(uploaded, p.bytes()) }),
	}), nil
}

// devices makes two, since paths must not share one: see the hand-written paths of the page.
func (o *ours) devices(size int) (one, other *buffers.DeviceBuffer, err error) {
	if one, err = o.deviceBuffer(size); err != nil {
		return nil, nil, err
	}
	other, err = o.deviceBuffer(size)
	return one, other, err
}

func (o *ours) uploadMemory(b *buffers.DeviceBuffer, p []byte) error {
	return o.system.UploadMemory(context.Background(), b, 0, buffers.Bytes(p))
}

// sending takes how many calls there are, and whether each is waited for.
func (o *ours) sending(send func() error) method {
	return func(args []js.Value) (any, error) {
		return nil, repeat(args[0].Int(), args[1].Bool(), send, o.workDone)
	}
}

// repeat waits for the GPU after each call, or after the last.
func repeat(calls int, each bool, call, wait func() error) error {
	for i := range calls {
		if err := call(); err != nil {
			return err
		}
		if each || i == calls-1 {
			if err := wait(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *ours) readback(args []js.Value) (any, error) {
	into := make([]uint32, args[0].Int()/4)
	b, err := o.deviceBuffer(args[0].Int())
	if err != nil {
		return nil, err
	}
	r, err := o.system.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "bench"})
	if err != nil {
		return nil, err
	}
	return object(map[string]method{
		"target":  native(b),
		"digest":  func([]js.Value) (any, error) { return digest(into, 0), nil },
		"destroy": destroyer(r.Destroy, b.Destroy),
		"run": func(args []js.Value) (any, error) { // (calls)
			for range args[0].Int() {
				if err := r.Read(context.Background(), b, 0, bytesOf(into)); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
	}), nil
}

func (o *ours) roundTrips([]js.Value) (any, error) {
	b, err := o.system.NewMappableBuffer(buffers.Descriptor{Label: "bench", Size: 256, Usage: buffers.UsageMapRead | buffers.UsageCopyDst})
	if err != nil {
		return nil, err
	}
	return object(map[string]method{
		"destroy": destroyer(b.Destroy),
		"run": func(args []js.Value) (any, error) { // (trips)
			for range args[0].Int() {
				if err := <-b.MapAsync(buffers.MapRead, 0, 256); err != nil {
					return nil, err
				}
				if err := b.Unmap(); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
	}), nil
}

// lifetime takes whether each buffer gets a bind group.
func (o *ours) lifetime(args []js.Value) (any, error) {
	create := func() (*buffers.DeviceBuffer, error) { return o.deviceBuffer(256) }
	if args[0].Bool() {
		bind, err := o.binder()
		if err != nil {
			return nil, err
		}
		create = func() (*buffers.DeviceBuffer, error) {
			b, err := o.deviceBuffer(256)
			if err != nil {
				return nil, err
			}
			return b, bind(b)
		}
	}
	return lifetime(create, (*buffers.DeviceBuffer).Destroy), nil
}

func (o *ours) binder() (func(*buffers.DeviceBuffer) error, error) {
	device, err := jsbridge.AdoptDevice(o.device)
	if err != nil {
		return nil, err
	}
	layout, err := device.CreateBindGroupLayout(&jsbridge.BindGroupLayoutDescriptor{Entries: []jsbridge.BindGroupLayoutEntry{
		{Visibility: jsbridge.ShaderStageCompute, Buffer: &jsbridge.BufferBindingLayout{Type: "read-only-storage"}},
	}})
	return func(b *buffers.DeviceBuffer) error {
		_, err := device.CreateBindGroup(&jsbridge.BindGroupDescriptor{
			Layout: layout, Entries: []jsbridge.BindGroupEntry{{Buffer: webgpu.BufferOf(b)}},
		})
		return err
	}, err
}
