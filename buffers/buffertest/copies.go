package buffertest

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// outer is a buffer around another, as the core has them.
type outer struct{ gpu.Buffer }

func (o outer) Unwrap() gpu.Buffer { return o.Buffer }

var copyRules = []rule{
	{
		name: "a copy moves exactly its range",
		why:  "an offset that is mixed up between source and destination moves other bytes",
		f: func(t *trial) {
			for _, c := range []span{{0, 0, 64}, {0, 32, 32}, {32, 0, 32}, {4, 56, 8}, {60, 60, 4}} {
				src, dst := t.filled("source", pattern(64, 1)), t.filled("target", pattern(64, 2))
				t.submit(t.copied(src, c.from, dst, c.to, c.size))
				t.expectContent(dst, with(pattern(64, 2), int(c.to), pattern(64, 1)[c.from:c.from+c.size]))
				t.expectContent(src, pattern(64, 1))
			}
		},
	},
	{
		name: "a buffer that the core has wrapped is the backend's own",
		why:  "every buffer of a program's comes wrapped: see Unwrap",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.filled("target", pattern(64, 2))
			t.write(outer{dst}, 0, pattern(8, 3))
			e := t.encoder("wrapped")
			t.must(e.CopyBufferToBuffer(outer{src}, 16, outer{outer{dst}}, 16, 16))
			t.must(e.ClearBuffer(outer{dst}, 56, 8))
			t.submit(e)
			t.expectContent(dst, with(with(with(pattern(64, 2), 0, pattern(8, 3)), 16, pattern(64, 1)[16:32]), 56, make([]byte, 8)))
		},
	},
	{
		name: "offsets and size of a copy are multiples of 4",
		why:  "the browser would spoil the whole encoder and report it later",
		f:    refusesCopies(gpu.ErrAlignment, span{1, 0, 4}, span{0, 2, 4}, span{0, 0, 5}, span{0, 0, 3}, span{3, 3, 4}),
	},
	{
		name: "a copy beyond source or destination is refused, also on overflow",
		why:  "memory next to the buffer is somebody else's",
		f: refusesCopies(gpu.ErrRange, span{64, 0, 4}, span{0, 64, 4}, span{32, 0, 36}, span{0, 32, 36}, span{0, 0, 68},
			span{math.MaxUint64 - 3, 0, 8}, span{0, math.MaxUint64 - 3, 8}, span{8, 0, math.MaxUint64 - 3}, span{0, 8, math.MaxUint64 - 7}),
	},
	{
		name: "a copy within one buffer is refused",
		why:  "WebGPU does not have it, whether the ranges overlap or not",
		f: func(t *trial) {
			b := t.filled("both", pattern(64, 1))
			t.refused("copy", t.encoder("copy").CopyBufferToBuffer(b, 0, b, 32, 16), gpu.ErrRange)
		},
	},
	{
		name: "a copy needs CopySrc and CopyDst",
		why:  "the browser would spoil the whole encoder and report it later",
		f: func(t *trial) {
			src, dst := t.buffer("source", gpu.UsageCopySrc, 64), t.buffer("target", gpu.UsageCopyDst, 64)
			e := t.encoder("copy")
			t.refused("from a target", e.CopyBufferToBuffer(dst, 0, t.buffer("other", gpuUsage, 64), 0, 4), gpu.ErrUsage)
			t.refused("to a source", e.CopyBufferToBuffer(t.buffer("other", gpuUsage, 64), 0, src, 0, 4), gpu.ErrUsage)
			t.must(e.CopyBufferToBuffer(src, 0, dst, 0, 4))
		},
	},
	{
		name: "a copy of nothing is fine",
		why:  "the last piece of a stream may be empty",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.filled("target", pattern(64, 2))
			t.submit(t.copied(src, 64, dst, 64, 0))
			t.expectContent(dst, pattern(64, 2))
		},
	},
	{
		name: "a refused command leaves the encoder usable",
		why:  "one mistake must not cost the frame",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.buffer("target", gpuUsage, 64)
			e := t.encoder("copy")
			t.refused("unaligned", e.CopyBufferToBuffer(src, 1, dst, 0, 4), gpu.ErrAlignment)
			t.must(e.CopyBufferToBuffer(src, 0, dst, 0, 64))
			t.submit(e)
			t.expectContent(dst, pattern(64, 1))
		},
	},
	{
		name: "commands of one encoder run in the order in which they were recorded",
		why:  "a chain of copies is how data goes from staging to its place",
		f: func(t *trial) {
			a, b, c := t.filled("a", pattern(64, 1)), t.filled("b", pattern(64, 2)), t.filled("c", pattern(64, 3))
			e := t.encoder("chain")
			t.must(e.CopyBufferToBuffer(a, 0, b, 0, 32))
			t.must(e.CopyBufferToBuffer(b, 0, c, 32, 32))
			t.must(e.ClearBuffer(a, 0, 64))
			t.must(e.CopyBufferToBuffer(a, 0, b, 0, 4))
			t.submit(e)
			t.expectContent(b, with(with(pattern(64, 2), 0, pattern(64, 1)[:32]), 0, make([]byte, 4)))
			t.expectContent(c, with(pattern(64, 3), 32, pattern(64, 1)[:32]))
		},
	},
	{
		name: "a clear zeroes exactly its range",
		why:  "neighbours in a buffer are other objects' data",
		f: func(t *trial) {
			for _, r := range [][2]uint64{{0, 64}, {0, 4}, {60, 4}, {20, 24}, {64, 0}} {
				b, e := t.filled("target", pattern(64, 1)), t.encoder("clear")
				t.must(e.ClearBuffer(b, r[0], r[1]))
				t.submit(e)
				t.expectContent(b, with(pattern(64, 1), int(r[0]), make([]byte, r[1])))
			}
		},
	},
	{
		name: "a clear obeys the rules of a copy's destination",
		why:  "it writes to the buffer as a copy does",
		f: func(t *trial) {
			b, e := t.filled("target", pattern(64, 1)), t.encoder("clear")
			t.refused("unaligned offset", e.ClearBuffer(b, 2, 4), gpu.ErrAlignment)
			t.refused("unaligned size", e.ClearBuffer(b, 4, 6), gpu.ErrAlignment)
			for _, r := range [][2]uint64{{0, 68}, {64, 4}, {68, 0}, {8, math.MaxUint64 - 3}, {math.MaxUint64 - 3, 8}} {
				t.refused("out of range", e.ClearBuffer(b, r[0], r[1]), gpu.ErrRange)
			}
			t.refused("without CopyDst", e.ClearBuffer(t.buffer("constant", gpu.UsageVertex, 64), 0, 4), gpu.ErrUsage)
			t.submit(e)
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a command that names a buffer of another device is refused",
		why:  "a page may have two devices; the browser reports the mix later",
		f: func(t *trial) {
			foreign, err := t.secondDevice().CreateBuffer(&gpu.Descriptor{Label: "foreign", Size: 64, Usage: gpuUsage})
			t.must(err)
			own, e := t.buffer("own", gpuUsage, 64), t.encoder("mixed")
			t.refused("copy from", e.CopyBufferToBuffer(foreign, 0, own, 0, 4), gpu.ErrWrongDevice)
			t.refused("copy to", e.CopyBufferToBuffer(own, 0, foreign, 0, 4), gpu.ErrWrongDevice)
			t.refused("clear", e.ClearBuffer(foreign, 0, 4), gpu.ErrWrongDevice)
		},
	},
	{
		name: "what was written while mapped can be copied after the unmap",
		why:  "it is what staging is",
		f: func(t *trial) {
			staging, dst := t.mappedForWriting(64), t.buffer("target", gpuUsage, 64)
			t.writeAt(staging, 0, pattern(64, 1))
			e := t.copied(staging, 0, dst, 0, 64) // recorded while mapped, which only the submit forbids
			t.writeAt(staging, 32, pattern(8, 2))
			t.must(staging.Unmap())
			t.submit(e)
			t.expectContent(dst, with(pattern(64, 1), 32, pattern(8, 2)))
		},
	},
}

// span is a copy's source offset, destination offset and size.
type span struct{ from, to, size uint64 }

// refusesCopies checks copies between buffers of 64 bytes.
func refusesCopies(reason error, spans ...span) func(*trial) {
	return func(t *trial) {
		src, dst := t.filled("source", pattern(64, 1)), t.filled("target", pattern(64, 2))
		e := t.encoder("copy")
		for _, c := range spans {
			t.refused("copy", e.CopyBufferToBuffer(src, c.from, dst, c.to, c.size), reason)
		}
		t.submit(e)
		t.expectContent(dst, pattern(64, 2))
	}
}
