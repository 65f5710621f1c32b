//go:build js && wasm

package webgpu_test

import (
	"context"
	"os"
	"sync"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func TestMain(m *testing.M) {
	if !jsbridge.Available() {
		os.Stderr.WriteString("buffers/webgpu: there is no navigator.gpu here, such as in Node: " +
			"these tests run in Chrome, where tests/headless builds and loads them\n")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// request opens a device of the page's adapter.
func request(t testing.TB) *webgpu.Device {
	t.Helper()
	d, err := webgpu.Request(t.Context(), &webgpu.RequestOptions{Label: t.Name(), Features: textureFeatures()})
	require.NoError(t, err)
	return d
}

// textureFeatures are those with formats of textures that the page's adapter has.
var textureFeatures = sync.OnceValue(func() (names []string) {
	adapter, err := jsbridge.RequestAdapter(context.Background(), &jsbridge.AdapterOptions{})
	if err != nil {
		panic(err)
	}
	for _, name := range []string{
		"depth32float-stencil8", "texture-compression-bc", "texture-compression-etc2", "texture-compression-astc", "texture-formats-tier1",
	} {
		if adapter.HasFeature(name) {
			names = append(names, name)
		}
	}
	return names
})

// open opens a device that ends with the test. What it reports must be expected.
func open(t testing.TB) (d *webgpu.Device, late *reports) {
	t.Helper()
	d, late = request(t), &reports{}
	d.OnError(late.add)
	t.Cleanup(func() {
		if d.LostReason() == nil {
			require.NoError(t, <-d.Queue().WorkDone())
		}
		d.Destroy()
		require.Empty(t, late.take(), "reported by the device")
	})
	return d, late
}

// reports are late errors. JavaScript runs the function that takes them, one at a time.
type reports struct{ errors []error }

func (r *reports) add(err error) { r.errors = append(r.errors, err) }

func (r *reports) take() []error {
	taken := r.errors
	r.errors = nil
	return taken
}

// await waits for n late errors. They come in events of their own, after what makes the browser flush
// its commands to the GPU process.
func (r *reports) await(t testing.TB, d *webgpu.Device, n int) []error {
	t.Helper()
	r.awaitSome(t, d, n)
	require.Len(t, r.errors, n)
	return r.take()
}

// awaitSome waits for n late errors, or more.
func (r *reports) awaitSome(t testing.TB, d *webgpu.Device, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for len(r.errors) < n && time.Now().Before(deadline) {
		require.NoError(t, <-d.Queue().WorkDone())
		time.Sleep(time.Millisecond)
	}
}

func uint8Array(p []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(array, p)
	return array
}

func bytesOf(array js.Value) []byte {
	p := make([]byte, array.Get("byteLength").Int())
	js.CopyBytesToGo(p, array)
	return p
}

func create(t testing.TB, d gpu.Device, label string, usage gpu.Usage, size uint64) gpu.Buffer {
	t.Helper()
	b, err := d.CreateBuffer(&gpu.Descriptor{Label: label, Size: size, Usage: usage})
	require.NoError(t, err)
	return b
}

func createMappable(t testing.TB, d gpu.Device, label string, usage gpu.Usage, size uint64) gpu.MappableBuffer {
	t.Helper()
	b, err := d.CreateMappableBuffer(&gpu.Descriptor{Label: label, Size: size, Usage: usage})
	require.NoError(t, err)
	return b
}

const (
	stagingUsage  = gpu.UsageMapWrite | gpu.UsageCopySrc
	readbackUsage = gpu.UsageMapRead | gpu.UsageCopyDst
	gpuUsage      = gpu.UsageCopySrc | gpu.UsageCopyDst
)

// content copies b to a buffer of its own and reads that.
func content(t testing.TB, d gpu.Device, b gpu.Buffer) []byte {
	t.Helper()
	back := createMappable(t, d, "content", readbackUsage, b.Size())
	defer back.Destroy()
	e, err := d.CreateEncoder("content")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(b, 0, back, 0, b.Size()))
	require.NoError(t, d.Queue().Submit(e))
	require.NoError(t, gpu.Map(t.Context(), back, gpu.MapRead))
	p := make([]byte, b.Size())
	_, err = back.ReadAt(p, 0)
	require.NoError(t, err)
	return p
}
