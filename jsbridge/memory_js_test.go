//go:build js && wasm

package jsbridge

import (
	"bytes"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// paths runs a test with and without a direct view of Go's memory.
func paths(t *testing.T, test func(t *testing.T)) {
	t.Run("direct", func(t *testing.T) {
		require.True(t, goMemory.readable(), "the probe works with this loader")
		test(t)
	})
	t.Run("copied", func(t *testing.T) {
		before := goMemory.readable()
		goMemory.direct = false
		defer func() { goMemory.direct = before }()
		test(t)
	})
}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + 1)
	}
	return p
}

func TestGoBytesArriveByBothPaths(t *testing.T) {
	paths(t, func(t *testing.T) {
		d := device(t)
		b := buffer(t, d, 1<<18)
		for _, n := range []int{0, 4, 64, 4096, 1 << 17, 1 << 18} {
			p := pattern(n)
			require.NoError(t, d.Queue().WriteBuffer(b, 0, p))
			require.True(t, bytes.Equal(p, contents(b)[:n]), "%d bytes", n)
		}
		require.NoError(t, d.Queue().WriteBuffer(b, 8, []byte{1, 2, 3, 4}))
		require.Equal(t, []byte{1, 2, 3, 4}, contents(b)[8:12])
	})
}

func TestNoCallKeepsASlice(t *testing.T) {
	paths(t, func(t *testing.T) {
		d := device(t)
		written, mapped := buffer(t, d, 64), buffer(t, d, 64)
		p := pattern(64)
		require.NoError(t, d.Queue().WriteBuffer(written, 0, p))
		clear(p)
		turn()
		require.Equal(t, pattern(64), contents(written))

		require.NoError(t, wait(t, mapped.MapAsync(MapModeWrite, 0, 64)))
		copy(p, pattern(64))
		require.NoError(t, mapped.WriteMapped(p, 0))
		clear(p)
		mapped.Unmap()
		require.Equal(t, pattern(64), contents(mapped))
	})
}

func TestMappedBytesComeBackByBothPaths(t *testing.T) {
	paths(t, func(t *testing.T) {
		b := buffer(t, device(t), 256)
		require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 256)))
		require.NoError(t, b.WriteMapped(pattern(256), 0))
		back := make([]byte, 100)
		require.NoError(t, b.ReadMapped(back, 3))
		require.Equal(t, pattern(256)[3:103], back)
	})
}

func TestErrorsOfAWriteAreTheBrowsersByBothPaths(t *testing.T) {
	paths(t, func(t *testing.T) {
		d := device(t)
		b := buffer(t, d, 64)
		require.ErrorIs(t, d.Queue().WriteBuffer(b, 0, make([]byte, 3)), ErrOperation)
		require.NoError(t, d.PushErrorScope(FilterValidation))
		require.NoError(t, d.Queue().WriteBuffer(b, 62, make([]byte, 4)), "reported later")
		require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrValidation)
	})
}

func TestOnlyTheDirectPathShowsGoMemory(t *testing.T) {
	q, b := target(t)
	paths(t, func(t *testing.T) {
		require.NoError(t, q.WriteBuffer(b, 0, make([]byte, 4)), "again where the memory has grown")
		p := []byte{1, 2, 3, 4}
		require.NoError(t, q.WriteBuffer(b, 0, p))
		require.NoError(t, goMemory.lend(p, func(data js.Value, at uint64) error {
			require.Equal(t, goMemory.direct, data.Equal(goMemory.buffer))
			require.Equal(t, !goMemory.direct, data.Equal(goMemory.kept))
			return nil
		}))
	})
}

var ballast [][]byte

// growMemory takes memory until the buffer that the bridge holds is detached.
func growMemory(t *testing.T) {
	held := goMemory.buffer
	for range 256 {
		if held.Get("byteLength").Int() == 0 {
			return
		}
		ballast = append(ballast, make([]byte, 8<<20))
	}
	t.Fatal("2 GiB did not grow the memory")
}

func TestGrowthIsNoticedWhereAPageHasItsOwnArrayBuffer(t *testing.T) {
	require.True(t, goMemory.readable())
	class := js.Global().Get("ArrayBuffer")
	defer func() {
		js.Global().Set("ArrayBuffer", class)
		ballast = nil
	}()
	js.Global().Set("ArrayBuffer", js.Global().Call("eval", "(class extends ArrayBuffer {})"))
	require.NoError(t, goMemory.lend([]byte{1}, func(js.Value, uint64) error { return nil }))
	held := goMemory.buffer
	growMemory(t)
	require.True(t, goMemory.moved(held))
}

func TestGrowthOfGoMemoryIsNoticed(t *testing.T) {
	defer func() { ballast = nil }()
	require.True(t, goMemory.readable())
	d := device(t)
	b := buffer(t, d, 64)
	p := pattern(64)
	for name, write := range map[string]func() error{
		"a write":            func() error { return d.Queue().WriteBuffer(b, 0, p) },
		"a write of nothing": func() error { return d.Queue().WriteBuffer(b, 0, nil) },
		"a write to a texture": func() error {
			texture, err := d.CreateTexture(&TextureDescriptor{Size: Extent3D{Width: 8, Height: 8}, Format: TextureFormatR8Unorm})
			require.NoError(t, err)
			return d.Queue().WriteTexture(&TexelCopyTextureInfo{Texture: texture}, p, TexelCopyBufferLayout{BytesPerRow: 8}, Extent3D{8, 8, 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, d.Queue().WriteBuffer(b, 0, make([]byte, 64)))
			growMemory(t)
			require.NoError(t, write())
			require.NotEqual(t, goMemory.buffer.Get("byteLength").Int(), 0, "the new buffer is held")
			require.NoError(t, d.Queue().WriteBuffer(b, 0, p))
			require.Equal(t, p, contents(b))
		})
	}
}

// A goroutine's stack moves when it grows, which the call that reads the
// array can cause: the array must not be on it.
func TestAnArrayOfTheCallersFrameIsMovedToTheHeap(t *testing.T) {
	q, b := target(t)
	require.EqualValues(t, 1, allocs(func() {
		var local [64]byte
		_ = q.WriteBuffer(b, 0, local[:])
	}))
}

func TestTheProbeRefusesALoaderOfAnotherKind(t *testing.T) {
	for name, sabotage := range map[string]func(*memory){
		"set is given nothing":       func(m *memory) { m.tap.Set("set", js.Global().Get("Object")) },
		"set is given another array": func(m *memory) { m.tap.Set("set", pushOther(m, 64)) },
		"set is given one as large":  func(m *memory) { m.tap.Set("set", pushOther(m, memorySize())) },
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			m.build()
			sabotage(m)
			require.False(t, m.check())
			m.probed = true
			require.NoError(t, m.lend([]byte{1, 2, 3}, func(data js.Value, at uint64) error {
				require.Zero(t, at)
				require.Equal(t, 2, js.Global().Get("Uint8Array").New(data).Index(1).Int())
				return nil
			}))
		})
	}
}

// pushOther gives the tap a function that keeps an array of its own.
func pushOther(m *memory, size int) js.Value {
	return m.caught.Get("push").Call("bind", m.caught, js.Global().Get("Uint8Array").New(size))
}

func memorySize() int {
	goMemory.readable()
	goMemory.refresh()
	return goMemory.buffer.Get("byteLength").Int()
}

func TestTheKeptArrayGrowsInPowersOfTwo(t *testing.T) {
	m := &memory{probed: true}
	for _, c := range []struct{ n, size int }{{1, 64 << 10}, {64 << 10, 64 << 10}, {64<<10 + 1, 128 << 10}, {1 << 20, 1 << 20}, {5, 1 << 20}} {
		require.NoError(t, m.lend(make([]byte, c.n), func(data js.Value, _ uint64) error {
			require.Equal(t, c.size, data.Get("byteLength").Int())
			return nil
		}))
	}
}
