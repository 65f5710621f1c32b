//go:build js && wasm

package main

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport uses a function

// The exports of the WebAssembly instance: JavaScript calls them some hundred times faster than the
// functions of the global object. They take and give numbers alone, and must not block: the goroutine
// that a body waits for would run only after the body has returned.

// refused is what an export returns in place of an error: the function of the same name tells which.
const refused = -1

// dynamicUpdate takes size bytes of a dynamic buffer: see [dynamicBuffer.update].
//
//go:wasmexport dynamicUpdate
func dynamicUpdate(handle, size float64) (update float64) {
	defer refuse(&update)
	d := dynamicOf(handle)
	n := uint64(size)
	if d == nil || float64(n) != size {
		return refused
	}
	update, err := d.update(n)
	if err != nil {
		return refused
	}
	return update
}

// dynamicAddress is where in the module's memory the arena of the latest update's page lies.
//
//go:wasmexport dynamicAddress
func dynamicAddress(handle float64) (address float64) {
	defer refuse(&address)
	d := dynamicOf(handle)
	if d == nil || d.current == nil {
		return refused
	}
	return float64(d.address)
}

// deviceWrite allows JavaScript to write size bytes at offset of a device buffer itself, by writeBuffer of
// its GPUQueue: see [buffers.DeviceBuffer.AllowHostWrite].
//
//go:wasmexport deviceWrite
func deviceWrite(handle, offset, size float64) (allowed float64) {
	defer refuse(&allowed)
	e, _ := handles.find(handle)
	at, n := uint64(offset), uint64(size)
	if e == nil || float64(at) != offset || float64(n) != size {
		return refused
	}
	if b, ok := e.object.(deviceBuffer); !ok || !b.AllowHostWrite(at, n) {
		return refused
	}
	return 1
}

func refuse(result *float64) {
	if recover() != nil {
		*result = refused
	}
}

func dynamicOf(handle float64) *dynamicBuffer {
	e, _ := handles.find(handle)
	if e == nil {
		return nil
	}
	d, _ := e.object.(*dynamicBuffer)
	return d
}
