package buffers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func TestRangesAreWrittenByFewBytesAndFewWrites(t *testing.T) {
	const kib = 1 << 10
	every := func(apart uint64) (ranges []buffers.Range) {
		for at := uint64(0); at < 1024*kib; at += apart {
			ranges = append(ranges, buffers.Range{Offset: at, Size: 64})
		}
		return ranges
	}
	for _, c := range []struct {
		name   string
		ranges []buffers.Range
		bytes  uint64
	}{
		{"no range", nil, 0},
		{"an empty one", []buffers.Range{{Offset: 8}}, 0},
		{"one alone", []buffers.Range{{8, 4}}, 4},
		{"neighbours are one", []buffers.Range{{0, 64}, {64, 64}}, 128},
		{"ranges that overlap are one", []buffers.Range{{0, 64}, {32, 64}, {40, 8}}, 96},
		{"those near each other are one, with what lies between", []buffers.Range{{0, 4}, {2052, 4}, {600 * kib, 4}}, 2056 + 4},
		{"those farther apart are not", []buffers.Range{{0, 4}, {2056, 4}, {600 * kib, 4}}, 12},
		{"two that lie in less than twice the cost of two writes are one", []buffers.Range{{0, 4}, {8196, 4}}, 8200},
		{"two that lie in more are not", []buffers.Range{{0, 4}, {8212, 4}}, 8},
		{"those out of order are each for themselves", []buffers.Range{{600 * kib, 4}, {4, 4}, {0, 4}}, 12},
		{"a few of many are for themselves", every(32 * kib), 32 * 64},
		{"many of many are all", every(3 * kib), 341*3*kib + 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			b := deviceBuffer(t, s, 1024*kib)
			before := s.Stats().BytesUp
			require.NoError(t, b.WriteRanges(0, make([]byte, 1024*kib), c.ranges))
			require.Equal(t, c.bytes, s.Stats().BytesUp-before)
		})
	}
}

// A further write costs a GPU more than a processor that stands in for one, and a long one less.
func TestAGPUWritesRangesTogetherThatLieFartherApart(t *testing.T) {
	const kib = 1 << 10
	for name, c := range map[string]struct {
		ranges []buffers.Range
		bytes  uint64
	}{
		"two that lie 3 KiB apart":                   {[]buffers.Range{{0, 4}, {3 * kib, 4}, {600 * kib, 4}}, 3*kib + 8},
		"two that lie 5 KiB apart":                   {[]buffers.Range{{0, 4}, {5 * kib, 4}, {600 * kib, 4}}, 12},
		"two that lie in less than their two writes": {[]buffers.Range{{0, 4}, {7 * kib, 4}}, 7*kib + 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := openOn(t, hardware{newStandIn(memory.Options{})}, buffers.Options{})
			b := deviceBuffer(t, s, 1024*kib)
			before := s.Stats().BytesUp
			require.NoError(t, b.WriteRanges(0, make([]byte, 1024*kib), c.ranges))
			require.Equal(t, c.bytes, s.Stats().BytesUp-before)
		})
	}
}

func TestRangesOfAnArrayReachTheBuffer(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	r := readback(t, s, buffers.ReadbackDescriptor{})
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		const size = 256 << 10
		b := deviceBuffer(t, s, size)
		array := randomBytes(4 * random.IntN(size/4))
		offset := 4 * random.IntN((size-len(array))/4+1)
		want := make([]byte, size)
		copy(want[offset:], array)
		require.NoError(t, b.Write(uint64(offset), array))
		var ranges []buffers.Range
		for range random.IntN(1 << random.IntN(10)) {
			at := 4 * random.IntN(len(array)/4+1)
			n := min(4*random.IntN(1<<random.IntN(10)), len(array)-at)
			copy(array[at:], randomBytes(n))
			ranges = append(ranges, buffers.Range{Offset: uint64(at), Size: uint64(n)})
		}
		copy(want[offset:], array)
		require.NoError(t, b.WriteRanges(uint64(offset), array, ranges))
		got := make([]byte, size)
		require.NoError(t, r.Read(within(t), b, 0, got))
		require.Equal(t, want, got)
		b.Destroy()
	}
}

func TestAWrongRangeWritesNothing(t *testing.T) {
	const size, length = 32 << 10, 36 << 10 // of the buffer, and of the data
	for _, c := range []struct {
		name   string
		offset uint64
		wrong  buffers.Range
		reason error
	}{
		{"begins within a word", 0, buffers.Range{Offset: 2, Size: 4}, buffers.ErrAlignment},
		{"ends within a word", 0, buffers.Range{Offset: 4, Size: 6}, buffers.ErrAlignment},
		{"an offset within a word", 2, buffers.Range{Offset: 4, Size: 4}, buffers.ErrAlignment},
		{"begins behind the data", 0, buffers.Range{Offset: length + 4, Size: 0}, buffers.ErrRange},
		{"exceeds the data", 0, buffers.Range{Offset: length - 4, Size: 8}, buffers.ErrRange},
		{"exceeds every number", 0, buffers.Range{Offset: length - 4, Size: math.MaxUint64 - 3}, buffers.ErrRange},
		{"exceeds the buffer", 0, buffers.Range{Offset: size, Size: 4}, buffers.ErrRange},
		{"an offset beyond the buffer", math.MaxUint64 - 3, buffers.Range{Offset: 0, Size: 4}, buffers.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			b := deviceBuffer(t, s, size)
			err := b.WriteRanges(c.offset, make([]byte, length), []buffers.Range{{0, 4}, c.wrong})
			require.ErrorIs(t, err, c.reason)
			require.ErrorContains(t, err, "bunny")
			require.Zero(t, s.Stats().BytesUp)
		})
	}
}
