//go:build js && wasm

package main

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// writes are the chunks that JavaScript has, to write to the GPU by itself.
var writes lentChunks

// lentChunks are chunks by number. A chunk keeps its number if it can, so that JavaScript knows it already.
type lentChunks struct {
	lent  []*host.Chunk // nil if the number is free
	known []*host.Chunk // that JavaScript knows by it
}

// lend gives the number of a chunk. Unless JavaScript knows the chunk by that number from before, it is a result.
func (l *lentChunks) lend(c *host.Chunk) (number int) {
	if n := c.Number; n < len(l.lent) && l.lent[n] == nil && l.known[n] == c {
		l.lent[n] = c
		return n
	}
	number = slices.Index(l.lent, nil)
	if number < 0 {
		number = len(l.lent)
		l.lent, l.known = append(l.lent, nil), append(l.known, nil)
	}
	l.lent[number], l.known[number], c.Number = c, c, number
	esModule.result.Invoke(nativeOf(c.Buffer).JSValue())
	return number
}

// take is the chunk that was lent under a number, or nil. The number is free again.
func (l *lentChunks) take(number float64) (c *host.Chunk) {
	if i, ok := whole(number); ok && i < uint64(len(l.lent)) {
		c, l.lent[i] = l.lent[i], nil
	}
	return c
}

// forget lets go of the chunks, some of which are of a system that has ended. The others are handed over anew.
func (l *lentChunks) forget() { clear(l.known) }

func lendWrite(c *call) (number float64, err error) {
	_, s := object[deviceBuffer](c, 0)
	size := c.whole(1, "size")
	if c.err != nil || !esModule.attached {
		return notAtOnce, nil
	}
	if chunk := embedder.LendWrite(s.core, size, c.number(2, "hasToWin") != 0); chunk != nil {
		return float64(writes.lend(chunk)), nil
	}
	return notAtOnce, nil
}

func endWrite(c *call) (ended float64, err error) {
	chunk := writes.take(c.number(0, "number"))
	switch {
	case chunk == nil:
		return 0, nil
	case c.number(1, "failed") == 0:
		chunk.Return(nil)
	default:
		chunk.Return(gpu.NewError("write", "", buffers.ErrDeviceLost, ""))
	}
	return 1, nil
}

// beginsRow says of shared uploads that others follow them at once.
const beginsRow = 2

// What went into all buffers of shared uploads before.
const (
	isCopied  = 1 << iota // copies
	isTouched             // bytes
)

func allowShared(c *call) (mapped float64, err error) {
	_, s := object[deviceBuffer](c, 0)
	past, row := c.whole(2, "past"), c.number(3, "row")
	u := host.Together{
		Size: c.whole(1, "size"), Whole: c.whole(4, "whole"), More: c.whole(5, "more"),
		Copied: past&isCopied != 0, Touched: past&isTouched != 0,
		Follows: row != 0, Begins: row == beginsRow,
	}
	if c.err == nil && embedder.AllowShared(s.core, u) {
		return 1, nil
	}
	return 0, nil
}

// countMadeBuffers is the export countMade.
func countMadeBuffers(c *call) (made float64, err error) {
	s := c.system(0)
	if c.err != nil {
		return 0, nil
	}
	return float64(embedder.CountMade(s.core)), nil
}

// confirmMadeBuffers is the export confirmMade.
func confirmMadeBuffers(c *call) (_ float64, err error) {
	s, made := c.system(0), c.whole(1, "made")
	if c.err == nil {
		embedder.ConfirmMade(s.core, made)
	}
	return 0, nil
}
