//go:build js && wasm

package webgpu

import (
	"context"
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// RequestOptions describe the device to ask for.
type RequestOptions struct {
	Label string
	// Adapter selects the adapter; nil asks for the fastest.
	Adapter *jsbridge.AdapterOptions
	// Features are those the device must have.
	Features []string
}

// Request asks the browser for an adapter and a device; nil options ask for the fastest. The device's
// buffers may be as large, and be bound as large, as the adapter allows.
//
// If there is no WebGPU, or no adapter, the error is [gpu.ErrUnsupported].
func Request(ctx context.Context, options *RequestOptions) (*Device, error) {
	if options == nil {
		options = &RequestOptions{}
	}
	bridge, err := options.request(ctx)
	if err != nil {
		return nil, requestError(options.Label, err)
	}
	return Open(bridge), nil
}

func (o *RequestOptions) request(ctx context.Context) (*jsbridge.Device, error) {
	wanted := o.Adapter
	if wanted == nil {
		wanted = &jsbridge.AdapterOptions{PowerPreference: jsbridge.HighPerformance}
	}
	adapter, err := jsbridge.RequestAdapter(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return adapter.RequestDevice(ctx, &jsbridge.DeviceDescriptor{
		Label:            o.Label,
		RequiredFeatures: o.Features,
		RequiredLimits:   sizeLimits(adapter.Limits()),
	})
}

// sizeLimits are the adapter's limits on buffers if they are better than the default ones.
func sizeLimits(adapter jsbridge.Limits) jsbridge.Limits {
	least := gpu.DefaultLimits()
	return jsbridge.Limits{
		MaxBufferSize:               larger(adapter.MaxBufferSize, least.MaxBufferSize),
		MaxUniformBufferBindingSize: larger(adapter.MaxUniformBufferBindingSize, least.MaxUniformBindingSize),
		MaxStorageBufferBindingSize: larger(adapter.MaxStorageBufferBindingSize, least.MaxStorageBindingSize),
	}
}

// larger is the adapter's limit, or 0, which asks for the default.
func larger(adapter, least uint64) uint64 {
	if adapter > least {
		return adapter
	}
	return 0
}

func requestError(label string, err error) error {
	const op = "request device"
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, jsbridge.ErrUnavailable), errors.Is(err, jsbridge.ErrNoAdapter):
		return &gpu.Error{Op: op, Label: label, Reason: gpu.ErrUnsupported, Cause: err}
	}
	return translate(op, label, err)
}
