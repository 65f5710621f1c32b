package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// Only the GPU finds out that two owners' buffers are one, and then nothing of the submit is done.
func TestACopyBetweenTwoOwnersOfOneBufferIsVoid(t *testing.T) {
	d := memory.Open(memory.Options{})
	defer d.Destroy()
	late := make(chan error, 1)
	d.OnError(func(err error) { late <- err })
	b, err := d.CreateBuffer(&gpu.Descriptor{Size: 8, Usage: gpu.UsageCopySrc | gpu.UsageCopyDst})
	require.NoError(t, err)
	require.NoError(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes([]byte{1, 2, 3, 4, 5, 6, 7, 8})))
	e, err := d.CreateEncoder("")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(b, 0, d.Adopt(b.(*memory.Buffer)), 4, 4))
	require.NoError(t, d.Queue().Submit(e))
	require.NoError(t, <-d.Queue().WorkDone())
	require.Len(t, late, 1)
	require.ErrorIs(t, <-late, gpu.ErrValidation)
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8}, b.(*memory.Buffer).Contents())
}
