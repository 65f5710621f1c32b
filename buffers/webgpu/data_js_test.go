//go:build js && wasm

package webgpu_test

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var eight = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// sources are values of JavaScript's that hold eight, in each of the ways in which an API may be
// given bytes. The views begin inside of their buffer.
func sources() map[string]js.Value {
	window := js.Global()
	shared := window.Get("SharedArrayBuffer").New(16)
	js.CopyBytesToJS(window.Get("Uint8Array").New(shared, 8), eight)
	plain := window.Get("ArrayBuffer").New(16)
	js.CopyBytesToJS(window.Get("Uint8Array").New(plain, 8), eight)
	return map[string]js.Value{
		"ArrayBuffer":                     plain.Call("slice", 8),
		"SharedArrayBuffer":               shared.Call("slice", 8),
		"Uint8Array":                      window.Get("Uint8Array").New(plain, 8, 8),
		"Float32Array":                    window.Get("Float32Array").New(plain, 8, 2),
		"BigUint64Array":                  window.Get("BigUint64Array").New(plain, 8, 1),
		"Uint16Array of a shared buffer":  window.Get("Uint16Array").New(shared, 8, 4),
		"DataView":                        window.Get("DataView").New(plain, 8, 8),
		"DataView of a shared buffer":     window.Get("DataView").New(shared, 8, 8),
		"Uint8Array with a false length":  liar(plain),
		"Uint8ClampedArray of the middle": window.Get("Uint8ClampedArray").New(plain, 8, 8),
	}
}

// liar is an array whose own properties say what is not so.
func liar(buffer js.Value) js.Value {
	array := js.Global().Get("Uint8Array").New(buffer, 8, 8)
	for _, name := range []string{"byteLength", "length", "byteOffset"} {
		js.Global().Get("Object").Call("defineProperty", array, name, map[string]any{"value": 4096})
	}
	return array
}

func memoryOf(t *testing.T, v js.Value) gpu.Memory {
	t.Helper()
	data, err := webgpu.NewData(v)
	require.NoError(t, err)
	return gpu.HostMemory(data)
}

func TestDataOfEverySource(t *testing.T) {
	d, _ := open(t)
	for name := range sources() {
		t.Run(name, func(t *testing.T) {
			m := memoryOf(t, sources()[name])
			require.EqualValues(t, 8, m.Size())

			b := create(t, d, "target", gpuUsage, 8)
			require.NoError(t, d.Queue().WriteBuffer(b, 0, m))
			require.Equal(t, eight, content(t, d, b))
			require.NoError(t, d.Queue().WriteBuffer(b, 4, m.Slice(0, 4)))
			require.Equal(t, []byte{1, 2, 3, 4, 1, 2, 3, 4}, content(t, d, b))

			staging := createMappable(t, d, "staging", stagingUsage, 16)
			require.NoError(t, gpu.Map(t.Context(), staging, gpu.MapWrite))
			require.NoError(t, staging.(gpu.HostMapper).WriteMemoryAt(m.Slice(1, 7), 3))
			require.NoError(t, staging.(gpu.HostMapper).ReadMemoryAt(m.Slice(0, 8), 2))
			require.NoError(t, staging.Unmap())
			require.NoError(t, d.Queue().WriteBuffer(b, 0, m))
			require.Equal(t, []byte{0, 2, 3, 4, 5, 6, 7, 8}, content(t, d, b))
		})
	}
}

func TestDataIsABufferSource(t *testing.T) {
	for _, v := range []js.Value{js.Undefined(), js.Null(), js.ValueOf(8), js.ValueOf("eight"), js.ValueOf([]any{1, 2}),
		js.ValueOf(map[string]any{"byteLength": 8}), js.Global()} {
		_, err := webgpu.NewData(v)
		require.ErrorIs(t, err, gpu.ErrType)
	}
}

func TestDetachedData(t *testing.T) {
	d, _ := open(t)
	b := create(t, d, "target", gpuUsage, 8)
	staging := createMappable(t, d, "staging", stagingUsage, 8)
	require.NoError(t, gpu.Map(t.Context(), staging, gpu.MapWrite))
	for _, kind := range []string{"ArrayBuffer", "Uint8Array", "DataView"} {
		v := sources()[kind]
		data, err := webgpu.NewData(v)
		require.NoError(t, err)
		m := gpu.HostMemory(data)
		detach(v)
		require.Zero(t, data.ByteLength(), kind)
		for what, err := range map[string]error{
			"queue write":  d.Queue().WriteBuffer(b, 0, m),
			"mapped write": staging.(gpu.HostMapper).WriteMemoryAt(m, 0),
			"mapped read":  staging.(gpu.HostMapper).ReadMemoryAt(m, 0),
		} {
			var e *gpu.Error
			require.ErrorAs(t, err, &e, "%s of a detached %s", what, kind)
			require.NotEmpty(t, e.Op)
		}
	}
	require.Equal(t, gpu.Mapped, staging.State())
}

// detach takes the memory of v away, as a transfer to a worker does.
func detach(v js.Value) {
	buffer := v
	if !v.InstanceOf(js.Global().Get("ArrayBuffer")) {
		buffer = v.Get("buffer")
	}
	js.Global().Call("structuredClone", buffer, map[string]any{"transfer": []any{buffer}})
}

func TestHostMemoryOfAnotherBackend(t *testing.T) {
	d, _ := open(t)
	b := create(t, d, "target", gpuUsage, 8)
	require.ErrorIs(t, d.Queue().WriteBuffer(b, 0, gpu.HostMemory(foreignHost{})), gpu.ErrUnsupported)
}

type foreignHost struct{}

func (foreignHost) ByteLength() uint64          { return 8 }
func (foreignHost) CopyTo([]byte, uint64) error { return nil }

func TestMadeData(t *testing.T) {
	d, _ := open(t)
	data, err := webgpu.MakeData(8)
	require.NoError(t, err)
	js.CopyBytesToJS(js.Global().Get("Uint8Array").New(data.JSValue()), eight)
	m := gpu.HostMemory(data)
	b := create(t, d, "target", gpuUsage, 8)
	require.NoError(t, d.Queue().WriteBuffer(b, 0, m))
	require.NoError(t, d.Queue().WriteBuffer(b, 4, m.Slice(0, 4)))
	require.Equal(t, []byte{1, 2, 3, 4, 1, 2, 3, 4}, content(t, d, b))
	detach(data.JSValue())
	require.Error(t, d.Queue().WriteBuffer(b, 0, m))
	_, err = webgpu.MakeData(1 << 52)
	require.ErrorIs(t, err, gpu.ErrOutOfMemory)
}

func TestMadeDataIsGivenUpAtOnce(t *testing.T) {
	if js.Global().Get("ArrayBuffer").Get("prototype").Get("transfer").IsUndefined() {
		t.Skip("JavaScript cannot detach an ArrayBuffer here")
	}
	data, err := webgpu.MakeData(8)
	require.NoError(t, err)
	data.Detach()
	data.Detach()
	require.Zero(t, data.ByteLength())
	data, err = webgpu.NewData(sources()["ArrayBuffer"])
	require.NoError(t, err)
	data.Detach()
	require.EqualValues(t, 8, data.ByteLength(), "other memory is its owner's")
}
