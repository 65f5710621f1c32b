package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var destroyRules = []rule{
	{
		name: "Destroy can be called again, in any state",
		why:  "teardown runs from several places, and none should have to ask first",
		f: func(t *trial) {
			ready, mapped, pending := t.buffer("ready", gpuUsage, 64), t.mappedForWriting(64), t.staging("pending", 64)
			settled := pending.MapAsync(gpu.MapWrite, 0, 64)
			for _, b := range []gpu.Buffer{ready, mapped, pending, t.mappedAtCreation("at creation", gpuUsage, 64)} {
				b.Destroy()
				b.Destroy()
				t.expectState(b, gpu.Destroyed)
				if b.Valid() {
					t.Errorf("%q is valid", b.Label())
				}
			}
			t.mappedOrAborted(settled)
		},
	},
	{
		name: "a destroyed buffer still says what it was",
		why:  "errors and logs name it",
		f: func(t *trial) {
			b := t.buffer("former", gpuUsage, 64)
			b.Destroy()
			if b.Label() != "former" || b.Size() != 64 || b.Usage() != gpuUsage {
				t.Errorf("got %q, %d bytes, %v", b.Label(), b.Size(), b.Usage())
			}
		},
	},
	{
		name: "the GPU finishes with a buffer that is destroyed in flight",
		why:  "staging is destroyed right after the submit",
		f: func(t *trial) {
			src, dst := t.filled("source", pattern(64, 1)), t.buffer("target", gpuUsage, 64)
			release := t.hold()
			t.submit(t.copied(src, 0, dst, 0, 64))
			src.Destroy()
			release()
			t.expectContent(dst, pattern(64, 1))
		},
	},
	{
		name: "a queue write to a buffer that is destroyed in flight harms nobody",
		why:  "its memory may be another buffer's by the time the write runs",
		f: func(t *trial) {
			release := t.hold()
			t.filled("former", pattern(64, 1)).Destroy()
			next := t.buffer("next", gpuUsage, 64)
			release()
			t.expectContent(next, make([]byte, 64))
		},
	},
	{
		name: "the mapped range is gone after Destroy",
		why:  "a write would be lost without a word",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			b.Destroy()
			_, err := b.WriteAt([]byte{1}, 0)
			t.refused("write", err, gpu.ErrDestroyed)
			t.refused("unmap", b.Unmap(), gpu.ErrDestroyed)
		},
	},
	{
		name: "a command that names a destroyed buffer is refused when it is recorded",
		why:  "the place of the mistake is where it was recorded",
		f: func(t *trial) {
			gone, other, e := t.buffer("gone", gpuUsage, 64), t.buffer("other", gpuUsage, 64), t.encoder("copy")
			gone.Destroy()
			t.refused("copy from", e.CopyBufferToBuffer(gone, 0, other, 0, 4), gpu.ErrDestroyed)
			t.refused("copy to", e.CopyBufferToBuffer(other, 0, gone, 0, 4), gpu.ErrDestroyed)
			t.refused("clear", e.ClearBuffer(gone, 0, 4), gpu.ErrDestroyed)
			t.submit(e)
		},
	},
	{
		name: "destroying a buffer leaves the others alone",
		why:  "buffers come and go while a frame runs",
		f: func(t *trial) {
			kept := t.filled("kept", pattern(64, 1))
			for range 10 {
				t.filled("passing", pattern(64, 2)).Destroy()
			}
			t.expectContent(kept, pattern(64, 1))
		},
	},
}
