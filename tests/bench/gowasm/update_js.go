//go:build js && wasm

package main

import "unsafe"

// update is one object's data for one frame.
type update [64]float32

const updateSize = 256

func (u *update) fill(i, frame int) {
	for k := range u {
		u[k] = float32(i + k + frame)
	}
}

func updateBytes(arena []update) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(arena))), updateSize*len(arena))
}
