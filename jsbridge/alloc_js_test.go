//go:build js && wasm

package jsbridge

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// allocs is the number of Go objects that a call of f makes once it has run
// often enough to have everything that it keeps.
func allocs(f func()) float64 { return testing.AllocsPerRun(100, f) }

func TestHotCallsAllocateNothing(t *testing.T) {
	d := device(t)
	q, b, p := d.Queue(), buffer(t, d, 4096), make([]byte, 4096)
	e := encoder(t, d)
	commands, err := e.Finish("")
	require.NoError(t, err)
	pass, err := e.BeginComputePass(nil)
	require.NoError(t, err)
	draws, err := e.BeginRenderPass(&RenderPassDescriptor{})
	require.NoError(t, err)
	group := &BindGroup{b.value()}
	succeeds := func(f func() error) func() {
		return func() {
			if err := f(); err != nil {
				panic(err)
			}
		}
	}
	for name, f := range map[string]func(){
		"WriteBuffer":             succeeds(func() error { return q.WriteBuffer(b, 0, p) }),
		"Submit of nothing":       succeeds(func() error { return q.Submit() }),
		"Submit of one":           succeeds(func() error { return q.Submit(commands) }),
		"Submit of two":           succeeds(func() error { return q.Submit(commands, commands) }),
		"CopyBufferToBuffer":      succeeds(func() error { return e.CopyBufferToBuffer(b, 0, b, 8, 8) }),
		"ClearBuffer":             succeeds(func() error { return e.ClearBuffer(b, 0, WholeSize) }),
		"Unmap":                   b.Unmap,
		"MapState":                func() { _ = b.MapState() },
		"SetPipeline":             func() { pass.SetPipeline(&ComputePipeline{b.value()}) },
		"SetBindGroup":            func() { pass.SetBindGroup(0, group) },
		"SetBindGroup, 2 offsets": func() { pass.SetBindGroup(0, group, 256, 512) },
		"DispatchWorkgroups":      func() { pass.DispatchWorkgroups(1, 2, 3) },
		"End":                     succeeds(pass.End),
		"SetVertexBuffer":         func() { draws.SetVertexBuffer(0, b, 0, WholeSize) },
		"SetIndexBuffer":          func() { draws.SetIndexBuffer(b, IndexFormatUint32, 0, 64) },
		"Draw":                    func() { draws.Draw(3, 1, 0, 0) },
		"DrawIndexed":             func() { draws.DrawIndexed(3, 1, 0, 0, 0) },
		"End of a render pass":    succeeds(draws.End),
	} {
		t.Run(name, func(t *testing.T) { require.Zero(t, allocs(f)) })
	}
	require.NoError(t, pass.err)
	require.NoError(t, draws.err)
}

func TestACopiedWriteAllocatesNothingEither(t *testing.T) {
	q, b := target(t)
	p := make([]byte, 64)
	paths(t, func(t *testing.T) {
		require.Zero(t, allocs(func() { _ = q.WriteBuffer(b, 0, p) }))
	})
}

func TestCopiesOfOneMappingAllocateNothingAfterTheFirst(t *testing.T) {
	b := buffer(t, device(t), 64)
	p := make([]byte, 64)
	require.NoError(t, wait(t, b.MapAsync(MapModeWrite, 0, 64)))
	require.NoError(t, b.WriteMapped(p, 0))
	require.Zero(t, allocs(func() { _ = b.WriteMapped(p, 0) }))
	require.Zero(t, allocs(func() { _ = b.ReadMapped(p, 0) }))
}

// perEvent is what the runtime makes for each event that has goroutines run, as the package's documentation says.
const perEvent = 2.0

func TestPromisesAllocateOnlyWhatAnEventDoes(t *testing.T) {
	d := device(t)
	q, b := d.Queue(), buffer(t, d, 64)
	require.Equal(t, perEvent, allocs(func() { <-q.WorkDone() }), "WorkDone")
	require.Equal(t, perEvent, allocs(func() { <-b.MapAsync(MapModeWrite, 0, 64); b.Unmap() }), "MapAsync and Unmap")
	p := make([]byte, 64)
	require.Equal(t, perEvent, allocs(func() {
		<-b.MapAsync(MapModeWrite, 0, 64)
		_ = b.WriteMapped(p[:8], 0)
		_ = b.WriteMapped(p[8:], 8)
		_ = b.ReadMapped(p, 0)
		b.Unmap()
	}), "with copies in and out")
}

// callbackFloor is what syscall/js allocates where JavaScript calls back a js.Func.
func callbackFloor() float64 {
	called := make(chan struct{}, 1)
	callback := js.FuncOf(func(js.Value, []js.Value) any { called <- struct{}{}; return nil })
	defer callback.Release()
	microtask := js.Global().Get("queueMicrotask")
	resolved := callback.Call("bind", nil, js.Undefined()) // as a promise calls it
	return allocs(func() {
		microtask.Invoke(resolved)
		<-called
	})
}

func TestPromisesByOtherLoadersAllocateWhatACallbackDoes(t *testing.T) {
	byCallbacks(t)
	d := device(t)
	q, b := d.Queue(), buffer(t, d, 64)
	floor := callbackFloor()
	t.Log("a callback in syscall/js alone:", floor)
	require.LessOrEqual(t, floor, 4.0)
	require.Equal(t, floor, allocs(func() { <-q.WorkDone() }), "WorkDone")
	require.Equal(t, floor, allocs(func() { <-b.MapAsync(MapModeWrite, 0, 64); b.Unmap() }), "MapAsync and Unmap")
}

func TestTheFusedModuleIsSmall(t *testing.T) {
	require.Less(t, len(fusedCode), 4700, "the package's documentation says so")
}

func TestShortLivedObjectsCostTwoAllocations(t *testing.T) {
	d := device(t)
	e := encoder(t, d)
	require.EqualValues(t, 2, allocs(func() { _, _ = d.CreateCommandEncoder("") }))
	require.EqualValues(t, 2, allocs(func() { _, _ = e.Finish("") }))
}

// The finalizer of a value costs more than a buffer or a bind group.
func TestCreationsMakeNoValueButTheirOwn(t *testing.T) {
	d := device(t)
	c := d.NewCreationErrors(func(js.Value, *Error) {})
	defer c.Release()
	descriptor := &BufferDescriptor{Label: "ein Würfel", Size: 256, Usage: BufferUsageStorage | BufferUsageCopyDst}
	var b Buffer
	create := func() {
		b = Buffer{}
		if err := c.CreateBuffer(&b, descriptor, true); err != nil {
			t.Fatal(err)
		}
	}
	require.Zero(t, allocs(func() { create(); b.Destroy() }), "a buffer")
	create()
	layout, err := d.CreateBindGroupLayout(&BindGroupLayoutDescriptor{})
	require.NoError(t, err)
	group := &BindGroupDescriptor{Label: "ein Würfel", Layout: layout, Entries: []BindGroupEntry{{Buffer: &b}, {Binding: 1, Buffer: &b, Offset: 256}}}
	require.EqualValues(t, 2, allocs(func() { _, _ = d.CreateBindGroup(group) }), "a bind group")
	require.True(t, b.object.IsUndefined(), "a buffer that is bound")
	require.Equal(t, "ein Würfel", b.JSValue().Get("label").String())
}
