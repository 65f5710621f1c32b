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
