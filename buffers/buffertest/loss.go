package buffertest

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var lossRules = []rule{
	{
		name: "a device that works is not lost",
		why:  "who watches Lost would tear everything down",
		f: func(t *trial) {
			select {
			case <-t.device.Lost():
				t.Errorf("Lost is closed")
			default:
			}
			if err := t.device.LostReason(); err != nil {
				t.Errorf("reason %v", err)
			}
		},
	},
	{
		name: "Destroy of a device can be called again",
		why:  "teardown runs from several places, and none should have to ask first",
		f: func(t *trial) {
			t.device.Destroy()
			t.device.Destroy()
			t.expectLost()
			t.device.Destroy()
		},
	},
	{
		name: "a destroyed device settles what is pending",
		why:  "goroutines that wait would wait for ever",
		f:    settlesPending(gpu.Device.Destroy),
	},
	{
		name:  "a lost device settles what is pending",
		why:   "goroutines that wait would wait for ever",
		needs: loss,
		f:     func(t *trial) { settlesPending(t.backend.Lose)(t) },
	},
	{
		name: "every call on a destroyed device fails with ErrDeviceLost",
		why:  "one reason to test for, wherever the program happens to be",
		f:    failsAll(gpu.Device.Destroy),
	},
	{
		name:  "every call on a lost device fails with ErrDeviceLost",
		why:   "one reason to test for, wherever the program happens to be",
		needs: loss,
		f:     func(t *trial) { failsAll(t.backend.Lose)(t) },
	},
	{
		name:  "a map settles once when the device is lost while it is cancelled",
		why:   "both ways to end a map cross, and the channel holds one value",
		needs: loss,
		f: func(t *trial) {
			b := t.staging("crossed", 64)
			t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.must(b.Unmap())
			t.backend.Lose(t.device)
			t.expectLost()
			t.refused("the cancelled map", t.wait(settled), gpu.ErrMapAborted)
			select {
			case err := <-settled:
				t.Errorf("settled again with %v", err)
			default:
			}
		},
	},
	{
		name: "the loss of a device leaves other devices alone",
		why:  "the program goes on with a new one",
		f: func(t *trial) {
			t.secondDevice().Destroy()
			t.expectContent(t.filled("content", pattern(64, 1)), pattern(64, 1))
		},
	},
	{
		name: "buffers of a lost device can be destroyed",
		why:  "teardown runs after the loss",
		f: func(t *trial) {
			ready, mapped, pending := t.buffer("ready", gpuUsage, 64), t.mappedForWriting(64), t.staging("pending", 64)
			t.hold()
			settled := pending.MapAsync(gpu.MapWrite, 0, 64)
			t.device.Destroy()
			t.expectLost()
			for _, b := range []gpu.Buffer{ready, mapped, pending} {
				b.Destroy()
				b.Destroy()
				t.expectState(b, gpu.Destroyed)
			}
			t.refused("the pending map", t.wait(settled), gpu.ErrDeviceLost)
		},
	},
}

func loss(b *Backend) string {
	if b.Lose == nil {
		return "the backend cannot lose a device on purpose"
	}
	return ""
}

// expectLost waits for the loss and checks its reason.
func (t *trial) expectLost() {
	t.Helper()
	lost := make(chan error, 1)
	go func() {
		<-t.device.Lost()
		lost <- t.device.LostReason()
	}()
	if err := t.wait(lost); !errors.Is(err, gpu.ErrDeviceLost) {
		t.Errorf("LostReason is %v, want %v", err, gpu.ErrDeviceLost)
	}
}

func settlesPending(lose func(gpu.Device)) func(*trial) {
	return func(t *trial) {
		b, back := t.staging("pending", 64), t.readback("pending too", 64)
		t.hold()
		done := t.device.Queue().WorkDone()
		maps := []<-chan error{b.MapAsync(gpu.MapWrite, 0, 64), back.MapAsync(gpu.MapRead, 0, 64)}
		lose(t.device)
		t.expectLost()
		for _, settled := range maps {
			t.refused("pending map", t.wait(settled), gpu.ErrDeviceLost)
		}
		if err := t.wait(done); err != nil { // a browser may call the work done
			t.refused("pending WorkDone", err, gpu.ErrDeviceLost)
		}
		if b.State() == gpu.MapPending || back.State() == gpu.MapPending {
			t.Errorf("states %v and %v", b.State(), back.State())
		}
	}
}

func failsAll(lose func(gpu.Device)) func(*trial) {
	return func(t *trial) {
		b, staging, e := t.buffer("left", gpuUsage, 64), t.staging("left staging", 64), t.encoder("left")
		lose(t.device)
		t.expectLost()
		if b.Valid() || staging.Valid() {
			t.Errorf("buffers of a lost device are valid")
		}
		_, create := t.device.CreateBuffer(&gpu.Descriptor{Label: "new", Size: 64, Usage: gpuUsage})
		_, mappable := t.device.CreateMappableBuffer(&gpu.Descriptor{Label: "new", Size: 64, Usage: stagingUsage, MappedAtCreation: true})
		_, encoder := t.device.CreateEncoder("new")
		for what, err := range map[string]error{
			"create":          create,
			"create mappable": mappable,
			"create encoder":  encoder,
			"write":           t.tryWrite(b, 0, 8),
			"copy":            e.CopyBufferToBuffer(staging, 0, b, 0, 64),
			"clear":           e.ClearBuffer(b, 0, 64),
			"submit":          t.device.Queue().Submit(e),
			"map":             t.wait(staging.MapAsync(gpu.MapWrite, 0, 64)),
			"work done":       t.wait(t.device.Queue().WorkDone()),
		} {
			t.refused(what, err, gpu.ErrDeviceLost)
		}
	}
}
