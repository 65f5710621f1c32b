package choice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoQueueWriteOfATransferIsShorterThanAPiece(t *testing.T) {
	const mib = 1 << 20
	queue, ring, whole := Path{Piece: 4 * mib}, Path{Piece: 2 * mib, Mapped: true}, Path{Piece: OnePiece}
	burst := Path{Piece: 2 * mib, Whole: 4 * mib, Mapped: true}
	for _, c := range []struct {
		path        Path
		size, piece uint64
	}{
		{queue, 4, 4},
		{queue, 4 * mib, 4 * mib},
		{queue, 4*mib + 4, 4*mib + 4},
		{queue, 8*mib - 4, 8*mib - 4},
		{queue, 8 * mib, 4 * mib},
		{queue, 13 * mib, 13*mib/3 + 3},
		{queue, 64 * mib, 4 * mib},
		{ring, mib, mib},
		{ring, 3 * mib, 2 * mib},
		{burst, mib, mib},
		{burst, 4 * mib, 4 * mib},
		{burst, 4*mib + 4, 2 * mib},
		{whole, 64 * mib, 64 * mib},
	} {
		piece := c.path.PieceOf(c.size)
		require.Equal(t, c.piece, piece, "%d bytes", c.size)
		require.Zero(t, piece%4)
	}
	for size := uint64(4 * mib); size < 100*mib; size += 4*mib/13&^3 + 4 {
		piece := queue.PieceOf(size)
		count := (size + piece - 1) / piece
		require.Equal(t, size/(4*mib), count)
		require.Less(t, piece*count-size, 4*count, "all but a few bytes are filled")
	}
}
