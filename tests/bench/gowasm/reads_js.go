//go:build js && wasm

package main

import (
	"context"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// smallReads are many reads of one buffer, sent together.
type smallReads struct {
	source  *buffers.DeviceBuffer
	reader  *buffers.ReadbackBuffer
	offsets []uint64
	into    [][]uint32
	pending []buffers.Read
}

func (o *ours) reads(args []js.Value) (any, error) {
	o, end, err := o.orFresh(args[3].Bool())
	if err != nil {
		return nil, err
	}
	source, err := o.deviceBuffer(args[0].Int())
	if err != nil {
		return nil, err
	}
	reader, err := o.system.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "bench"})
	if err != nil {
		return nil, err
	}
	s := &smallReads{source: source, reader: reader}
	for i := range args[2].Length() {
		s.offsets = append(s.offsets, uint64(args[2].Index(i).Int()))
		s.into = append(s.into, make([]uint32, args[1].Int()/4))
	}
	return object(map[string]method{
		"target":  native(source),
		"destroy": destroyer(reader.Destroy, source.Destroy, end),
		"run":     func([]js.Value) (any, error) { return nil, s.run() },
		"digest":  func([]js.Value) (any, error) { return s.digest(), nil },
	}), nil
}

func (s *smallReads) run() error {
	s.pending = s.pending[:0]
	for i, offset := range s.offsets {
		r, err := s.reader.Start(s.source, offset, buffers.Bytes(bytesOf(s.into[i])))
		if err != nil {
			return err
		}
		s.pending = append(s.pending, r)
	}
	s.reader.Flush()
	for _, r := range s.pending {
		if err := r.Wait(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

func (s *smallReads) digest() (sum uint32) {
	for i, words := range s.into {
		sum += digest(words, uint32(i*len(words)))
	}
	return sum
}
