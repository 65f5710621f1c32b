package buffertest

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

var byteRules = []rule{
	{
		name:  "bytes written to the mapped range itself arrive",
		why:   "the view is the memory that the GPU sees after the unmap, not a copy that nobody writes back",
		needs: byteMapping,
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			copy(t.mappedBytes(b, 9, 20), pattern(20, 1))
			t.must(b.Unmap())
			t.expectContent(b, with(make([]byte, 64), 9, pattern(20, 1)))
		},
	},
	{
		name:  "the mapped range itself holds what the GPU left",
		why:   "a view of old memory reads as a result",
		needs: byteMapping,
		f: func(t *trial) {
			b := t.readback("result", 64)
			t.write(b, 0, pattern(64, 1))
			t.mapped(b, gpu.MapRead, 8, 32)
			t.expectBytes("mapped bytes", t.mappedBytes(b, 12, 20), pattern(64, 1)[12:32])
		},
	},
	{
		name:  "a view of the mapped range ends where it was asked to",
		why:   "an append to it would write over its neighbour",
		needs: byteMapping,
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			if p := t.mappedBytes(b, 8, 16); len(p) != 16 || cap(p) != 16 {
				t.Errorf("%d bytes with room for %d, want 16", len(p), cap(p))
			}
		},
	},
	{
		name:  "a view obeys the rules of the mapped range",
		why:   "the shorter way must not be the unchecked one",
		needs: byteMapping,
		f: func(t *trial) {
			b := t.staging("partial", 64)
			_, err := t.byteMapper(b).MappedBytes(0, 4)
			t.refused("a view of what is not mapped", err, gpu.ErrNotMapped)
			t.mapped(b, gpu.MapWrite, 16, 16)
			for _, offset := range []uint64{0, 12, 25, 1 << 63, 1<<64 - 4} {
				_, err := t.byteMapper(b).MappedBytes(offset, 8)
				t.refused("a view of what is outside", err, gpu.ErrRange)
			}
		},
	},
}

func byteMapping(b *Backend) string {
	if !b.MapsBytes {
		return "mapped memory is not Go's"
	}
	return ""
}

func (t *trial) mappedBytes(b gpu.MappableBuffer, offset, size uint64) []byte {
	t.Helper()
	p, err := t.byteMapper(b).MappedBytes(offset, size)
	t.must(err)
	return p
}

func (t *trial) byteMapper(b gpu.MappableBuffer) gpu.ByteMapper {
	t.Helper()
	m, ok := b.(gpu.ByteMapper)
	if !ok {
		t.Fatalf("%T is not a gpu.ByteMapper", b)
	}
	return m
}
