//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFunctionIsHandedWhatIsMapped(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 16, 32)))
	require.NoError(t, b.WriteMapped([]byte{1, 2, 3}, 16))
	var size int
	var first byte
	var x, y float64
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		bytes := js.Global().Get("Uint8Array").New(args[0])
		size, first, x, y = bytes.Length(), byte(bytes.Index(1).Int()), args[1].Float(), args[2].Float()
		return nil
	})
	defer f.Release()
	require.NoError(t, b.HandMapped(f.Value, 1<<40, 0.5))
	require.Equal(t, 32, size)
	require.EqualValues(t, 2, first)
	require.Equal(t, [2]float64{1 << 40, 0.5}, [2]float64{x, y})
	require.NoError(t, b.WriteMapped([]byte{4}, 17), "it goes along with the copying methods")
	b.Unmap()
	require.ErrorIs(t, b.HandMapped(f.Value, 0, 0), ErrOperation)
}

func TestWhatAHandedFunctionThrowsIsAnError(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeRead, 0, 64)))
	require.Error(t, b.HandMapped(js.Global().Get("Symbol").Get("prototype").Get("valueOf"), 0, 0))
	require.NoError(t, b.ReadMapped(make([]byte, 4), 0))
}

func TestHandingAllocatesNothing(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeRead, 0, 64)))
	f := js.Global().Get("Object")
	require.Zero(t, allocs(func() { _ = b.HandMapped(f, 1, 2) }))
}
