package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var submitRules = []rule{
	{
		name: "a submit with a mapped buffer is refused and runs nothing",
		why:  "half a frame on the GPU is worse than none, and the label says which buffer to unmap",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.refusesSubmit(b, gpu.ErrMapped)
			t.must(b.Unmap())
		},
	},
	{
		name: "a submit is refused also where the mapped buffer is written to",
		why:  "the CPU would read what the GPU has half written",
		f: func(t *trial) {
			back := t.readback("result", 64)
			copied, cleared := t.copied(t.filled("source", pattern(64, 1)), 0, back, 0, 64), t.encoder("clear")
			t.must(cleared.ClearBuffer(back, 0, 64))
			t.mapped(back, gpu.MapRead, 0, 64)
			t.refused("copy", t.device.Queue().Submit(copied), gpu.ErrMapped)
			t.refused("clear", t.device.Queue().Submit(cleared), gpu.ErrMapped)
			t.refused("write", t.tryWrite(back, 0, 64), gpu.ErrMapped)
			t.expectBytes("mapped range", t.readAt(back, 0, 64), make([]byte, 64))
			t.must(back.Unmap())
			t.submit(cleared, copied)
			t.expectContent(back, pattern(64, 1))
		},
	},
	{
		name: "a submit with a pending map is refused and runs nothing",
		why:  "the CPU may have the memory at any moment",
		f: func(t *trial) {
			b := t.staging("staging", 64)
			release := t.hold()
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			t.refusesSubmitHeld(b, gpu.ErrMapPending, release)
			t.must(t.wait(settled))
		},
	},
	{
		name: "a submit with a destroyed buffer is refused and runs nothing",
		why:  "its memory may be another buffer's by now",
		f: func(t *trial) {
			b := t.buffer("staging", gpuUsage, 64)
			e := t.twoCopies(b)
			b.Destroy()
			t.refused("submit", t.device.Queue().Submit(e.encoders...), gpu.ErrDestroyed)
			t.expectContent(e.target, make([]byte, 64))
		},
	},
	{
		name: "a refused submit can be repeated when its reason is gone",
		why:  "a forgotten unmap must not cost what was recorded",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			t.writeAt(b, 0, pattern(64, 1))
			e := t.twoCopies(b)
			t.refused("submit", t.device.Queue().Submit(e.encoders...), gpu.ErrMapped)
			t.must(b.Unmap())
			t.submit(e.encoders...)
			t.expectContent(e.target, pattern(64, 1))
		},
	},
	{
		name: "Check says what Submit would say",
		why:  "a frame finds out whose buffer is in the way before it gives up what it recorded",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			e := t.copied(b, 0, t.buffer("target", gpuUsage, 64), 0, 64)
			t.refused("while mapped", e.Check(), gpu.ErrMapped)
			t.must(b.Unmap())
			t.must(e.Check())
			t.submit(e)
			t.refused("submitted", e.Check(), gpu.ErrState)
			destroyed := t.copied(b, 0, t.buffer("target", gpuUsage, 64), 0, 64)
			b.Destroy()
			t.refused("destroyed", destroyed.Check(), gpu.ErrDestroyed)
		},
	},
	{
		name: "an encoder is submitted once",
		why:  "its commands are the GPU's from then on",
		f: func(t *trial) {
			e := t.encoder("once")
			t.must(e.ClearBuffer(t.buffer("target", gpuUsage, 64), 0, 64))
			t.submit(e)
			t.refused("second submit", t.device.Queue().Submit(e), gpu.ErrState)
		},
	},
	{
		name: "an encoder is named once in a submit",
		why:  "the same commands would run twice",
		f: func(t *trial) {
			b := t.filled("target", pattern(64, 1))
			e := t.encoder("twice")
			t.must(e.ClearBuffer(b, 0, 64))
			t.refused("submit", t.device.Queue().Submit(e, t.encoder("other"), e), gpu.ErrState)
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "nothing is recorded into a submitted encoder",
		why:  "it would never run",
		f: func(t *trial) {
			src, dst, e := t.filled("source", pattern(64, 1)), t.buffer("target", gpuUsage, 64), t.encoder("closed")
			t.submit(e)
			t.refused("clear", e.ClearBuffer(dst, 0, 64), gpu.ErrState)
			t.refused("copy", e.CopyBufferToBuffer(src, 0, dst, 0, 64), gpu.ErrState)
		},
	},
	{
		name: "an encoder of another device is refused",
		why:  "a page may have two devices; the browser reports the mix later",
		f: func(t *trial) {
			e, err := t.secondDevice().CreateEncoder("foreign")
			t.must(err)
			t.refused("submit", t.device.Queue().Submit(e), gpu.ErrWrongDevice)
		},
	},
	{
		name: "a submit of nothing, or of empty encoders, is fine",
		why:  "a frame may have nothing to do",
		f: func(t *trial) {
			t.submit()
			t.submit(t.encoder("empty"), t.encoder("empty too"))
		},
	},
	{
		name: "the slice of encoders is the caller's after the submit",
		why:  "frames reuse it",
		f: func(t *trial) {
			a, dst := t.filled("a", pattern(64, 1)), t.buffer("target", gpuUsage, 64)
			release := t.hold()
			encoders := []gpu.Encoder{t.copied(a, 0, dst, 0, 64)}
			t.submit(encoders...)
			encoders[0] = nil
			release()
			t.expectContent(dst, pattern(64, 1))
		},
	},
}

// copies are two encoders. Only the second names the buffer in question.
type copies struct {
	encoders []gpu.Encoder
	target   gpu.Buffer
}

func (t *trial) twoCopies(b gpu.Buffer) copies {
	t.Helper()
	target := t.buffer("target", gpuUsage, 64)
	first := t.copied(t.filled("innocent", pattern(64, 9)), 0, target, 0, 64)
	return copies{[]gpu.Encoder{first, t.copied(b, 0, target, 0, 64)}, target}
}

func (t *trial) refusesSubmit(b gpu.Buffer, reason error) {
	t.Helper()
	t.refusesSubmitHeld(b, reason, func() {})
}

// refusesSubmitHeld lets the GPU go on before it checks that nothing ran.
func (t *trial) refusesSubmitHeld(b gpu.Buffer, reason error, release func()) {
	t.Helper()
	e, state := t.twoCopies(b), b.State()
	t.refused("submit", t.device.Queue().Submit(e.encoders...), reason)
	t.expectState(b, state)
	release()
	t.expectContent(e.target, make([]byte, 64))
}
