package buffertest

import (
	"context"
	"errors"
	"runtime"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var cancelRules = []rule{
	{
		name: "Unmap cancels a pending map",
		why:  "it is the only way to give up a wait on a slow GPU",
		f: func(t *trial) {
			b := t.staging("cancelled", 64)
			release := t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.expectState(b, gpu.Ready)
			t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
			release()
			t.expectSilence(settled)
			t.expectState(b, gpu.Ready)
		},
	},
	{
		name: "a cancelled map settles although the GPU hangs",
		why:  "a wait that needs the GPU to end cannot be given up when it matters",
		f: func(t *trial) {
			b := t.staging("hanging", 64)
			t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
		},
	},
	{
		name: "Destroy cancels a pending map",
		why:  "who waits for the map would wait for ever",
		f: func(t *trial) {
			b := t.staging("destroyed", 64)
			release := t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			b.Destroy()
			t.expectState(b, gpu.Destroyed)
			t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
			release()
			t.expectSilence(settled)
			t.expectState(b, gpu.Destroyed)
		},
	},
	{
		name: "a cancelled map cannot be unmapped again",
		why:  "two owners that both think they hold the mapping is a bug worth hearing of",
		f: func(t *trial) {
			b := t.staging("cancelled", 64)
			t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.refused("second unmap", b.Unmap(), gpu.ErrNotMapped)
			t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
		},
	},
	{
		name: "a buffer is usable after a cancelled map",
		why:  "a reader that gave up must not cost the chunk",
		f: func(t *trial) {
			b := t.staging("cancelled", 64)
			t.cancelledMap(b, gpu.MapWrite, 0, 64)
			t.mapped(b, gpu.MapWrite, 0, 64)
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "a cancelled map leaves the content alone",
		why:  "nothing was mapped, so there is nothing to write back",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.cancelledMap(b, gpu.MapWrite, 0, 64)
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "the late completion of a cancelled map is not taken for the next map's",
		why:  "the next map would count as ready while the GPU still writes, or with the wrong range",
		f: func(t *trial) {
			src, back := t.filled("source", pattern(64, 1)), t.readback("result", 64)
			for i := range byte(10) {
				t.write(src, 0, pattern(64, i))
				release := t.hold()
				first := back.MapAsync(gpu.MapRead, 0, 8)
				t.must(back.Unmap())
				t.submit(t.copied(src, 0, back, 0, 64))
				second := back.MapAsync(gpu.MapRead, 16, 48)
				release()
				t.must(t.wait(second))
				t.expectState(back, gpu.Mapped)
				t.expectBytes("second range", t.readAt(back, 16, 48), pattern(64, i)[16:])
				_, err := back.ReadAt(make([]byte, 8), 0)
				t.refused("read of the first range", err, gpu.ErrRange)
				t.refused("the first map", t.wait(first), gpu.ErrMapAborted)
				t.must(back.Unmap())
			}
		},
	},
	{
		name: "the next map is pending until its own completion",
		why:  "a state that says Mapped too early lets code touch memory that is not there",
		f: func(t *trial) {
			b := t.staging("two maps", 64)
			t.cancelledMap(b, gpu.MapWrite, 0, 64)
			release := t.hold()
			second := b.MapAsync(gpu.MapWrite, 0, 64)
			t.expectState(b, gpu.MapPending)
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write while pending", err, gpu.ErrNotMapped)
			release()
			t.must(t.wait(second))
			t.writeAt(b, 0, []byte{1})
		},
	},
	{
		name: "many cancelled maps in a row each settle",
		why:  "a user who scrolls cancels a hundred reads a second",
		f: func(t *trial) {
			b := t.readback("scrolled", 64)
			var cancelled []<-chan error
			for range 20 {
				cancelled = append(cancelled, b.MapAsync(gpu.MapRead, 0, 64))
				t.must(b.Unmap())
			}
			t.mapped(b, gpu.MapRead, 0, 64)
			for _, settled := range cancelled {
				t.mappedOrAborted(settled)
			}
		},
	},
	{
		name: "an Unmap in the moment in which the map settles ends one or the other",
		why:  "the map and its cancellation cross; both must not happen, nor neither",
		f: func(t *trial) {
			b := t.staging("raced", 64)
			for i := range 50 {
				settled := b.MapAsync(gpu.MapWrite, 0, 64)
				t.nearlySettled(i)
				t.must(b.Unmap())
				t.mappedOrAborted(settled)
				t.expectState(b, gpu.Ready)
			}
			t.mapped(b, gpu.MapWrite, 0, 64)
		},
	},
	{
		name: "a Destroy in the moment in which the map settles ends the buffer",
		why:  "the map and the teardown cross; a buffer that comes back to life leaks",
		f: func(t *trial) {
			for i := range 25 {
				b := t.staging("raced", 64)
				settled := b.MapAsync(gpu.MapWrite, 0, 64)
				t.nearlySettled(i)
				b.Destroy()
				t.mappedOrAborted(settled)
				t.expectState(b, gpu.Destroyed)
			}
		},
	},
	{
		name: "an Unmap right after the map settled, by the one who waited, ends the mapping",
		why:  "it is what a read does: wait, copy, unmap",
		f: func(t *trial) {
			b := t.staging("unmapped at once", 64)
			for range 20 {
				settled, unmapped := b.MapAsync(gpu.MapWrite, 0, 64), make(chan error, 1)
				go func() {
					if err := <-settled; err != nil {
						unmapped <- err
						return
					}
					unmapped <- b.Unmap()
				}()
				t.must(t.wait(unmapped))
				t.expectState(b, gpu.Ready)
			}
		},
	},
	{
		name: "Map waits until the buffer is mapped",
		why:  "it is the blocking form of MapAsync",
		f: func(t *trial) {
			b := t.staging("waited for", 64)
			t.must(gpu.Map(t.Context(), b, gpu.MapWrite))
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "Map reports why there is no mapping",
		why:  "a wait that ends with nothing mapped and no error loses data later",
		f: func(t *trial) {
			b := t.staging("refused", 64)
			t.refused("map for reading", gpu.Map(t.Context(), b, gpu.MapRead), gpu.ErrUsage)
			t.expectState(b, gpu.Ready)
		},
	},
	{
		name: "Map with a context that ends unmaps and leaves the buffer usable",
		why:  "a deadline on a slow GPU must not cost the buffer",
		f: func(t *trial) {
			b := t.staging("deadline", 64)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			release := t.hold()
			err := gpu.Map(ctx, b, gpu.MapWrite)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want %v", err, context.Canceled)
			}
			t.expectState(b, gpu.Ready)
			release()
			t.must(gpu.Map(t.Context(), b, gpu.MapWrite))
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.expectContent(b, pattern(64, 1))
		},
	},
}

// cancelledMap is a map that is cancelled before it can settle.
func (t *trial) cancelledMap(b gpu.MappableBuffer, mode gpu.MapMode, offset, size uint64) {
	t.Helper()
	release := t.hold()
	settled := b.MapAsync(mode, offset, size)
	t.must(b.Unmap())
	release()
	t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
}

// nearlySettled waits for about as long as a map takes, a little differently for each i.
func (t *trial) nearlySettled(i int) {
	t.Helper()
	if i%3 == 0 {
		t.wait(t.device.Queue().WorkDone())
	}
	for range i % 5 {
		runtime.Gosched()
	}
}

// mappedOrAborted waits for a cancelled map, which may have settled before.
func (t *trial) mappedOrAborted(settled <-chan error) {
	t.Helper()
	if err := t.wait(settled); err != nil {
		t.refused("a cancelled map", err, gpu.ErrMapAborted)
	}
}
