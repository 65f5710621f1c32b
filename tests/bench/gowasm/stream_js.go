//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// stream sends the whole pattern to the start of a buffer as long as it, again and again, by an io.Reader or
// from memory.
func (o *ours) stream(args []js.Value) (any, error) {
	p, rounds := newPattern(args[0].Int()), args[1].Int()
	read, uploaded, err := o.devices(args[0].Int())
	if err != nil {
		return nil, err
	}
	running := func(send func() error) method {
		return func([]js.Value) (any, error) { return nil, repeat(rounds, false, send, o.workDone) }
	}
	return object(map[string]method{
		"stamp":        stamper(p),
		"readTarget":   native(read),
		"uploadTarget": native(uploaded),
		"destroy":      destroyer(read.Destroy, uploaded.Destroy),
		"read":         running(func() error { return o.uploadReader(read, p.bytes()) }),
		"upload":       running(func() error { return o.uploadMemory(uploaded, p.bytes()) }),
	}), nil
}

func (o *ours) uploadReader(b *buffers.DeviceBuffer, p []byte) error {
	_, err := o.system.Upload(context.Background(), b, 0, bytes.NewReader(p))
	return err
}
