//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func pending(t *testing.T, settled <-chan error) {
	t.Helper()
	turn()
	select {
	case err := <-settled:
		t.Fatal("settled already:", err)
	default:
	}
}

func TestAMapSettlesExactlyOnce(t *testing.T) {
	b := buffer(t, device(t), 64)
	for range 3 {
		settled := b.MapAsync(MapModeWrite, 0, 64)
		require.NoError(t, wait(t, settled))
		b.Unmap()
		pending(t, settled)
	}
}

func TestAMapIsPendingUntilTheBrowserSettlesIt(t *testing.T) {
	set(t, "holdMaps", true)
	b := buffer(t, device(t), 64)
	settled := b.MapAsync(MapModeWrite, 0, 64)
	pending(t, settled)
	require.Equal(t, MapPending, b.MapState())
	release()
	require.NoError(t, wait(t, settled))
	require.Equal(t, Mapped, b.MapState())
}

func TestAMapThatTheBrowserRefusesIsAnError(t *testing.T) {
	b := buffer(t, device(t), 64)
	for name, settled := range map[string]<-chan error{
		"unaligned":    b.MapAsync(MapModeWrite, 4, 8),
		"out of range": b.MapAsync(MapModeWrite, 0, 128),
	} {
		require.ErrorIs(t, wait(t, settled), ErrOperation, name)
	}
	require.ErrorIs(t, wait(t, b.MapAsync(MapModeWrite, 0, 1<<60)), ErrType, "thrown at once")
	set(t, "rejectMaps", "OperationError")
	require.ErrorIs(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)), ErrOperation)
}

func TestWhatEndsAPendingMapAbortsIt(t *testing.T) {
	for name, end := range map[string]func(*Device, *Buffer){
		"unmap":          func(_ *Device, b *Buffer) { b.Unmap() },
		"destroy":        func(_ *Device, b *Buffer) { b.Destroy() },
		"device destroy": func(d *Device, _ *Buffer) { d.Destroy() },
		"device lost":    func(d *Device, _ *Buffer) { fake.Call("lose", d.JSValue(), "gone") },
	} {
		t.Run(name, func(t *testing.T) {
			set(t, "holdMaps", true)
			d := device(t)
			b := buffer(t, d, 64)
			settled := b.MapAsync(MapModeWrite, 0, 64)
			end(d, b)
			release()
			require.ErrorIs(t, wait(t, settled), ErrAbort)
			pending(t, settled)
		})
	}
}

func TestASecondMapLeavesTheFirstAlone(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 16, 16)))
	require.NoError(t, b.WriteMapped([]byte{1}, 16))
	require.ErrorIs(t, wait(t, b.MapAsync(MapModeWrite, 32, 32)), ErrOperation)
	require.NoError(t, b.WriteMapped([]byte{2}, 17))
	b.Unmap()
	require.Equal(t, []byte{1, 2}, contents(b)[16:18])
}

func TestOtherPromisesLeaveAMappingAlone(t *testing.T) {
	d := device(t)
	b := buffer(t, d, 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	require.NoError(t, b.WriteMapped([]byte{1}, 0))
	require.NoError(t, wait(t, d.Queue().WorkDone()), "by the slot that the map used")
	require.NoError(t, b.WriteMapped([]byte{2}, 1), "the range isn't taken twice")
}

func TestALateAbortIsNotTakenForTheNextMaps(t *testing.T) {
	set(t, "holdMaps", true)
	b := buffer(t, device(t), 64)
	cancelled := b.MapAsync(MapModeWrite, 0, 64)
	b.Unmap()
	next := b.MapAsync(MapModeWrite, 32, 32)

	release(0)
	require.ErrorIs(t, wait(t, cancelled), ErrAbort)
	pending(t, next)
	release(0)
	require.NoError(t, wait(t, next))
	require.NoError(t, b.WriteMapped([]byte{7}, 63), "the next map's part is mapped")
}

func TestAnAbortAfterTheNextMapDoesNotReachIt(t *testing.T) {
	set(t, "holdMaps", true)
	b := buffer(t, device(t), 64)
	cancelled := b.MapAsync(MapModeWrite, 0, 64)
	b.Unmap()
	next := b.MapAsync(MapModeWrite, 32, 32)

	release(1)
	require.NoError(t, wait(t, next))
	pending(t, cancelled)
	release()
	require.ErrorIs(t, wait(t, cancelled), ErrAbort)
	require.NoError(t, b.WriteMapped([]byte{7}, 63))
}

func TestAChannelThatNobodyReadIsNotGivenToAnother(t *testing.T) {
	b := buffer(t, device(t), 64)
	abandoned := b.MapAsync(MapModeWrite, 0, 64)
	b.Unmap()
	turn() // settles with an AbortError, unread
	for range 3 {
		settled := b.MapAsync(MapModeWrite, 0, 64)
		require.NotEqual(t, abandoned, settled)
		require.NoError(t, wait(t, settled))
		b.Unmap()
	}
	require.ErrorIs(t, wait(t, abandoned), ErrAbort, "it is still its holder's")
}

func TestManyMapsSettleEachOnItsOwnChannel(t *testing.T) {
	set(t, "holdMaps", true)
	d := device(t)
	var buffers []*Buffer
	var settled []<-chan error
	for range 20 {
		b := buffer(t, d, 64)
		buffers = append(buffers, b)
		settled = append(settled, b.MapAsync(MapModeWrite, 0, 64))
	}
	for i := 0; i < 20; i += 2 {
		buffers[i].Destroy()
	}
	release()
	for i, s := range settled {
		if err := wait(t, s); i%2 == 0 {
			require.ErrorIs(t, err, ErrAbort)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestUnmapInsideAnotherMapsCallback(t *testing.T) {
	d := device(t)
	a, b := buffer(t, d, 64), buffer(t, d, 64)
	set(t, "holdMaps", true)
	first, second := a.MapAsync(MapModeWrite, 0, 64), b.MapAsync(MapModeWrite, 0, 64)
	calledBack := 0
	unmap := js.FuncOf(func(js.Value, []js.Value) any {
		calledBack++
		a.Unmap()
		b.Unmap()
		return nil
	})
	defer unmap.Release()
	third := a.JSValue().Call("mapAsync", 2, 0, 64) // refused at once, settles before the others
	third.Call("catch", unmap)
	turn()
	require.Equal(t, 1, calledBack)
	release()
	require.ErrorIs(t, wait(t, first), ErrAbort)
	require.ErrorIs(t, wait(t, second), ErrAbort)
}

func TestAPromiseThatIsNoneIsAnError(t *testing.T) {
	for _, v := range []js.Value{js.Undefined(), js.ValueOf(3), js.ValueOf(map[string]any{})} {
		require.ErrorIs(t, wait(t, settle(&bufferMapAsync, v, nil)), ErrType)
	}
}

func TestSlotsAreUsedAgain(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	b.Unmap()
	before := len(slots.free)
	require.NotZero(t, before)
	for range 50 {
		require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
		b.Unmap()
		require.ErrorIs(t, wait(t, b.MapAsync(MapModeWrite, 4, 64)), ErrOperation)
	}
	require.Len(t, slots.free, before)
}
