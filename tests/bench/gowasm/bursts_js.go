//go:build js && wasm

package main

import (
	"context"
	"sync"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// burst is writes in a row, each to its own part of one buffer.
type burst struct {
	*ours
	buffer *buffers.DeviceBuffer
	memory []byte
	size   int // of a write
}

// patterns are those of bursts, by size: a burst that is cold is made anew each round.
var patterns = map[int]*pattern{}

func patternOf(size int) *pattern {
	p := patterns[size]
	if p == nil {
		p = newPattern(size)
		patterns[size] = p
	}
	return p
}

// bursts takes the bytes of a burst and of a write, and whether its system is to be new.
func (o *ours) bursts(args []js.Value) (any, error) {
	p := patternOf(args[0].Int())
	o, end, err := o.orFresh(args[2].Bool())
	if err != nil {
		return nil, err
	}
	buffer, err := o.deviceBuffer(args[0].Int())
	if err != nil {
		return nil, err
	}
	b := &burst{ours: o, buffer: buffer, memory: p.bytes(), size: args[1].Int()}
	waited := func(send func() error) method {
		return func([]js.Value) (any, error) { return nil, repeat(1, true, send, o.workDone) }
	}
	return object(map[string]method{
		"stamp":      stamper(p),
		"target":     native(buffer),
		"destroy":    destroyer(buffer.Destroy, end),
		"write":      waited(func() error { return b.each(b.buffer.Write) }),
		"uploadEach": waited(func() error { return b.each(b.upload) }),
		"uploadAll":  waited(b.uploadAll),
	}), nil
}

func (b *burst) each(send func(offset uint64, p []byte) error) error {
	for at := 0; at < len(b.memory); at += b.size {
		if err := send(uint64(at), b.memory[at:at+b.size]); err != nil {
			return err
		}
	}
	return nil
}

func (b *burst) upload(offset uint64, p []byte) error {
	return b.system.UploadMemory(context.Background(), b.buffer, offset, buffers.Bytes(p))
}

// uploadAll has a goroutine for each upload.
func (b *burst) uploadAll() error {
	var all sync.WaitGroup
	failed := make(chan error, len(b.memory)/b.size)
	err := b.each(func(offset uint64, p []byte) error {
		all.Go(func() {
			if err := b.upload(offset, p); err != nil {
				failed <- err
			}
		})
		return nil
	})
	all.Wait()
	select {
	case err = <-failed:
	default:
	}
	return err
}

// bursts has a new typed array for each write.
func (u *usual) bursts(args []js.Value) (any, error) {
	p, size := patternOf(args[0].Int()), args[1].Int()
	b := u.create(args[0].Int(), usageDevice)
	return object(map[string]method{
		"stamp":   stamper(p),
		"target":  valued(b),
		"destroy": destroyer(destroyed(b)),
		"write": func([]js.Value) (any, error) {
			for memory, at := p.bytes(), 0; at < len(memory); at += size {
				u.write(b, at, memory[at:at+size])
			}
			return nil, u.workDone()
		},
	}), nil
}
