package buffertest

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// foreign is a buffer with content. Its owner has already destroyed it, unless it stays.
func (t *trial) foreign(stays bool, content []byte) gpu.Buffer {
	t.Helper()
	b, destroy := t.backend.NewForeign(t.TB, t.device, uint64(len(content)))
	t.Cleanup(destroy)
	t.write(b, 0, content)
	if !stays {
		destroy()
	}
	return b
}

// copyInto records copies of size bytes from each source to dst, one after the other.
func (t *trial) copyInto(dst gpu.Buffer, size uint64, sources ...gpu.Buffer) gpu.Encoder {
	t.Helper()
	e := t.encoder("copies")
	for i, src := range sources {
		t.must(e.CopyBufferToBuffer(src, 0, dst, uint64(i)*size, size))
	}
	return e
}

// expectLate takes the late errors so far, and expects some, or none.
func (t *trial) expectLate(some bool) {
	t.Helper()
	heard := t.takeLate()
	for tries := 0; some && len(heard) == 0 && tries < 100; tries++ {
		time.Sleep(time.Millisecond) // a browser tells in an event of its own
		heard = t.takeLate()
	}
	if some != (len(heard) > 0) {
		t.Errorf("OnError heard of %v", heard)
	}
}

func (t *trial) takeLate() []error {
	t.Helper()
	t.wait(t.device.Queue().WorkDone())
	t.mu.Lock()
	defer t.mu.Unlock()
	heard := t.late
	t.late = nil
	return heard
}

// scopedRules are about scopes that nothing is caught in.
var scopedRules = []rule{
	{
		name: "a scoped submit that is refused at once can be repeated",
		why:  "the rules of ours are the same in a scope",
		f: func(t *trial) {
			dst, src := t.filled("target", make([]byte, 8)), t.filled("source", pattern(8, 1))
			e := t.copyInto(dst, 8, src)
			_, err := t.device.Queue().SubmitScoped(e, e)
			t.refused("submit", err, gpu.ErrState)
			verdict, err := t.device.Queue().SubmitScoped(e)
			t.must(err)
			t.must(t.wait(verdict))
			_, err = t.device.Queue().SubmitScoped(e)
			t.refused("submit", err, gpu.ErrState)
		},
	},
	{
		name: "a fetch of groups that the GPU takes settles once, and refuses none",
		why:  "it is every read of what a page has bound",
		f: func(t *trial) {
			chunk, src := t.readback("chunk", 64), t.filled("source", pattern(64, 1))
			for range 3 {
				settled, heard, _, err := t.fetchGroups(chunk, 64, []gpu.ChunkCopy{{Src: src, Size: 32, Group: 1}, {Src: src, Offset: 32, Size: 32, At: 32, Group: 2}})
				t.must(err)
				t.must(t.wait(settled))
				t.expectSilence(settled)
				if len(heard.refused) > 0 {
					t.Errorf("the groups %v were refused", heard.refused)
				}
				t.expectBytes("what was fetched", t.readAt(chunk, 0, 64), pattern(64, 1))
				t.must(chunk.Unmap())
			}
		},
	},
}

var foreignRules = withForeign([]rule{
	{
		name: "the verdict on a scoped submit is nil if the GPU takes it, and its copies are made",
		why:  "every read of a buffer that was handed out waits for it",
		f: func(t *trial) {
			dst := t.filled("target", make([]byte, 16))
			verdict, err := t.device.Queue().SubmitScoped(t.copyInto(dst, 8, t.filled("source", pattern(8, 1)), t.foreign(true, pattern(8, 2))))
			t.must(err)
			t.must(t.wait(verdict))
			t.expectSilence(verdict)
			t.expectContent(dst, append(pattern(8, 1), pattern(8, 2)...))
		},
	},
	{
		name: "a scoped submit with a buffer that its owner destroyed is void, and the verdict alone says so",
		why:  "a read of it would bring what its chunk held before",
		f: func(t *trial) {
			dst := t.filled("target", pattern(16, 9))
			verdict, err := t.device.Queue().SubmitScoped(t.copyInto(dst, 8, t.filled("source", pattern(8, 1)), t.foreign(false, pattern(8, 2))))
			t.must(err)
			t.refused("verdict", t.wait(verdict), gpu.ErrValidation)
			t.expectContent(dst, pattern(16, 9))
			t.expectLate(false)
		},
	},
	{
		name: "a submit with a buffer that its owner destroyed is void, and OnError hears of it",
		why:  "a scope that nobody asked for would hide the error from the page",
		f: func(t *trial) {
			dst := t.filled("target", pattern(8, 9))
			t.submit(t.copyInto(dst, 8, t.foreign(false, pattern(8, 2))))
			t.expectContent(dst, pattern(8, 9))
			t.expectLate(true)
		},
	},
	{
		name: "scopes do not catch what is submitted outside of them",
		why:  "a good read would be rejected for another's fault",
		f: func(t *trial) {
			dst, good := t.filled("target", make([]byte, 8)), t.filled("source", pattern(8, 1))
			verdict, err := t.device.Queue().SubmitScoped(t.copyInto(dst, 8, good))
			t.must(err)
			t.submit(t.copyInto(t.filled("other", make([]byte, 8)), 8, t.foreign(false, pattern(8, 2))))
			second, err := t.device.Queue().SubmitScoped(t.copyInto(dst, 8, good))
			t.must(err)
			t.must(t.wait(verdict))
			t.must(t.wait(second))
			t.expectLate(true)
		},
	},
	{
		name: "a fetch tells which groups were refused before its map settles, and brings the others",
		why:  "one destroyed buffer must not spoil the reads of a frame",
		f: func(t *trial) {
			for range 3 { // with what was left of the last one
				chunk := t.readback("chunk", 64)
				good, kept := t.filled("good", pattern(8, 1)), t.foreign(true, pattern(8, 2))
				settled, heard, _, err := t.fetchGroups(chunk, 40, []gpu.ChunkCopy{
					{Src: good, Size: 8},
					{Src: kept, Size: 8, At: 8, Group: 4},
					{Src: t.foreign(false, pattern(8, 3)), Size: 8, At: 16, Group: 2},
					{Src: good, Size: 8, At: 24, Group: 2},
					{Src: good, Size: 8, At: 32},
				})
				t.must(err)
				t.must(t.wait(settled))
				if len(heard.refused) != 1 || heard.refused[0] != 2 {
					t.Fatalf("the groups %v were refused, want 2", heard.refused)
				}
				t.refused("group", heard.reasons[0], gpu.ErrValidation)
				t.expectBytes("what was fetched", t.readAt(chunk, 0, 16), append(pattern(8, 1), pattern(8, 2)...))
				t.expectBytes("what was fetched last", t.readAt(chunk, 32, 8), pattern(8, 1))
				t.must(chunk.Unmap())
			}
			t.expectLate(false)
		},
	},
})

// withForeign limits rules to backends that make foreign buffers.
func withForeign(list []rule) []rule {
	for i := range list {
		list[i].needs = func(b *Backend) string {
			if b.NewForeign == nil {
				return "the backend makes no foreign buffers"
			}
			return ""
		}
	}
	return list
}
