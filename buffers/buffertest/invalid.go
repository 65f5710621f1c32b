package buffertest

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var invalidRules = []rule{
	{
		name:  "a creation that failed is known when WorkDone settles",
		why:   "who put data into the buffer has to know whether it is there",
		needs: lateFailures,
		f: func(t *trial) {
			b := t.invalid(gpuUsage)
			t.must(t.wait(t.device.Queue().WorkDone()))
			t.expectFailure(b)
		},
	},
	{
		name:  "a creation that failed is known when a map settles, also ahead of work of the GPU",
		why:   "a pool that gets chunks back counts on those that it made since",
		needs: lateFailures,
		f: func(t *trial) {
			other, busy := t.staging("other", 64), t.filled("busy", pattern(64, 1))
			for range 1000 {
				t.write(busy, 0, pattern(64, 2))
			}
			b := t.invalid(gpuUsage)
			t.mapped(other, gpu.MapWrite, 0, 64)
			t.expectFailure(b)
		},
	},
	{
		name:  "a buffer whose creation failed is refused by every use",
		why:   "what it is used for is void, with all else of its submit, and no call says so",
		needs: lateFailures,
		f: func(t *trial) {
			chunk, good := t.mappedForWriting(64), t.filled("good", pattern(64, 1))
			b, release := t.stillInvalid(gpuUsage)
			recorded := t.copied(good, 0, b, 0, 64)
			release()
			t.must(t.wait(t.device.Queue().WorkDone()))
			e := t.encoder("copy")
			_, filled := t.chunks().FillChunk(t.mappedForWriting(64), gpu.Bytes(pattern(64, 2)), b, 0, nil)
			_, sent := t.chunks().SendChunk(chunk, 64, b, 0, nil)
			_, _, fetched := t.fetch(t.readback("chunk", 64), 64, []gpu.ChunkCopy{{Src: b, Size: 64}})
			for what, err := range map[string]error{
				"write":     t.tryWrite(b, 0, 64),
				"copy to":   e.CopyBufferToBuffer(good, 0, b, 0, 64),
				"copy from": e.CopyBufferToBuffer(b, 0, good, 0, 64),
				"clear":     e.ClearBuffer(b, 0, 64),
				"submit":    t.device.Queue().Submit(recorded),
				"fill":      filled,
				"send":      sent,
				"fetch":     fetched,
			} {
				t.refused(what, err, gpu.ErrOutOfMemory)
			}
			t.expectFailure(b)
			t.expectContent(good, pattern(64, 1))
		},
	},
	{
		name:  "a map of a buffer whose creation failed says so, before that is known and after",
		why:   "a chunk that is lent for ever is memory that is gone",
		needs: lateFailures,
		f: func(t *trial) {
			made, release := t.stillInvalid(stagingUsage)
			b := made.(gpu.MappableBuffer)
			early := b.MapAsync(gpu.MapWrite, 0, 64)
			release()
			t.refused("early", t.wait(early), gpu.ErrOutOfMemory)
			t.expectFailure(b)
			t.refused("late", t.wait(b.MapAsync(gpu.MapWrite, 0, 64)), gpu.ErrOutOfMemory)
			t.expectState(b, gpu.Ready)
		},
	},
}

func lateFailures(b *Backend) string {
	if b.Exhaust == nil {
		return "no creations that fail late"
	}
	return ""
}

// invalidLabel names the buffer that the device may report errors about.
const invalidLabel = "for which there is no memory"

// invalid is a buffer without memory. Nobody knew that yet when it was made.
func (t *trial) invalid(usage gpu.Usage) gpu.Buffer {
	t.Helper()
	b, release := t.stillInvalid(usage)
	release()
	return b
}

// stillInvalid is a buffer without memory. Nobody knows that until release: a GPU that works beside this could tell at
// any time.
func (t *trial) stillInvalid(usage gpu.Usage) (_ gpu.Buffer, release func()) {
	t.Helper()
	release = t.hold()
	size, b := t.backend.Exhaust(t.device), gpu.Buffer(nil)
	if usage == gpuUsage {
		b = t.buffer(invalidLabel, usage, size)
	} else {
		b = t.mappable(invalidLabel, usage, size)
	}
	if !b.Valid() || b.Failure() != nil {
		t.Fatalf("known at once: %v", b.Failure())
	}
	return b, release
}

// expectFailure checks the error of a creation that failed, and that the device reported it first.
func (t *trial) expectFailure(b gpu.Buffer) {
	t.Helper()
	if b.Valid() {
		t.Errorf("%q is valid", b.Label())
	}
	t.refused("the creation", b.Failure(), gpu.ErrOutOfMemory)
	t.says(b.Failure(), "create", b.Label())
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.late) == 0 || !errors.Is(t.late[0], gpu.ErrOutOfMemory) {
		t.Errorf("the device reported %v", t.late)
	}
}
