//go:build js && wasm

package jsbridge

import (
	"math"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// byCallbacks has the promises of a test settled as where the loader is not as it was.
func byCallbacks(t *testing.T) {
	t.Helper()
	all, free, newCallback := slots.all, slots.free, slots.newCallback
	slots.all, slots.free, slots.newCallback = nil, nil, nil
	class := js.Global().Get("Go")
	js.Global().Set("Go", js.Undefined())
	newPromise := takeSlot()
	js.Global().Set("Go", class)
	require.True(t, newPromise.plain.Equal(newPromise.resolve.Value))
	newPromise.release()
	t.Cleanup(func() { slots.all, slots.free, slots.newCallback = all, free, newCallback })
}

func TestTheLoaderIsFoundAndLeftAsItWas(t *testing.T) {
	loader := loaderObject()
	require.True(t, isObject(loader))
	require.True(t, loader.Equal(loaderObject()))
	require.NotNil(t, loadersCallbacks(loader))
	class := js.Global().Get("Go")
	for _, c := range []struct {
		name     string
		object   js.Value
		property string
		value    js.Value
	}{
		{"no class", js.Global(), "Go", js.Undefined()},
		{"the class of another loader", js.Global(), "Go", js.Global().Get("Map")},
		{"a class without a prototype", js.Global(), "Go", js.Global().Get("Math").Get("max")},
		{"functions made otherwise", class.Get("prototype"), "_makeFuncWrapper", js.Undefined()},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := c.object.Get(c.property)
			c.object.Set(c.property, c.value)
			found := loaderObject()
			c.object.Set(c.property, before)
			require.True(t, found.IsUndefined())
		})
	}
}

func TestALoaderThatIsNotAsItWasIsNotUsed(t *testing.T) {
	require.Nil(t, loadersCallbacks(js.Undefined()))
	f := js.Global().Get("Array").Get("of")
	object := func(entries ...any) js.Value {
		o := newObject().Value
		for i := 0; i < len(entries); i += 2 {
			o.Set(entries[i].(string), entries[i+1])
		}
		return o
	}
	whole := func() js.Value {
		return object("_resume", f, "_inst", object("exports", object(exportName, f)))
	}
	require.NotNil(t, loadersCallbacks(whole()))
	for name, value := range map[string]js.Value{"_resume": js.Undefined(), "_inst": js.Undefined()} {
		loader := whole()
		loader.Set(name, value)
		require.Nil(t, loadersCallbacks(loader), "without "+name)
	}
	require.Nil(t, loadersCallbacks(object("_resume", f, "_inst", object())), "without exports")
	require.Nil(t, loadersCallbacks(object("_resume", f, "_inst", object("exports", object()))), "without the export")
}

func TestAPromiseTellsAProgramAndHasItRun(t *testing.T) {
	for _, c := range []struct {
		name             string
		exited           bool
		awake            int
		wantTold, resume bool
	}{
		{"where a goroutine may be awake", false, 1, true, true},
		{"where none is", false, 0, true, false},
		{"that has ended, whose loader says so", true, 0, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			told, resumed := js.Undefined(), js.Undefined()
			resolved := js.FuncOf(func(_ js.Value, args []js.Value) any { told = args[0]; return c.awake })
			defer resolved.Release()
			resume := js.FuncOf(func(this js.Value, _ []js.Value) any { resumed = this; return nil })
			defer resume.Release()
			program := newObject().Value
			program.Set("exited", c.exited)
			program.Set("_resume", resume)
			FusedCalls().Call("settled", resolved, program, 7)
			require.Equal(t, c.wantTold, told.Equal(js.ValueOf(7)))
			require.Equal(t, c.resume, resumed.Equal(program))
		})
	}
}

// A page may call an export with any number, at any time.
func TestNumbersOfPromisesThatNobodyWaitsForAreNone(t *testing.T) {
	s := takeSlot()
	free := takeSlot()
	free.release()
	number := float64(s.number)
	Woken()
	for _, n := range []float64{
		float64(free.number), number + 0.5, -1, -number - 1, float64(len(slots.all)),
		1 << 31, 1 << 53, 1 << 63, 1 << 64, 1e300, math.NaN(), math.Inf(1), math.Inf(-1),
	} {
		require.Zero(t, resolved(n), "%v", n)
		require.Nil(t, slotOf(n), "%v", n)
	}
	require.Empty(t, s.settled)
	require.Same(t, s, slotOf(number))
	require.EqualValues(t, 1, resolved(number))
	require.NoError(t, <-s.settled)
	require.Zero(t, resolved(number), "a second time")
	require.Empty(t, s.settled)
}

// To run the goroutines costs as much as an event, so it is done if one is awake alone.
func TestAnExportSaysWhetherAGoroutineIsAwake(t *testing.T) {
	for _, c := range []struct {
		name  string
		slot  func(*slot)
		awake float64
	}{
		{"a channel", func(*slot) {}, 1},
		{"a completion", func(s *slot) { s.silent = true }, 1},
		{"a quiet completion", func(s *slot) { s.silent, s.quiet = true, true }, 0},
		{"a quiet completion that wakes one", func(s *slot) {
			s.silent, s.quiet, s.then = true, true, func(_ uint64, err error) error { Wake(); return err }
		}, 1},
		{"a quiet channel beside which somebody is notified", func(s *slot) { s.quiet, s.notify = true, func() {} }, 0},
		{"a notification that wakes one", func(s *slot) { s.quiet, s.notify = true, Wake }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			Woken()
			s := takeSlot()
			c.slot(s)
			require.Equal(t, c.awake, resolved(float64(s.number)))
			require.False(t, Woken(), "it was taken")
			select {
			case <-s.settled:
			default:
			}
		})
	}
}
