//go:build js && wasm

package jsbridge

import (
	"errors"
	"syscall/js"
)

// CreationErrors hears of each buffer that the device could not make. A device
// finds that out later than the creation returns.
type CreationErrors struct {
	device *Device
	report js.Func
	caught js.Value

	leaves   bool
	left     keptNumber // or 0
	number   uint32     // from 1 on
	released bool
}

var creationErrors uint32 // how many were made

// NewCreationErrors has report called with each such buffer and its error.
// Release it when nothing is created through it any more.
func (d *Device) NewCreationErrors(report func(buffer js.Value, err *Error)) *CreationErrors {
	creationErrors++
	c := &CreationErrors{device: d, number: creationErrors}
	c.report = js.FuncOf(func(_ js.Value, args []js.Value) any {
		// A scope rejects only if the device is lost, which is told elsewhere.
		if err := reportedError("", args[1]); errors.Is(err, ErrValidation) || errors.Is(err, ErrOutOfMemory) {
			report(args[0], err)
		}
		return nil
	})
	c.caught = fusedCaught.function().Call("bind", js.Null(), c.report)
	return c
}

// Release lets go of report once it is known of all earlier creations whether
// they failed. Further calls do nothing.
func (c *CreationErrors) Release() {
	if c.released {
		return
	}
	c.released = true
	err := c.WhenKnown(func(uint64, error) error {
		c.report.Release()
		return nil
	})
	if err != nil {
		c.report.Release()
	}
}

// WhenKnown calls f when it is known of all creations so far whether they failed.
func (c *CreationErrors) WhenKnown(f Completion) error {
	s := takeSlot()
	s.op, s.silent, s.then = &devicePopErrorScope, true, f
	_, err := fusedWhenKnown.call(c.device.v, s.plain, s.reject.Value)
	_, err = s.attached(err)
	return err
}

// CreateBuffer is [Device.CreateBuffer] for a zero Buffer. If it is checked, it
// does without error scopes. Then all buffers of a task are checked together when
// the task ends, or ahead of the next map or WorkDone. An error of the creation
// goes to the device, too. The usage must hold [BufferUsageCopyDst]; the buffer
// is neither mappable nor mapped.
//
// Else it is within error scopes of its own, which cost next to nothing beside
// the memory of a large buffer as long as they catch nothing.
func (c *CreationErrors) CreateBuffer(b *Buffer, descriptor *BufferDescriptor, checked bool) error {
	number, maker := kept.number(), uint32(0)
	if checked {
		maker = c.number
	}
	if checked && c.leaves {
		c.left = number
	} else if err := c.device.createKept(maker, c.caught, number, descriptor); err != nil {
		kept.give(number)
		return err
	}
	b.kept = number
	c.device.created(b, descriptor)
	return nil
}

// createKept makes a GPUBuffer and keeps it under a number. If maker is 0, it is
// within error scopes.
func (d *Device) createKept(maker uint32, caught js.Value, number keptNumber, descriptor *BufferDescriptor) error {
	nameNext(descriptor.Label)
	_, err := fusedCreate.call(maker, d.v, caught, uint32(number), js.Undefined(), descriptor.Size, uint32(descriptor.Usage), descriptor.MappedAtCreation)
	for range 2 {
		if err != nil && maker == 0 { // it threw within the scopes
			_, _ = devicePopErrorScope.call(d.v)
		}
	}
	return err
}

// Leave has the next checked CreateBuffer leave the GPUBuffer to the host, or not
// any more. The host makes one as the descriptor says. Before it does anything
// else it hands that to keepChecked of [FusedCalls]: with a number of the host's,
// from 2^30 on, for these CreationErrors alone; the device; Caught; the number
// from Left; and the GPUBuffer.
func (c *CreationErrors) Leave(leaves bool) { c.leaves = leaves }

// Left is the number of the buffer that was left last, once, or 0.
func (c *CreationErrors) Left() uint32 {
	left := c.left
	c.left = 0
	return uint32(left)
}

// Caught is what keepChecked is given to report what failed.
func (c *CreationErrors) Caught() js.Value { return c.caught }
