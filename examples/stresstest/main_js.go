//go:build js && wasm

// Command stresstest draws thousands of instances whose data is new in every
// frame. Go writes it into a DynamicBuffer, and one transfer a frame moves it
// to the GPU.
package main

import (
	"context"
	"math"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
	"github.com/gpubuffers/gpubuffers/examples/internal/controls"
	"github.com/gpubuffers/gpubuffers/jsbridge"
	"github.com/gpubuffers/gpubuffers/jsbridge/page"
)

const (
	somePetals = 10_000
	mostPetals = 100_000
)

func main() { page.Run(run) }

func run(ctx context.Context) error {
	device, err := webgpu.Request(ctx, nil)
	if err != nil {
		return err
	}
	defer device.Destroy()
	system, err := buffers.Open(device, buffers.Options{})
	if err != nil {
		return err
	}
	defer system.Destroy()
	scope := system.NewScope()
	defer scope.Destroy()
	s, err := newScene(ctx, device.Bridge(), system, scope)
	if err != nil {
		return err
	}

	// ?frame=120 draws the picture of that frame and no other: tests compare
	// it.
	if n, given := controls.Query("frame"); given {
		if err := s.draw(ctx, time.Duration(n)*time.Second/60); err != nil {
			return err
		}
		page.SetState(page.Drawn)
		select {
		case err := <-system.Errors(): // errors that the GPU finds arrive later
			return err
		case <-ctx.Done():
			return nil
		}
	}
	// ?flatout=1 does not wait for the display.
	if _, given := controls.Query("flatout"); given {
		return s.animate(ctx, func(context.Context) error { return nil })
	}
	return s.animate(ctx, controls.NextFrame)
}

// scene is all that a frame needs.
type scene struct {
	system   *buffers.System
	dynamic  *buffers.DynamicBuffer // the camera and the petals of each frame
	device   *jsbridge.Device
	canvas   *page.Canvas
	pipeline *jsbridge.RenderPipeline
	groups   map[buffers.Buffer]*jsbridge.BindGroup // one for each GPU buffer of dynamic
	seeds    []seed
	count    *controls.Slider
	meter    meter
}

func newScene(
	ctx context.Context, device *jsbridge.Device, system *buffers.System, scope *buffers.Scope,
) (*scene, error) {
	s := &scene{
		system: system,
		device: device,
		groups: map[buffers.Buffer]*jsbridge.BindGroup{},
		seeds:  newSeeds(mostPetals),
	}
	var err error
	// A page holds a whole frame: the camera, and the petals behind it at the
	// next multiple of 256.
	s.dynamic, err = scope.NewDynamicBuffer(buffers.DynamicDescriptor{
		Label: "frame",
		Size:  256 + mostPetals*petalSize,
		Usage: buffers.UsageUniform | buffers.UsageStorage,
	})
	if err != nil {
		return nil, err
	}
	if s.canvas, err = page.OpenCanvas(device, "canvas"); err != nil {
		return nil, err
	}
	if s.pipeline, err = newPipeline(ctx, device); err != nil {
		return nil, err
	}
	count, given := controls.Query("instances")
	if !given {
		count = somePetals
	}
	s.count = controls.NewSlider("count", count)
	s.meter = newMeter()
	return s, nil
}

// animate draws frame after frame until something fails or the user leaves.
func (s *scene) animate(ctx context.Context, next func(context.Context) error) error {
	for start := time.Now(); ; {
		if err := next(ctx); err != nil {
			return err
		}
		if err := s.draw(ctx, time.Since(start)); err != nil {
			return err
		}
		s.meter.frame(time.Since(start), s)
		select {
		case err := <-s.system.Errors():
			return err
		default:
		}
	}
}

// draw makes one frame: update, record, submit.
func (s *scene) draw(ctx context.Context, at time.Duration) error {
	frame, err := s.system.BeginFrame(ctx)
	if err != nil {
		return err
	}
	defer frame.Discard() // does nothing after Submit

	camera, petals, err := s.update(at.Seconds())
	if err != nil {
		return err
	}
	encoder, err := frame.Encoder()
	if err != nil {
		return err
	}
	if err := s.record(webgpu.EncoderOf(encoder), camera, petals); err != nil {
		return err
	}
	return frame.Submit()
}

// update writes the new data of this frame. An allocation's bytes are the
// CPU's until Submit. Afterwards the GPU finds them in its buffer, at its
// offset.
func (s *scene) update(seconds float64) (view, flower buffers.Allocation, err error) {
	if view, err = s.dynamic.Update(cameraSize); err != nil {
		return view, flower, err
	}
	sin, cos := math.Sincos(seconds / 8)
	err = wgsl.Put(view.Bytes, camera{
		Turn: [2]float32{float32(cos), float32(sin)},
		Zoom: [2]float32{0.96 * 3 / 4, 0.96}, // the canvas is 4:3
	})
	if err != nil {
		return view, flower, err
	}

	if flower, err = s.dynamic.Update(uint64(s.count.Value()) * petalSize); err != nil {
		return view, flower, err
	}
	petals, err := wgsl.Slice[petal](flower.Bytes)
	if err != nil {
		return view, flower, err
	}
	started := time.Now()
	bloom(petals, s.seeds, seconds)
	s.meter.wrote(time.Since(started))
	return view, flower, nil
}
