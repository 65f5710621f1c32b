//go:build js && wasm

package main

import (
	"sync"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

// scene is buffers that are made and filled, each with its part of the pattern.
type scene struct {
	*ours
	end    func() // of the system, if it is new
	parts  [][]byte
	loaded []*buffers.DeviceBuffer
}

// scenes takes the sizes of the buffers, and whether the system is to be new each time.
func (o *ours) scenes(args []js.Value) (any, error) {
	sizes, cold := args[0], args[1].Bool()
	sum := 0
	for i := range sizes.Length() {
		sum += sizes.Index(i).Int()
	}
	p := newPattern(sum)
	sc := &scene{ours: o, end: func() {}, loaded: make([]*buffers.DeviceBuffer, sizes.Length())}
	for i, at := 0, 0; i < sizes.Length(); i++ {
		end := at + sizes.Index(i).Int()
		sc.parts = append(sc.parts, p.bytes()[at:end])
		at = end
	}
	return object(map[string]method{
		"stamp": stamper(p),
		"renew": func([]js.Value) (_ any, err error) {
			sc.end()
			sc.ours, sc.end, err = o.orFresh(cold)
			return nil, err
		},
		"write":   sc.loading(sc.write),
		"upload":  sc.loading(sc.upload),
		"target":  func(args []js.Value) (any, error) { return webgpu.BufferOf(sc.loaded[args[0].Int()]).JSValue(), nil },
		"drop":    destroyer(sc.drop),
		"destroy": destroyer(func() { sc.end() }),
	}), nil
}

// loading loads the scene, and waits until the GPU has all of it.
func (sc *scene) loading(load func() error) method {
	return func([]js.Value) (any, error) { return nil, repeat(1, true, load, sc.workDone) }
}

func (sc *scene) write() error {
	for i, part := range sc.parts {
		if err := sc.make(i); err != nil {
			return err
		}
		if err := sc.loaded[i].Write(0, part); err != nil {
			return err
		}
	}
	return nil
}

// upload has a goroutine for each buffer.
func (sc *scene) upload() error {
	var all sync.WaitGroup
	failed := make(chan error, len(sc.parts))
	for i, part := range sc.parts {
		if err := sc.make(i); err != nil {
			return err
		}
		all.Go(func() {
			if err := sc.uploadMemory(sc.loaded[i], part); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (sc *scene) make(i int) (err error) {
	sc.loaded[i], err = sc.deviceBuffer(len(sc.parts[i]))
	return err
}

func (sc *scene) drop() {
	for _, b := range sc.loaded {
		b.Destroy()
	}
}
