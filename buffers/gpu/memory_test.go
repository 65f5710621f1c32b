package gpu_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// hostBytes stand for memory of a host.
type hostBytes []byte

func (h hostBytes) ByteLength() uint64 { return uint64(len(h)) }

func (h hostBytes) CopyTo(p []byte, offset uint64) error {
	copy(p, h[offset:])
	return nil
}

func TestMemorySlicesLikeASlice(t *testing.T) {
	p, ok := gpu.Bytes([]byte{1, 2, 3, 4}).Slice(1, 2).Bytes()
	require.True(t, ok)
	require.Equal(t, []byte{2, 3}, p)
	host := hostBytes{1, 2, 3, 4}
	part, offset, size := gpu.HostMemory(host).Slice(1, 3).Slice(1, 1).Host()
	require.Equal(t, host, part)
	require.Equal(t, []uint64{2, 1}, []uint64{offset, size})
	for _, m := range []gpu.Memory{gpu.Bytes([]byte{1, 2, 3, 4}), gpu.HostMemory(host)} {
		require.Panics(t, func() { m.Slice(3, 2) })
		require.Panics(t, func() { m.Slice(math.MaxUint64, 1) })
		p := make([]byte, 8)
		require.NoError(t, m.Slice(1, 2).CopyTo(p))
		require.Equal(t, []byte{2, 3, 0}, p[:3])
	}
}
