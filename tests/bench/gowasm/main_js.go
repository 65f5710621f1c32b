//go:build js && wasm

package main

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func main() {
	js.Global().Set("goBench", object(map[string]method{"openOurs": openOurs, "openUsual": openUsual}))
	select {}
}

var errNoDevice = errors.New("gowasm: no device given")

// openOurs takes a GPUDevice, and whether to calibrate, and gives the workloads on package buffers.
func openOurs(args []js.Value) (any, error) {
	if len(args) < 2 {
		return nil, errNoDevice
	}
	o, err := open(args[0], args[1].Bool())
	if err != nil {
		return nil, err
	}
	return object(map[string]method{
		"upload":   o.upload,   // (size)
		"bursts":   o.bursts,   // (size of the whole, size of a write, whether the system is new)
		"scenes":   o.scenes,   // (sizes, whether the system is new)
		"stream":   o.stream,   // (size of the buffer, rounds)
		"readback": o.readback, // (size)
		"reads":    o.reads,    // (size of the source, size of a read, offsets, whether the system is new)
		"frames":   o.frames,   // (count)
		"map":      o.roundTrips,
		"lifetime": o.lifetime,
	}), nil
}

func open(gpuDevice js.Value, calibrated bool) (*ours, error) {
	device, err := jsbridge.AdoptDevice(gpuDevice)
	if err != nil {
		return nil, err
	}
	system, err := buffers.Open(webgpu.Open(device), buffers.Options{})
	if err != nil {
		return nil, err
	}
	if calibrated {
		err = system.Calibrate(context.Background())
	}
	return &ours{gpuDevice, system}, err
}

// openUsual takes a GPUDevice and gives the workloads by syscall/js alone.
func openUsual(args []js.Value) (any, error) {
	if len(args) == 0 {
		return nil, errNoDevice
	}
	u := &usual{device: args[0], queue: args[0].Get("queue")}
	return object(map[string]method{
		"upload":   u.upload,
		"bursts":   u.bursts,
		"readback": u.readback,
		"frames":   u.frames,
		"map":      u.roundTrips,
		"lifetime": u.lifetime,
	}), nil
}
