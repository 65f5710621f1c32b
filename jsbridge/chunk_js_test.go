//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// chunk is a mapped buffer, and what it is sent to.
func chunk(t *testing.T) (d *Device, from, to *Buffer) {
	d = device(t)
	from, to = buffer(t, d, 64), buffer(t, d, 64)
	require.NoError(t, wait(t, from.MapAsync(MapModeWrite, 0, 64)))
	calls()
	return d, from, to
}

func TestAChunkIsSentInOneCrossing(t *testing.T) {
	for name, fill := range map[string]func(d *Device, from, to *Buffer) (<-chan error, error){
		"of Go's memory": func(d *Device, from, to *Buffer) (<-chan error, error) {
			return d.FillAndSend([]byte{1, 2, 3, 4}, from, 64, to, 8, Followup{})
		},
		"of JavaScript's memory": func(d *Device, from, to *Buffer) (<-chan error, error) {
			data := js.Global().Get("Uint8Array").Call("of", 9, 1, 2, 3, 4)
			return d.FillAndSendFrom(data, 1, 4, from, 64, to, 8, Followup{})
		},
		"filled before": func(d *Device, from, to *Buffer) (<-chan error, error) {
			require.NoError(t, from.WriteMapped([]byte{1, 2, 3, 4}, 0))
			require.False(t, from.Untaken())
			return d.Send(from, 64, to, 8, 4, Followup{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, from, to := chunk(t)
			require.True(t, from.Untaken())
			settled, err := fill(d, from, to)
			require.NoError(t, err)
			require.Equal(t, lines(
				"GPUDevice.createCommandEncoder()",
				"GPUCommandEncoder.copyBufferToBuffer(b,0,b,8,4)",
				"GPUCommandEncoder.finish()",
				"GPUQueue.submit([GPUCommandBuffer])"), calls())
			require.Equal(t, []byte{1, 2, 3, 4}, contents(from)[:4])
			require.NoError(t, wait(t, settled))
			require.Equal(t, Mapped, from.MapState())
			require.NoError(t, from.WriteMapped([]byte{5}, 63), "the whole is mapped")
		})
	}
}

func TestAChunkThatIsNotMappedIsAnErrorAtOnce(t *testing.T) {
	d, from, to := chunk(t)
	from.Unmap()
	free := len(slots.free)
	_, err := d.FillAndSend([]byte{1, 2, 3, 4}, from, 64, to, 0, Followup{})
	require.ErrorIs(t, err, ErrOperation)
	require.Len(t, slots.free, free, "no slot waits for a promise that there is not")
}

func TestCopiesAreFetchedIntoAChunk(t *testing.T) {
	d, _, source := chunk(t)
	into := buffer(t, d, 64)
	require.NoError(t, d.BeginFetch())
	require.NoError(t, d.AddFetch(source, into, []float64{8, 0, 4, 16, 4, 8}))
	completed, settled := uint64(0), make(chan error, 1)
	require.NoError(t, d.Fetch(into, 12, 7, func(token uint64, err error) error {
		completed = token
		settled <- err
		return err
	}))
	require.Equal(t, lines(
		"GPUDevice.createCommandEncoder()",
		"GPUCommandEncoder.copyBufferToBuffer(b,8,b,0,4)",
		"GPUCommandEncoder.copyBufferToBuffer(b,16,b,4,8)",
		"GPUCommandEncoder.finish()",
		"GPUQueue.submit([GPUCommandBuffer])"), calls())
	require.NoError(t, wait(t, settled))
	require.EqualValues(t, 7, completed)
	require.ErrorIs(t, into.ReadMapped(make([]byte, 16), 0), ErrRange, "no more than that is mapped")
}

func TestRangesOfMoreBuffersThanThereIsRoomFor(t *testing.T) {
	d := device(t)
	buffers := make([]*Buffer, 200)
	for i := range buffers {
		buffers[i] = buffer(t, d, 64)
		require.NoError(t, wait(t, buffers[i].MapAsync(MapModeWrite, 0, 64)))
		require.NoError(t, buffers[i].WriteMapped([]byte{byte(i)}, 0))
	}
	for i, b := range buffers {
		b.Unmap()
		require.Equal(t, byte(i), contents(b)[0])
	}
}

func TestWhatTheBrowserFindsOutAboutACreation(t *testing.T) {
	d := device(t)
	reported := map[string]*Error{}
	c := d.NewCreationErrors(func(b js.Value, err *Error) { reported[b.Get("label").String()] = err })
	defer c.Release()
	good, err := c.CreateBuffer(&BufferDescriptor{Label: "good", Size: 64, Usage: BufferUsageCopyDst})
	require.NoError(t, err)
	require.Equal(t, "good", good.Label())
	_, err = c.CreateBuffer(&BufferDescriptor{Label: "bad", Size: 1 << 29, Usage: BufferUsageCopyDst})
	require.NoError(t, err, "reported later")
	_, err = c.CreateBuffer(&BufferDescriptor{Label: "", Size: 1 << 60, Usage: BufferUsageCopyDst})
	require.ErrorIs(t, err, ErrType, "thrown at once")
	turn()
	require.Len(t, reported, 1)
	require.ErrorIs(t, reported["bad"], ErrOutOfMemory)
	require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")
}
