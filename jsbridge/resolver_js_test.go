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
	all, free, resolver := slots.all, slots.free, slots.resolver
	slots.all, slots.free, slots.resolver = nil, nil, nil
	class := js.Global().Get("Go")
	js.Global().Set("Go", js.Undefined())
	newPromise := takeSlot()
	js.Global().Set("Go", class)
	require.True(t, newPromise.plain.Equal(newPromise.resolve.Value))
	newPromise.release()
	t.Cleanup(func() { slots.all, slots.free, slots.resolver = all, free, resolver })
}

func TestTheLoaderIsFoundAndLeftAsItWas(t *testing.T) {
	loader := loaderObject()
	require.True(t, isObject(loader))
	require.True(t, loader.Equal(loaderObject()))
	require.NotNil(t, loadersResolver(loader))
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
	require.Nil(t, loadersResolver(js.Undefined()))
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
	require.NotNil(t, loadersResolver(whole()))
	for name, value := range map[string]js.Value{"_resume": js.Undefined(), "_inst": js.Undefined()} {
		loader := whole()
		loader.Set(name, value)
		require.Nil(t, loadersResolver(loader), "without "+name)
	}
	require.Nil(t, loadersResolver(object("_resume", f, "_inst", object())), "without exports")
	require.Nil(t, loadersResolver(object("_resume", f, "_inst", object("exports", object()))), "without the export")
}

func TestAPromiseTellsAProgramAndHasItRun(t *testing.T) {
	for _, c := range []struct {
		name     string
		exited   bool
		wantTold bool
	}{
		{"that goes on", false, true},
		{"that has ended, whose loader says so", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			told, resumed := js.Undefined(), js.Undefined()
			resolved := js.FuncOf(func(_ js.Value, args []js.Value) any { told = args[0]; return nil })
			defer resolved.Release()
			resume := js.FuncOf(func(this js.Value, _ []js.Value) any { resumed = this; return nil })
			defer resume.Release()
			program := newObject().Value
			program.Set("exited", c.exited)
			composites().Call("settled", resolved, program, resume, 7)
			require.Equal(t, c.wantTold, told.Equal(js.ValueOf(7)))
			require.True(t, resumed.Equal(program))
		})
	}
}

// A page may call an export with any number, at any time.
func TestNumbersOfPromisesThatNobodyWaitsForAreNone(t *testing.T) {
	s := takeSlot()
	free := takeSlot()
	free.release()
	number := float64(s.number)
	for _, n := range []float64{
		float64(free.number), number + 0.5, -1, -number - 1, float64(len(slots.all)),
		1 << 31, 1 << 53, 1 << 63, 1 << 64, 1e300, math.NaN(), math.Inf(1), math.Inf(-1),
	} {
		resolved(n)
		require.Nil(t, slotOf(n), "%v", n)
	}
	require.Empty(t, s.settled)
	require.Same(t, s, slotOf(number))
	resolved(number)
	require.NoError(t, <-s.settled)
	resolved(number) // a second time
	require.Empty(t, s.settled)
}
