package buffertest

import (
	"bytes"
	"errors"
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var writeRules = []rule{
	{
		name: "a queue write changes exactly its range",
		why:  "neighbours in a buffer are other objects' data",
		f: func(t *trial) {
			for _, r := range [][2]int{{0, 4}, {4, 8}, {60, 4}, {0, 64}, {20, 40}} {
				b := t.filled("target", pattern(64, 1))
				t.write(b, uint64(r[0]), pattern(r[1], 2))
				t.expectContent(b, with(pattern(64, 1), r[0], pattern(r[1], 2)))
			}
		},
	},
	{
		name: "a queue write of several megabytes arrives whole",
		why:  "browsers move large writes by another way than small ones",
		f: func(t *trial) {
			const size = 5<<20 + 12
			t.expectContent(t.filled("large", pattern(size, 1)), pattern(size, 1))
		},
	},
	{
		name: "a queue write takes the bytes before it returns",
		why:  "callers reuse their slices at once",
		f: func(t *trial) {
			b, p := t.buffer("target", gpuUsage, 64), pattern(64, 1)
			release := t.hold()
			t.write(b, 0, p)
			clear(p)
			release()
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "offset and size of a queue write are multiples of 4",
		why:  "the browser refuses it later and says less",
		f: func(t *trial) {
			b := t.filled("target", pattern(64, 1))
			for _, r := range [][2]int{{1, 4}, {2, 4}, {0, 3}, {0, 5}, {63, 1}, {6, 2}} {
				t.refused("write", t.tryWrite(b, uint64(r[0]), r[1]), gpu.ErrAlignment)
			}
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a queue write beyond the buffer is refused, also where the offset overflows",
		why:  "memory next to the buffer is somebody else's",
		f: func(t *trial) {
			b := t.filled("target", pattern(64, 1))
			for _, offset := range []uint64{60, 64, 68, math.MaxUint64 - 3, 1 << 63} {
				t.refused("write", t.tryWrite(b, offset, 8), gpu.ErrRange)
			}
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a queue write needs CopyDst",
		why:  "the browser would report it later, without saying which call it was",
		f: func(t *trial) {
			t.refused("write", t.tryWrite(t.buffer("constant", gpu.UsageVertex, 64), 0, 8), gpu.ErrUsage)
		},
	},
	{
		name: "a queue write of nothing is fine",
		why:  "the last piece of a stream may be empty",
		f: func(t *trial) {
			b := t.filled("target", pattern(64, 1))
			t.write(b, 64, nil)
			t.write(b, 0, nil)
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a queue write to a buffer of another device is refused",
		why:  "a page may have two devices; the browser reports the mix later",
		f: func(t *trial) {
			foreign, err := t.secondDevice().CreateBuffer(&gpu.Descriptor{Label: "foreign", Size: 64, Usage: gpuUsage})
			t.must(err)
			t.refused("write", t.tryWrite(foreign, 0, 8), gpu.ErrWrongDevice)
		},
	},
	{
		name: "several goroutines may use one device",
		why:  "loaders upload while the frame runs",
		f: func(t *trial) {
			results := make(chan error, 8)
			for i := range cap(results) {
				go func() { results <- t.roundTrips(byte(i)) }()
			}
			for range cap(results) {
				t.must(t.wait(results))
			}
		},
	},
}

func (t *trial) tryWrite(b gpu.Buffer, offset uint64, size int) error {
	return t.device.Queue().WriteBuffer(b, offset, gpu.Bytes(make([]byte, size)))
}

// roundTrips writes and reads a few times, on any goroutine.
func (t *trial) roundTrips(seed byte) error {
	b, err := t.device.CreateMappableBuffer(&gpu.Descriptor{Label: "own", Size: 64, Usage: readbackUsage})
	if err != nil {
		return err
	}
	defer b.Destroy()
	for i := range byte(10) {
		if err := t.roundTrip(b, pattern(64, seed*10+i)); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) roundTrip(b gpu.MappableBuffer, want []byte) error {
	if err := t.device.Queue().WriteBuffer(b, 0, gpu.Bytes(want)); err != nil {
		return err
	}
	if err := gpu.Map(t.Context(), b, gpu.MapRead); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := b.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("read other bytes than were written")
	}
	return b.Unmap()
}
