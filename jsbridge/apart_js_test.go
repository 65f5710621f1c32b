//go:build js && wasm

package jsbridge

import (
	"runtime"
	"syscall/js"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// tiny is made as the finalizer's object of a js.Value is.
//
//go:noinline
func tiny() *uint64 { return new(uint64) }

// block is the number of the 16 bytes that such an object is in.
func block(p unsafe.Pointer) uintptr { return uintptr(p) / 16 }

// blockOf is that of a value's.
func blockOf(v js.Value) uintptr {
	return block(*(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(&v), unsafe.Sizeof(uint64(0)))))
}

// What lives for long keeps no other value from being freed, and is kept by none.
func TestLongLivedValuesHaveMemoryOfTheirOwn(t *testing.T) {
	d := device(t)
	c := d.NewCreationErrors(func(js.Value, *Error) {})
	defer c.Release()
	for name, make := range map[string]func() []js.Value{
		"a buffer": func() []js.Value {
			var b Buffer
			require.NoError(t, c.CreateBuffer(&b, &BufferDescriptor{Size: 16, Usage: BufferUsageCopyDst}, false))
			return []js.Value{b.value()}
		},
		"a method": func() []js.Value {
			m := method{class: "GPUBuffer", name: "unmap"}
			return []js.Value{m.function()}
		},
		"a slot": func() []js.Value {
			s := newSlot()
			return []js.Value{s.resolve.Value, s.reject.Value, s.plain}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 20 { // one in two would share a block by chance
				if i%2 == 0 {
					tiny()
				}
				before := tiny()
				values := make()
				after := tiny()
				for _, v := range values {
					require.NotEqual(t, block(unsafe.Pointer(after)), blockOf(v), "made next")
					if name != "a buffer" { // which goes with what its making needed
						require.NotEqual(t, block(unsafe.Pointer(before)), blockOf(v), "made before")
					}
				}
			}
		})
	}
}

// meet has Go meet what nothing refers to afterwards, and collected hear when Go has let go of it.
//
//go:noinline
func meet(collected chan bool) {
	runtime.SetFinalizer(tiny(), func(*uint64) { collected <- true })
}

func TestCollectLetsGoOfWhatWasMetLast(t *testing.T) {
	for before := range 4 { // it comes into either half of a block
		for range before {
			tiny()
		}
		collected := make(chan bool, 1)
		meet(collected)
		Collect()
		select {
		case <-collected:
		case <-time.After(time.Second):
			require.Fail(t, "it is kept", "behind %d others", before)
		}
	}
}
