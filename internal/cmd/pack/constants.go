package main

import (
	"bytes"
	"encoding/binary"
)

// powersOfTen is pow10Tab of internal/strconv: 10^-348 to 10^347, two words each. Every module has it, because package
// runtime may write a number with a point, and it compresses to nothing less than itself.
var powersOfTen = struct{ first, last, size uint64 }{0xfa8fd5a0081c0288, 0x4b7195f2d2d1a9fb, 16 * (348 + 1 + 347)}

// clearPowersOfTen clears them if neither the code nor the memory points to any.
func (c code) clearPowersOfTen(memory *image) error {
	word := binary.LittleEndian.Uint64
	start := bytes.Index(memory.bytes, binary.LittleEndian.AppendUint64(nil, powersOfTen.first))
	if start < 0 || len(memory.bytes[start:]) < int(powersOfTen.size) {
		return nil
	}
	table := memory.bytes[start:][:powersOfTen.size]
	if word(table[len(table)-8:]) != powersOfTen.last {
		return nil
	}
	address := memory.address + uint64(start)
	for _, body := range c {
		found, err := references(body)
		if err != nil {
			return err
		}
		for _, n := range found.constants {
			if n-address < powersOfTen.size {
				return nil
			}
		}
	}
	for at := (memory.address + 7) &^ 7; at+8 <= memory.end(); at += 8 {
		if word(memory.bytes[at-memory.address:])-address < powersOfTen.size {
			return nil
		}
	}
	clear(table)
	return nil
}
