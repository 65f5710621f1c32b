package buffers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

func TestAWrappedBufferIsItsOwners(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	theirs, err := device.CreateBuffer(&buffers.Descriptor{Label: "theirs", Size: 1 << 20, Usage: buffers.UsageCopyDst | buffers.UsageCopySrc})
	require.NoError(t, err)
	b, err := s.Wrap(theirs, "mesh")
	require.NoError(t, err)
	require.Equal(t, "mesh", b.Label())
	require.EqualValues(t, 1<<20, b.Size())
	require.Zero(t, s.Stats().Kinds[buffers.KindDevice].Bytes)

	p := randomBytes(600 << 10)
	require.NoError(t, b.Write(4, p))
	require.NoError(t, s.UploadMemory(within(t), b, 8, buffers.Bytes(p)))
	require.Equal(t, p, read(t, s, b, 8, uint64(len(p))))
	require.Equal(t, p[:4], read(t, s, theirs, 4, 4), "by the buffer itself")

	require.ErrorIs(t, b.Grow(2<<20), buffers.ErrUnsupported)
	require.EqualValues(t, 1<<20, b.Size())
	_, err = s.Wrap(b, "again")
	require.ErrorIs(t, err, buffers.ErrType)
	b.Destroy()
	require.ErrorIs(t, b.Write(0, p), buffers.ErrDestroyed)
	s.Destroy()
	_, err = s.Wrap(theirs, "late")
	require.ErrorIs(t, err, buffers.ErrDestroyed)
}
