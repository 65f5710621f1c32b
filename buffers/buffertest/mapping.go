package buffertest

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var mapRules = []rule{
	{
		name: "a map settles exactly once on a channel of capacity one",
		why:  "who waits must not wait for ever, and who does not wait must not block the backend",
		f: func(t *trial) {
			b := t.readback("once", 64)
			settled := b.MapAsync(gpu.MapRead, 0, 64)
			if cap(settled) != 1 {
				t.Errorf("capacity %d, want 1", cap(settled))
			}
			t.must(t.wait(settled))
			t.expectSilence(settled)
		},
	},
	{
		name: "a refused map settles exactly once on a channel of capacity one",
		why:  "an error found at once must not be another way to be told",
		f: func(t *trial) {
			settled := t.readback("once", 64).MapAsync(gpu.MapRead, 4, 8)
			if cap(settled) != 1 {
				t.Errorf("capacity %d, want 1", cap(settled))
			}
			t.refused("map at 4", t.wait(settled), gpu.ErrAlignment)
			t.expectSilence(settled)
		},
	},
	{
		name: "the offset of a map is a multiple of 8 and its size of 4",
		why:  "the browser refuses it later and says less",
		f: func(t *trial) {
			b := t.staging("aligned", 64)
			for _, r := range [][2]uint64{{1, 4}, {4, 4}, {12, 8}, {0, 1}, {0, 6}, {8, 2}} {
				t.refused("map", t.wait(b.MapAsync(gpu.MapWrite, r[0], r[1])), gpu.ErrAlignment)
			}
			t.mapped(b, gpu.MapWrite, 8, 4)
		},
	},
	{
		name: "a map of nothing is a mapping that reaches nothing",
		why:  "WebGPU allows it, and the range of a stream's last piece may be empty",
		f: func(t *trial) {
			b := t.staging("empty", 64)
			for _, offset := range []uint64{0, 8, 64} {
				t.mapped(b, gpu.MapWrite, offset, 0)
				t.expectState(b, gpu.Mapped)
				t.writeAt(b, int64(offset), nil)
				_, err := b.WriteAt([]byte{1}, int64(offset))
				t.refused("write", err, gpu.ErrRange)
				t.must(b.Unmap())
			}
			t.expectContent(b, make([]byte, 64))
		},
	},
	{
		name: "a map beyond the buffer is refused, also where offset and size overflow",
		why:  "memory next to the buffer is somebody else's",
		f: func(t *trial) {
			b := t.staging("bounded", 64)
			for _, r := range [][2]uint64{
				{0, 68}, {64, 4}, {72, 4}, {8, 60}, {8, math.MaxUint64 - 3}, {math.MaxUint64 - 7, 8}, {math.MaxUint64 - 7, math.MaxUint64 - 3},
			} {
				t.refused("map", t.wait(b.MapAsync(gpu.MapWrite, r[0], r[1])), gpu.ErrRange)
			}
			t.mapped(b, gpu.MapWrite, 56, 8)
		},
	},
	{
		name: "a map needs the usage of its mode",
		why:  "a buffer made to be read cannot be written, and the other way round",
		f: func(t *trial) {
			reads, writes := t.readback("reads", 64), t.staging("writes", 64)
			t.refused("write a readback", t.wait(reads.MapAsync(gpu.MapWrite, 0, 64)), gpu.ErrUsage)
			t.refused("read a staging", t.wait(writes.MapAsync(gpu.MapRead, 0, 64)), gpu.ErrUsage)
			for _, mode := range []gpu.MapMode{gpu.MapNone, gpu.MapRead | gpu.MapWrite, 8} {
				t.refused("mode "+mode.String(), t.wait(writes.MapAsync(mode, 0, 64)), gpu.ErrUsage)
			}
		},
	},
	{
		name: "a refused map changes nothing",
		why:  "one mistake must not cost the buffer",
		f: func(t *trial) {
			b := t.staging("patient", 64)
			t.refused("map at 4", t.wait(b.MapAsync(gpu.MapWrite, 4, 8)), gpu.ErrAlignment)
			t.expectState(b, gpu.Ready)
			t.mapped(b, gpu.MapWrite, 0, 64)
		},
	},
	{
		name: "a map while mapped leaves the first mapping alone",
		why:  "what was written so far would be lost",
		f: func(t *trial) {
			b := t.staging("mapped twice", 64)
			t.mapped(b, gpu.MapWrite, 8, 32)
			t.writeAt(b, 8, pattern(16, 1))
			t.refused("second map", t.wait(b.MapAsync(gpu.MapWrite, 0, 64)), gpu.ErrMapped)
			t.writeAt(b, 24, pattern(16, 2))
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write outside of the first mapping", err, gpu.ErrRange)
			t.must(b.Unmap())
			t.expectContent(b, with(with(make([]byte, 64), 8, pattern(16, 1)), 24, pattern(16, 2)))
		},
	},
	{
		name: "a map while one is pending leaves the first alone",
		why:  "the one who waits for the first would get the range of the second, or nothing",
		f: func(t *trial) {
			b := t.staging("pending twice", 64)
			release := t.hold()
			first := b.MapAsync(gpu.MapWrite, 8, 8)
			second := b.MapAsync(gpu.MapWrite, 0, 64)
			release()
			t.refused("second map", t.wait(second), gpu.ErrMapPending)
			t.must(t.wait(first))
			t.writeAt(b, 8, pattern(8, 1))
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write outside of the first mapping", err, gpu.ErrRange)
		},
	},
	{
		name: "a channel that was not read stays with its holder",
		why:  "whoever reads it later would get the outcome of another map",
		f: func(t *trial) {
			b := t.staging("unread", 64)
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			cancelled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.wait(t.device.Queue().WorkDone())
			t.mapped(b, gpu.MapWrite, 0, 64)
			if err := t.wait(cancelled); err != nil {
				t.refused("the cancelled map", err, gpu.ErrMapAborted)
			}
			t.expectSilence(cancelled)
		},
	},
	{
		name: "a buffer can be mapped again and again",
		why:  "staging and readback are reused every frame",
		f: func(t *trial) {
			b, dst := t.staging("reused", 64), t.buffer("target", gpuUsage, 64)
			for i := range byte(50) {
				t.mapped(b, gpu.MapWrite, 0, 64)
				t.writeAt(b, 0, pattern(64, i))
				t.must(b.Unmap())
				t.submit(t.copied(b, 0, dst, 0, 64))
			}
			t.expectContent(dst, pattern(64, 49))
		},
	},
	{
		name: "maps of many buffers are pending at once",
		why:  "a ring of chunks overlaps transfers",
		f: func(t *trial) {
			var ring [16]gpu.MappableBuffer
			var settled [len(ring)]<-chan error
			for i := range ring {
				ring[i] = t.readback("ring", 64)
				t.write(ring[i], 0, pattern(64, byte(i)))
				settled[i] = ring[i].MapAsync(gpu.MapRead, 0, 64)
			}
			for i := len(ring) - 1; i >= 0; i-- {
				t.must(t.wait(settled[i]))
				t.expectBytes("ring", t.readAt(ring[i], 0, 64), pattern(64, byte(i)))
			}
		},
	},
	{
		name: "a pending map leaves other buffers usable",
		why:  "a readback in flight must not stop the frame",
		f: func(t *trial) {
			pending, other := t.readback("pending", 64), t.staging("other", 64)
			settled := pending.MapAsync(gpu.MapRead, 0, 64)
			t.mapped(other, gpu.MapWrite, 0, 64)
			t.must(other.Unmap())
			t.expectContent(t.filled("content", pattern(64, 1)), pattern(64, 1))
			t.must(t.wait(settled))
		},
	},
	{
		name: "a map settles after the work submitted before it",
		why:  "map right after submit is how results are read; it must not show what was there before",
		f: func(t *trial) {
			src, back := t.filled("source", pattern(64, 1)), t.readback("result", 64)
			for i := range byte(20) {
				t.write(src, 0, pattern(64, i))
				t.submit(t.copied(src, 0, back, 0, 64))
				t.mapped(back, gpu.MapRead, 0, 64)
				t.expectBytes("result", t.readAt(back, 0, 64), pattern(64, i))
				t.must(back.Unmap())
			}
		},
	},
	{
		name: "a map shows what a queue write put there",
		why:  "a queue write is work submitted before the map",
		f: func(t *trial) {
			b := t.readback("written", 64)
			t.write(b, 16, pattern(32, 1))
			t.mapped(b, gpu.MapRead, 0, 64)
			t.expectBytes("mapped range", t.readAt(b, 0, 64), with(make([]byte, 64), 16, pattern(32, 1)))
		},
	},
}
