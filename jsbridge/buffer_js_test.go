//go:build js && wasm

package jsbridge

import (
	"bytes"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABufferMappedAtCreationIsWrittenAtOnce(t *testing.T) {
	d := device(t)
	b, err := d.CreateBuffer(&BufferDescriptor{Size: 16, Usage: BufferUsageVertex, MappedAtCreation: true})
	require.NoError(t, err)
	require.Equal(t, Mapped, b.MapState())
	require.NoError(t, b.WriteMapped([]byte{1, 2, 3}, 0))
	require.NoError(t, b.WriteMapped([]byte{9, 8}, 13))
	b.Unmap()
	require.Equal(t, Unmapped, b.MapState())
	require.Equal(t, []byte{1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 0}, contents(b))
}

func TestHostMemoryThatCanNotBeHadIsARangeError(t *testing.T) {
	set(t, "refuseMemory", true)
	_, err := device(t).CreateBuffer(&BufferDescriptor{Size: 16, MappedAtCreation: true})
	require.ErrorIs(t, err, ErrRange)
	require.ErrorContains(t, err, "GPUDevice.createBuffer")
}

func TestASizeThatIsNoNumberForJavaScriptIsATypeError(t *testing.T) {
	_, err := device(t).CreateBuffer(&BufferDescriptor{Size: 1 << 60})
	require.ErrorIs(t, err, ErrType)
}

func TestAMappedPartIsReadAndWrittenByPlaceInTheBuffer(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 16, 32)))
	require.NoError(t, b.WriteMapped([]byte("abcd"), 16))
	require.NoError(t, b.WriteMapped([]byte("wxyz"), 44))
	read := make([]byte, 32)
	require.NoError(t, b.ReadMapped(read, 16))
	require.Equal(t, "abcd", string(read[:4]))
	require.Equal(t, "wxyz", string(read[28:]))
	require.NoError(t, b.ReadMapped(read[:2], 45))
	require.Equal(t, "xy", string(read[:2]))
	b.Unmap()
	require.Equal(t, "wxyz", string(contents(b)[44:48]))
}

func TestCopiesOutsideTheMappedPartAreRangeErrors(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 16, 32)))
	for _, c := range []struct {
		name         string
		offset, size uint64
	}{
		{"before it", 8, 4},
		{"across its end", 44, 8},
		{"after it", 48, 4},
		{"wrapping around", ^uint64(3), 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := make([]byte, c.size)
			require.ErrorIs(t, b.WriteMapped(p, c.offset), ErrRange)
			require.ErrorIs(t, b.ReadMapped(p, c.offset), ErrRange)
			data := js.Global().Get("Uint8Array").New(16)
			require.ErrorIs(t, b.WriteMappedFrom(data, 0, c.size, c.offset), ErrRange)
			require.ErrorIs(t, b.ReadMappedTo(data, 0, c.size, c.offset), ErrRange)
		})
	}
	require.NoError(t, b.WriteMapped(nil, 48), "nothing, at the end")
}

func TestCopiesAfterUnmapAreOperationErrors(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	require.NoError(t, b.WriteMapped([]byte{1}, 0))
	b.Unmap()
	require.ErrorIs(t, b.WriteMapped([]byte{1}, 0), ErrOperation)
	require.ErrorIs(t, b.ReadMapped(make([]byte, 1), 0), ErrOperation)
	_, err := b.MappedRange(0, 64)
	require.ErrorIs(t, err, ErrOperation)
}

func TestCopiesAfterTheLossOfTheDeviceAreErrorsNotTheEnd(t *testing.T) {
	for name, end := range map[string]func(*Device, *Buffer){
		"device destroyed":     func(d *Device, _ *Buffer) { d.Destroy() },
		"unmapped elsewhere":   func(_ *Device, b *Buffer) { b.JSValue().Call("unmap") },
		"destroyed elsewhere":  func(_ *Device, b *Buffer) { b.JSValue().Call("destroy") },
		"destroyed by Destroy": func(_ *Device, b *Buffer) { b.Destroy() },
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t)
			b := buffer(t, d, 64)
			require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
			require.NoError(t, b.WriteMapped([]byte{1}, 0))
			end(d, b)
			data := js.Global().Get("Uint8Array").New(4)
			require.ErrorIs(t, b.WriteMapped([]byte{1}, 0), ErrOperation)
			require.ErrorIs(t, b.ReadMapped(make([]byte, 1), 0), ErrOperation)
			require.ErrorIs(t, b.WriteMappedFrom(data, 0, 4, 0), ErrOperation)
			require.ErrorIs(t, b.ReadMappedTo(data, 0, 4, 0), ErrOperation)
		})
	}
}

func TestJavaScriptBytesAreCopiedStraight(t *testing.T) {
	b := buffer(t, device(t), 32)
	floats := js.Global().Get("Float32Array").Call("of", 1.5, 2.5)
	view := js.Global().Get("DataView").New(floats.Get("buffer"), 4, 4)
	into := js.Global().Get("Uint8Array").New(8)

	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 8, 16)))
	require.NoError(t, b.WriteMappedFrom(floats, 4, 4, 8))
	require.NoError(t, b.WriteMappedFrom(view, 0, 4, 12))
	require.NoError(t, b.WriteMappedFrom(floats.Get("buffer"), 0, 8, 16))
	require.NoError(t, b.ReadMappedTo(into, 4, 4, 16))
	b.Unmap()

	one, two := []byte{0, 0, 0xC0, 0x3F}, []byte{0, 0, 0x20, 0x40}
	require.Equal(t, bytes.Join([][]byte{two, two, one, two}, nil), contents(b)[8:24])
	read := make([]byte, 8)
	js.CopyBytesToGo(read, into)
	require.Equal(t, append(make([]byte, 4), one...), read)
}

func TestWhatIsNoBufferSourceIsRefused(t *testing.T) {
	b := buffer(t, device(t), 32)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 32)))
	for name, v := range map[string]js.Value{
		"undefined":     js.Undefined(),
		"a number":      js.ValueOf(8),
		"an array":      js.ValueOf([]any{1, 2, 3, 4}),
		"a look-alike":  js.ValueOf(map[string]any{"buffer": 1, "byteLength": 4, "byteOffset": 0}),
		"a class":       js.Global().Get("Uint8Array"),
		"a liar":        js.Global().Get("Object").Call("create", js.Global().Get("Uint8Array").New(4)),
		"another thing": b.JSValue(),
	} {
		require.ErrorIs(t, b.WriteMappedFrom(v, 0, 4, 0), ErrType, name)
		require.ErrorIs(t, b.ReadMappedTo(v, 0, 4, 0), ErrType, name)
	}
	short := js.Global().Get("Uint8Array").New(4)
	require.ErrorIs(t, b.WriteMappedFrom(short, 2, 4, 0), ErrRange)
	require.ErrorIs(t, b.ReadMappedTo(short, ^uint64(0), 4, 0), ErrRange)
}

func TestMappedRangeIsTheBrowsersOwn(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	first, err := b.MappedRange(0, 16)
	require.NoError(t, err)
	second, err := b.MappedRange(16, 16)
	require.NoError(t, err)
	require.Equal(t, "ArrayBuffer", first.Get("constructor").Get("name").String())
	require.Equal(t, 16, second.Get("byteLength").Int())
	_, err = b.MappedRange(8, 16)
	require.ErrorIs(t, err, ErrOperation, "ranges must not overlap")
	b.Unmap()
	require.Zero(t, first.Get("byteLength").Int(), "unmap detaches")
}

func TestEachOfSeveralRangesArrives(t *testing.T) {
	b := buffer(t, device(t), 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	want := make([]byte, 64)
	for i, offset := range []uint64{32, 0, 48, 16} {
		r, err := b.MappedRange(offset, 8)
		require.NoError(t, err)
		js.Global().Get("Uint8Array").New(r).Call("fill", i+1)
		copy(want[offset:], bytes.Repeat([]byte{byte(i + 1)}, 8))
	}
	b.Unmap()
	require.Equal(t, want, contents(b))
}

func TestARangeIsLetGoWhenItsMappingEnds(t *testing.T) {
	for name, end := range map[string]func(*Buffer){"unmap": (*Buffer).Unmap, "destroy": (*Buffer).Destroy} {
		b := buffer(t, device(t), 64)
		require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
		require.NoError(t, b.WriteMapped([]byte{1}, 0))
		number := b.mapping.taken
		require.NotZero(t, number)
		end(b)
		require.Zero(t, b.mapping.taken, name)
		kept, err := fusedRange.call(uint32(number))
		require.NoError(t, err)
		require.True(t, kept.IsNull(), name)
	}
}

func TestDestroyIsIdempotent(t *testing.T) {
	b := buffer(t, device(t), 64)
	b.Destroy()
	b.Destroy()
	b.Unmap()
	require.Equal(t, Unmapped, b.MapState())
}
