//go:build js && wasm

package jsbridge

import (
	"context"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fake is the stand-in for navigator.gpu: its controls, not its objects.
var fake = js.Global().Call("require", js.Global().Get("process").Call("cwd").String()+"/testdata/webgpu.js")

// calls are the calls of the stand-in since it was last asked, one a line.
func calls() string { return fake.Call("take").String() }

func set(t *testing.T, control string, value any) {
	before := fake.Get(control)
	fake.Set(control, value)
	t.Cleanup(func() { fake.Set(control, before) })
}

// release settles the maps that the stand-in holds back, or one of them.
func release(index ...any) { fake.Call("release", index...) }

func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func adapter(t testing.TB) *Adapter {
	a, err := RequestAdapter(patience(t), nil)
	require.NoError(t, err)
	return a
}

func device(t testing.TB) *Device {
	d, err := adapter(t).RequestDevice(patience(t), &DeviceDescriptor{Label: "test"})
	require.NoError(t, err)
	calls()
	return d
}

func buffer(t testing.TB, d *Device, size uint64) *Buffer {
	b, err := d.CreateBuffer(&BufferDescriptor{Label: "b", Size: size, Usage: BufferUsageMapWrite | BufferUsageCopySrc})
	require.NoError(t, err)
	return b
}

// contents are the bytes that the GPU would see.
func contents(b *Buffer) []byte {
	p := make([]byte, b.Size())
	js.CopyBytesToGo(p, js.Global().Get("GPUBuffer").Call("bytes", b.value()))
	return p
}

// wait fails the test where nothing settles.
func wait(t testing.TB, settled <-chan error) error {
	t.Helper()
	select {
	case err := <-settled:
		return err
	case <-time.After(time.Minute):
		t.Fatal("nothing settled")
		return nil
	}
}

// turn lets JavaScript run everything that is ready. A timer of Go's would not do: one that has run out by the time that
// Go has nothing else to do is no reason to return to JavaScript.
func turn() {
	done := make(chan struct{})
	f := js.FuncOf(func(js.Value, []js.Value) any {
		close(done)
		return nil
	})
	defer f.Release()
	js.Global().Call("setTimeout", f)
	<-done
}

// awaitCalls is calls, once there are some.
func awaitCalls(t *testing.T) (made string) {
	require.Eventually(t, func() bool { made = calls(); return made != "" }, time.Minute, time.Millisecond)
	return made
}

func lines(s ...string) string { return strings.Join(s, "\n") }
