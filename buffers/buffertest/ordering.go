package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var orderRules = []rule{
	{
		name: "a queue write is ahead of a later submit",
		why:  "uniforms written for a frame must be there when it draws",
		f: func(t *trial) {
			src, dst := t.buffer("source", gpuUsage, 64), t.buffer("target", gpuUsage, 64)
			e := t.copied(src, 0, dst, 0, 64) // the submit counts, not the recording
			t.write(src, 0, pattern(64, 1))
			t.submit(e)
			t.expectContent(dst, pattern(64, 1))
		},
	},
	{
		name: "a queue write is behind an earlier submit",
		why:  "uniforms of the next frame must not show up in this one",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.buffer("target", gpuUsage, 64)
			t.submit(t.copied(src, 0, dst, 0, 64))
			t.write(src, 0, pattern(64, 2))
			t.expectContent(dst, pattern(64, 1))
			t.expectContent(src, pattern(64, 2))
		},
	},
	{
		name: "queue writes land in order",
		why:  "the last value written is the one that counts",
		f: func(t *trial) {
			b := t.buffer("target", gpuUsage, 64)
			for i := range byte(20) {
				t.write(b, 0, pattern(64, i))
			}
			t.write(b, 16, pattern(8, 99))
			t.expectContent(b, with(pattern(64, 19), 16, pattern(8, 99)))
		},
	},
	{
		name: "submits run in order",
		why:  "each builds on what the one before left",
		f: func(t *trial) {
			a, b := t.filled("a", pattern(64, 1)), t.filled("b", pattern(64, 2))
			dst := t.buffer("target", gpuUsage, 64)
			t.submit(t.copied(a, 0, dst, 0, 64))
			t.submit(t.copied(b, 0, dst, 0, 32))
			t.expectContent(dst, with(pattern(64, 1), 0, pattern(64, 2)[:32]))
		},
	},
	{
		name: "the encoders of one submit run in the order given",
		why:  "the order of the call counts, not that of the recording",
		f: func(t *trial) {
			a, b := t.filled("a", pattern(64, 1)), t.filled("b", pattern(64, 2))
			dst := t.buffer("target", gpuUsage, 64)
			second := t.copied(b, 0, dst, 0, 32)
			first := t.copied(a, 0, dst, 0, 64)
			t.submit(first, second)
			t.expectContent(dst, with(pattern(64, 1), 0, pattern(64, 2)[:32]))
		},
	},
	{
		name: "an Unmap is ahead of a later submit and behind an earlier one",
		why:  "one staging buffer feeds many submits",
		f: func(t *trial) {
			staging, first, second := t.mappedForWriting(64), t.buffer("first", gpuUsage, 64), t.buffer("second", gpuUsage, 64)
			t.writeAt(staging, 0, pattern(64, 1))
			t.must(staging.Unmap())
			t.submit(t.copied(staging, 0, first, 0, 64))
			t.mapped(staging, gpu.MapWrite, 0, 64)
			t.writeAt(staging, 0, pattern(64, 2))
			t.must(staging.Unmap())
			t.submit(t.copied(staging, 0, second, 0, 64))
			t.expectContent(first, pattern(64, 1))
			t.expectContent(second, pattern(64, 2))
		},
	},
	{
		name: "WorkDone settles exactly once on a channel of capacity one",
		why:  "frames wait for it, and who does not wait must not block the backend",
		f: func(t *trial) {
			done := t.device.Queue().WorkDone()
			if cap(done) != 1 {
				t.Errorf("capacity %d, want 1", cap(done))
			}
			t.must(t.wait(done))
			t.expectSilence(done)
		},
	},
	{
		name: "WorkDone settles after the work submitted before it",
		why:  "a slot of a ring is written again when it settles",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.buffer("target", gpuUsage, 64)
			release := t.hold()
			t.submit(t.copied(src, 0, dst, 0, 64))
			done := t.device.Queue().WorkDone()
			select {
			case <-done:
				t.Errorf("settled before the GPU could do the work")
			default:
			}
			release()
			t.must(t.wait(done))
			t.expectContent(dst, pattern(64, 1))
		},
	},
	{
		name: "several WorkDone are pending at once and each settles",
		why:  "there is one for every frame in flight",
		f: func(t *trial) {
			b := t.buffer("target", gpuUsage, 64)
			var pending []<-chan error
			for i := range byte(12) {
				t.write(b, 0, pattern(64, i))
				pending = append(pending, t.device.Queue().WorkDone())
			}
			for _, done := range pending {
				t.must(t.wait(done))
			}
			for _, done := range pending {
				t.expectSilence(done)
			}
		},
	},
}
