package buffertest

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var accessRules = []rule{
	{
		name: "any byte offset and length within the mapped range is written",
		why:  "data does not come in multiples of 4",
		f: func(t *trial) {
			for offset := range 9 {
				for length := range 10 {
					b := t.mappedForWriting(64)
					t.writeAt(b, int64(offset), pattern(length, 1))
					t.must(b.Unmap())
					t.expectContent(b, with(make([]byte, 64), offset, pattern(length, 1)))
					b.Destroy()
				}
			}
		},
	},
	{
		name: "any byte offset and length within the mapped range is read",
		why:  "results do not come in multiples of 4",
		f: func(t *trial) {
			b, want := t.readback("bytes", 64), pattern(64, 1)
			t.write(b, 0, want)
			t.mapped(b, gpu.MapRead, 0, 64)
			for offset := range 9 {
				for length := range 10 {
					t.expectBytes("read", t.readAt(b, int64(offset), length), want[offset:offset+length])
				}
			}
		},
	},
	{
		name: "every one of several writes arrives",
		why:  "a backend that writes back only the last range it handed out loses the others",
		f: func(t *trial) {
			b, want := t.mappedForWriting(256), make([]byte, 256)
			for i := range 8 {
				offset := (i * 5 % 8) * 32
				t.writeAt(b, int64(offset+3), pattern(25, byte(i)))
				want = with(want, offset+3, pattern(25, byte(i)))
			}
			t.must(b.Unmap())
			t.expectContent(b, want)
		},
	},
	{
		name: "the later of two overlapping writes wins",
		why:  "code patches what it wrote before",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 0, pattern(40, 1))
			t.writeAt(b, 17, pattern(7, 2))
			t.must(b.Unmap())
			t.expectContent(b, with(with(make([]byte, 64), 0, pattern(40, 1)), 17, pattern(7, 2)))
		},
	},
	{
		name: "a write leaves the bytes next to it alone",
		why:  "a tail that is padded to 4 bytes zeroes its neighbour's data",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			before := pattern(64, 1)
			t.writeAt(b, 0, before)
			t.must(b.Unmap())
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.writeAt(b, 13, []byte{0xAA, 0xBB, 0xCC})
			t.must(b.Unmap())
			t.expectContent(b, with(before, 13, []byte{0xAA, 0xBB, 0xCC}))
		},
	},
	{
		name: "bytes of a write mapping that nobody wrote keep their content",
		why:  "a mapping shows the buffer; a backend that starts from zeros erases what was there",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a range mapped for writing can be read and shows the content",
		why:  "code reads back what it wrote to patch it",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 3, pattern(20, 1))
			t.must(b.Unmap())
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.writeAt(b, 40, pattern(9, 2))
			t.expectBytes("write mapping", t.readAt(b, 0, 64), with(with(make([]byte, 64), 3, pattern(20, 1)), 40, pattern(9, 2)))
		},
	},
	{
		name: "bytes never written read as zero",
		why:  "anything else is what some other program left in memory",
		f: func(t *trial) {
			b := t.staging("sparse", 128)
			t.mapped(b, gpu.MapWrite, 64, 32)
			t.writeAt(b, 71, pattern(5, 1))
			t.must(b.Unmap())
			want := with(make([]byte, 128), 71, pattern(5, 1))
			t.mapped(b, gpu.MapWrite, 0, 128)
			t.expectBytes("write mapping", t.readAt(b, 0, 128), want)
			t.must(b.Unmap())
			t.expectContent(b, want)
		},
	},
	{
		name: "a partial map reaches its own range and nothing else",
		why:  "the rest of the buffer is not mapped: writes there would be lost, reads would be wrong",
		f: func(t *trial) {
			b := t.staging("partial", 64)
			t.mapped(b, gpu.MapWrite, 16, 32)
			t.writeAt(b, 16, pattern(32, 1))
			for _, r := range [][2]int{{15, 1}, {0, 4}, {48, 1}, {47, 2}, {16, 33}, {60, 4}} {
				n, err := b.WriteAt(make([]byte, r[1]), int64(r[0]))
				t.refused("write outside", err, gpu.ErrRange)
				_, err = b.ReadAt(make([]byte, r[1]), int64(r[0]))
				t.refused("read outside", err, gpu.ErrRange)
				if n != 0 {
					t.Errorf("a refused write wrote %d bytes", n)
				}
			}
			t.must(b.Unmap())
			t.expectContent(b, with(make([]byte, 64), 16, pattern(32, 1)))
		},
	},
	{
		name: "a partial map for reading shows its own range",
		why:  "an offset that is counted twice, or not at all, reads other bytes",
		f: func(t *trial) {
			b, want := t.readback("partial", 128), pattern(128, 1)
			t.write(b, 0, want)
			t.mapped(b, gpu.MapRead, 40, 48)
			t.expectBytes("partial map", t.readAt(b, 40, 48), want[40:88])
			t.expectBytes("middle of it", t.readAt(b, 51, 7), want[51:58])
		},
	},
	{
		name: "a partial map for writing leaves the rest of the buffer",
		why:  "chunks are filled piece by piece",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.mapped(b, gpu.MapWrite, 24, 8)
			t.writeAt(b, 24, pattern(8, 2))
			t.must(b.Unmap())
			t.expectContent(b, with(pattern(64, 1), 24, pattern(8, 2)))
		},
	},
	{
		name: "a later map shows what the GPU wrote since",
		why:  "a readback buffer is used again and again; an old copy is a wrong result",
		f: func(t *trial) {
			b := t.readback("reused", 64)
			for i := range byte(3) {
				t.write(b, uint64(i)*8, pattern(8, i+1))
			}
			t.mapped(b, gpu.MapRead, 0, 64)
			t.readAt(b, 0, 64)
			t.must(b.Unmap())
			t.write(b, 8, pattern(8, 9))
			want := with(make([]byte, 64), 0, pattern(8, 1))
			want = with(with(want, 8, pattern(8, 9)), 16, pattern(8, 3))
			t.mapped(b, gpu.MapRead, 0, 64)
			t.expectBytes("second map", t.readAt(b, 0, 64), want)
		},
	},
	{
		name: "a range mapped for reading cannot be written",
		why:  "the write would be lost at the unmap",
		f: func(t *trial) {
			b := t.readback("read only", 64)
			t.mapped(b, gpu.MapRead, 0, 64)
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write", err, gpu.ErrUsage)
			t.expectBytes("mapped range", t.readAt(b, 0, 64), make([]byte, 64))
		},
	},
	{
		name: "reading past the end of the mapped range reads nothing",
		why:  "a part that looks like the whole is a wrong result",
		f: func(t *trial) {
			b := t.readback("short", 16)
			t.write(b, 0, pattern(16, 1))
			t.mapped(b, gpu.MapRead, 0, 16)
			p := make([]byte, 8)
			n, err := b.ReadAt(p, 12)
			t.refused("read past the end", err, gpu.ErrRange)
			t.expectBytes("destination", p[n:], make([]byte, 8))
		},
	},
	{
		name: "a negative or huge offset is out of range",
		why:  "offset arithmetic that wraps around hits other memory",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			for _, offset := range []int64{-1, math.MinInt64, 65, math.MaxInt64} {
				_, err := b.WriteAt(make([]byte, 8), offset)
				t.refused("write", err, gpu.ErrRange)
				_, err = b.ReadAt(make([]byte, 8), offset)
				t.refused("read", err, gpu.ErrRange)
			}
		},
	},
	{
		name: "nothing can be written or read at the end of the mapped range",
		why:  "the last piece of a stream may be empty",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 64, nil)
			t.readAt(b, 64, 0)
			_, err := b.WriteAt(nil, 65)
			t.refused("beyond the end", err, gpu.ErrRange)
		},
	},
	{
		name: "the mapped range is gone after Unmap",
		why:  "a write after the unmap would be lost without a word",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.must(b.Unmap())
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write", err, gpu.ErrNotMapped)
			_, err = b.ReadAt(make([]byte, 1), 0)
			t.refused("read", err, gpu.ErrNotMapped)
			t.refused("second unmap", b.Unmap(), gpu.ErrNotMapped)
		},
	},
	{
		name: "the caller's bytes are copied by WriteAt and ReadAt",
		why:  "callers reuse their slices at once",
		f: func(t *trial) {
			b, p := t.mappedForWriting(64), pattern(64, 1)
			t.writeAt(b, 0, p)
			clear(p)
			read := t.readAt(b, 0, 64)
			clear(read)
			t.must(b.Unmap())
			t.expectContent(b, pattern(64, 1))
		},
	},
}

func (t *trial) mappedForWriting(size uint64) gpu.MappableBuffer {
	t.Helper()
	b := t.staging("staging", size)
	t.mapped(b, gpu.MapWrite, 0, size)
	return b
}
