//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJavaScriptSourcesAreWrittenByBytes(t *testing.T) {
	q, b := target(t)
	words := js.Global().Get("Uint16Array").Call("of", 0x0102, 0x0304, 0x0506, 0x0708)
	shared := js.Global().Get("SharedArrayBuffer").New(8)
	for name, data := range map[string]js.Value{
		"a typed array":        words,
		"an ArrayBuffer":       words.Get("buffer"),
		"a DataView":           js.Global().Get("DataView").New(words.Get("buffer")),
		"part of a larger one": js.Global().Get("Uint16Array").Call("of", 9, 9, 0x0102, 0x0304, 0x0506).Call("subarray", 2),
	} {
		require.NoError(t, q.WriteBufferFrom(b, 4, data, 2, 4), name)
		require.Equal(t, []byte{0, 0, 0, 0, 4, 3, 6, 5}, contents(b)[:8], name)
		require.NoError(t, q.WriteBufferFrom(b, 4, js.Global().Get("Uint8Array").New(4), 0, 4))
	}
	require.ErrorIs(t, q.WriteBufferFrom(b, 0, words, 6, 4), ErrRange)
	require.ErrorIs(t, q.WriteBufferFrom(b, 0, js.ValueOf(3), 0, 4), ErrType)
	require.ErrorIs(t, q.WriteBufferFrom(b, 0, js.Null(), 0, 4), ErrType)
	s, err := spanOf("test", shared)
	require.NoError(t, err)
	require.EqualValues(t, 8, s.size)
}

func target(t *testing.T) (*Queue, *Buffer) {
	d := device(t)
	return d.Queue(), buffer(t, d, 64)
}

func TestSubmitHandsOverInOrder(t *testing.T) {
	d := device(t)
	q := d.Queue()
	record := func(label string) *CommandBuffer {
		encoder, err := d.CreateCommandEncoder("")
		require.NoError(t, err)
		commands, err := encoder.Finish(label)
		require.NoError(t, err)
		return commands
	}
	a, b, c := record("a"), record("b"), record("c")
	calls()
	require.NoError(t, q.Submit(a, b, c))
	require.NoError(t, q.Submit())
	require.NoError(t, q.Submit(b))
	require.Equal(t, lines("GPUQueue.submit([a,b,c])", "GPUQueue.submit([])", "GPUQueue.submit([b])"), calls())
}

func TestASubmitThatFailsLeavesNothingForTheNext(t *testing.T) {
	q, _ := target(t)
	calls()
	require.ErrorIs(t, q.Submit(&CommandBuffer{js.ValueOf(7)}), ErrType)
	require.NoError(t, q.Submit())
	require.Equal(t, "GPUQueue.submit([])", calls())
}

func TestWorkDoneSettles(t *testing.T) {
	q, _ := target(t)
	require.NoError(t, wait(t, q.WorkDone()))
	set(t, "rejectWorkDone", true)
	require.ErrorIs(t, wait(t, q.WorkDone()), ErrOperation)
}

func TestTexturesAreWrittenFromBothSides(t *testing.T) {
	d := device(t)
	texture, err := d.CreateTexture(&TextureDescriptor{Label: "t", Size: Extent3D{Width: 2, Height: 2}, Format: TextureFormatR8Unorm})
	require.NoError(t, err)
	to := &TexelCopyTextureInfo{Texture: texture, MipLevel: 1, Origin: Origin3D{X: 1}, Aspect: AspectAll}
	layout := TexelCopyBufferLayout{Offset: 4, BytesPerRow: 2, RowsPerImage: 2}
	size := Extent3D{2, 2, 1}
	want := "GPUQueue.writeTexture({aspect:all,mipLevel:1,origin:{x:1},texture:t},bytes(8),{bytesPerRow:2,offset:4,rowsPerImage:2},{depthOrArrayLayers:1,height:2,width:2})"
	calls()

	require.NoError(t, d.Queue().WriteTexture(to, []byte{0, 0, 0, 0, 5, 6, 7, 8}, layout, size))
	require.Equal(t, want, calls())
	texels := make([]byte, 8)
	js.CopyBytesToGo(texels, fake.Get("texels"))
	require.Equal(t, []byte{5, 6, 7, 8}, texels[4:])

	require.NoError(t, d.Queue().WriteTextureFrom(to, js.Global().Get("Uint8Array").New(8), layout, size))
	require.Equal(t, want, calls())

	require.NoError(t, d.Queue().CopyExternalImageToTexture(js.ValueOf(map[string]any{"label": "image"}), to, size))
	require.Contains(t, calls(), "GPUQueue.copyExternalImageToTexture({source:{label:image}}")
}
