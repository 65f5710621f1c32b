package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var stateRules = []rule{
	{
		name: "a buffer goes from Ready over MapPending to Mapped and back",
		why:  "the state is how code that did not start a map knows what it may do",
		f: func(t *trial) {
			b := t.staging("cycle", 64)
			for range 3 {
				t.expectState(b, gpu.Ready)
				release := t.hold()
				settled := b.MapAsync(gpu.MapWrite, 0, 64)
				t.expectState(b, gpu.MapPending)
				release()
				t.must(t.wait(settled))
				t.expectState(b, gpu.Mapped)
				t.must(b.Unmap())
			}
			t.expectState(b, gpu.Ready)
		},
	},
	{
		name: "a Ready buffer cannot be unmapped, written or read by the CPU",
		why:  "the bytes would go nowhere, or come from nowhere",
		f: func(t *trial) {
			t.refusesIn(t.staging("ready", 64), gpu.Ready, map[string]error{
				"unmap": gpu.ErrNotMapped, "write": gpu.ErrNotMapped, "read": gpu.ErrNotMapped,
			})
		},
	},
	{
		name: "a Mapped buffer cannot be mapped again nor used by the GPU",
		why:  "CPU and GPU would use the same memory at once",
		f: func(t *trial) {
			b := t.staging("mapped", 64)
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.refusesIn(b, gpu.Mapped, map[string]error{
				"map": gpu.ErrMapped, "queue write": gpu.ErrMapped, "submit": gpu.ErrMapped,
			})
		},
	},
	{
		name: "a MapPending buffer cannot be mapped, used by the GPU, written or read",
		why:  "it belongs to nobody until the map settles",
		f: func(t *trial) {
			b := t.staging("pending", 64)
			release := t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.refusesIn(b, gpu.MapPending, map[string]error{
				"map": gpu.ErrMapPending, "queue write": gpu.ErrMapPending, "submit": gpu.ErrMapPending,
				"write": gpu.ErrNotMapped, "read": gpu.ErrNotMapped,
			})
			release()
			t.must(t.wait(settled))
		},
	},
	{
		name: "a Destroyed buffer refuses everything but Destroy",
		why:  "its memory may be another buffer's by now",
		f: func(t *trial) {
			b := t.staging("destroyed", 64)
			b.Destroy()
			t.refusesIn(b, gpu.Destroyed, map[string]error{
				"map": gpu.ErrDestroyed, "unmap": gpu.ErrDestroyed,
				"write": gpu.ErrDestroyed, "read": gpu.ErrDestroyed,
				"queue write": gpu.ErrDestroyed, "submit": gpu.ErrDestroyed,
			})
			b.Destroy()
		},
	},
}

// operations are all operations on a staging buffer of 64 bytes.
var operations = map[string]func(*trial, gpu.MappableBuffer) error{
	"map": func(t *trial, b gpu.MappableBuffer) error {
		return t.wait(b.MapAsync(gpu.MapWrite, 0, 64))
	},
	"unmap": func(_ *trial, b gpu.MappableBuffer) error { return b.Unmap() },
	"write": func(_ *trial, b gpu.MappableBuffer) error {
		_, err := b.WriteAt(make([]byte, 4), 0)
		return err
	},
	"read": func(_ *trial, b gpu.MappableBuffer) error {
		_, err := b.ReadAt(make([]byte, 4), 0)
		return err
	},
	"queue write": func(t *trial, b gpu.MappableBuffer) error {
		return t.device.Queue().WriteBuffer(b, 0, gpu.Bytes(make([]byte, 4)))
	},
	"submit": func(t *trial, b gpu.MappableBuffer) error {
		e := t.encoder("use")
		if err := e.CopyBufferToBuffer(b, 0, t.buffer("sink", gpuUsage, 64), 0, 64); err != nil {
			return err
		}
		return t.device.Queue().Submit(e)
	},
}

// refusesIn checks that each operation fails with its reason and leaves the state as it is.
func (t *trial) refusesIn(b gpu.MappableBuffer, state gpu.State, reasons map[string]error) {
	t.Helper()
	for name, reason := range reasons {
		t.refused(name+" in "+state.String(), operations[name](t, b), reason)
		t.expectState(b, state)
	}
}
