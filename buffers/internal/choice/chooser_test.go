package choice

import (
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
