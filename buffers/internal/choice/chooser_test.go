package choice

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPathThatHangsIsLeftAloneForAsManyBytesAndMore(t *testing.T) {
	const slow, fast = 0, 1
	var c Chooser
	c.Init([]Path{slow: {Piece: OnePiece}, fast: {Piece: OnePiece}}, Smallest)
	c.Load(slow, 1<<20, 1e6)
	c.Load(fast, 1<<20, 1e9)
	best := func() (all []int) {
		for _, size := range []uint64{1 << 20, 4 << 20, 64 << 20} {
			all = append(all, c.Best(size, History{}))
		}
		return all
	}
	require.Equal(t, []int{fast, fast, fast}, best())
	c.Hang(fast, 4<<20)
	require.Equal(t, []int{fast, slow, slow}, best())
	c.Learn(fast, 1<<20, time.Millisecond)
	require.Equal(t, []int{fast, slow, slow}, best(), "a shorter transfer says nothing")
	c.Learn(fast, 16<<20, time.Millisecond)
	require.Equal(t, []int{fast, fast, slow}, best())
}

// A probe moves 112 MiB: after as few bytes of the program's it would take longer than they do.
func TestPathsAreMeasuredAgainOnlyAfterManyBytes(t *testing.T) {
	const size = 256 << 10
	var c Chooser
	c.Init([]Path{{Piece: OnePiece}, {Piece: OnePiece}}, Smallest)
	for range 5 { // until the pause is the longest
		c.Probed(true)
	}
	transfers := func() (n uint64) {
		for n = 1; c.Probe(size, false) == NotDue; n++ {
		}
		return n
	}
	require.EqualValues(t, 4<<30/size, transfers())
	c.Probed(true)
	c.suspect = true
	require.EqualValues(t, probeAgain, transfers(), "a path has become slow")
}

func TestAMappedPathThatIsPresumedIsLeftOnlyOnceItWasMeasuredOften(t *testing.T) {
	const size = 1 << 20
	const slow, faster, fastest = 10 * time.Millisecond, 8 * time.Millisecond, 5 * time.Millisecond
	for name, c := range map[string]struct {
		presumed    bool
		queue, ring []time.Duration
		hangs       bool // the ring
		mapped      bool // the best
	}{
		"nothing is known":                   {true, nil, nil, false, true},
		"queue writes were measured":         {true, of(20, faster), nil, false, true},
		"queue writes are a little faster":   {true, of(20, faster), of(window-1, slow), false, true},
		"so they are, without a presumption": {false, of(20, faster), of(window-1, slow), false, false},
		"so they are time and again":         {true, of(20, faster), of(window, slow), false, false},
		"queue writes are far faster":        {true, of(1, fastest), of(1, slow), false, false},
		"the ring is":                        {true, of(1, slow), of(1, fastest), false, true},
		"a ring that does not end is left":   {true, of(1, slow), nil, true, false},
	} {
		for order, paths := range map[string][]Path{
			"queue writes first": {{Piece: OnePiece}, {Piece: OnePiece, Mapped: true}},
			"the ring first":     {{Piece: OnePiece, Mapped: true}, {Piece: OnePiece}},
		} {
			t.Run(name+", "+order, func(t *testing.T) {
				var chooser Chooser
				chooser.Init(paths, Smallest)
				if c.presumed {
					chooser.Presume()
				}
				for i, p := range paths {
					times := c.queue
					if p.Mapped {
						times = c.ring
					}
					for _, d := range times {
						chooser.Learn(i, size, d)
					}
					if p.Mapped && c.hangs {
						chooser.Hang(i, size)
					}
				}
				for _, n := range []uint64{size, 4 * size} { // one that was not measured, too
					best := chooser.Best(n, History{Effect: Harmless})
					require.Equal(t, c.mapped, paths[best].Mapped, "%d bytes", n)
				}
			})
		}
	}
}

func of(n int, d time.Duration) []time.Duration { return slices.Repeat([]time.Duration{d}, n) }

func TestWhatIsPresumedSaysNothingOfMappedPathsAmongThemselves(t *testing.T) {
	var c Chooser
	c.Init([]Path{{Piece: OnePiece, Mapped: true}, {Piece: OnePiece, Mapped: true}}, Smallest)
	c.Presume()
	for range window {
		c.Learn(0, 1<<20, 8*time.Millisecond)
	}
	c.Learn(1, 1<<20, 10*time.Millisecond)
	require.Equal(t, 0, c.Best(1<<20, History{}))
}
