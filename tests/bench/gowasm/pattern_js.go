//go:build js && wasm

package main

import "unsafe"

// pattern is memory filled with noise; stamp makes every page of 4 KiB new. The page of the benchmark does
// the same by the same rules.
type pattern struct {
	words []uint32
	rest  uint32 // digest of the words that no stamp touches
}

const pageWords = 1024

func newPattern(size int) *pattern {
	p := &pattern{words: make([]uint32, size/4)}
	x := uint32(2463534242)
	for i := range p.words {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		p.words[i] = x
	}
	for i := 0; i < len(p.words); i += pageWords {
		p.words[i] = 0
	}
	p.rest = digest(p.words, 0)
	return p
}

// stamp returns the digest of the whole.
func (p *pattern) stamp(seed uint32) uint32 {
	sum := p.rest
	for i := 0; i < len(p.words); i += pageWords {
		p.words[i] = seed*2654435761 + uint32(i)
		sum += term(p.words[i], uint32(i))
	}
	return sum
}

func (p *pattern) bytes() []byte { return bytesOf(p.words) }

func bytesOf(words []uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 4*len(words))
}

// digest sums the words, each mixed and times an odd number that depends on its place.
func digest(words []uint32, first uint32) (sum uint32) {
	for i, w := range words {
		sum += term(w, first+uint32(i))
	}
	return sum
}

func term(word, place uint32) uint32 {
	mixed := (word ^ word>>16) * 0x45d9f3b
	return (mixed ^ mixed>>15) * (2*place + 1)
}
