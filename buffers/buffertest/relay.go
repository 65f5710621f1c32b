package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var relayRules = []rule{
	{
		name:  "chunks that were sent carry on what a relay is given, and tell when nothing is left",
		why:   "a piece that is sent twice, or not at all, is a hole in the data",
		needs: relays,
		f: func(t *trial) {
			chunks := []gpu.MappableBuffer{t.mappedForWriting(64), t.mappedForWriting(96)}
			dst := t.filled("target", make([]byte, 1024))
			relay := t.relay()
			release := t.hold()
			told := make(chan error, 8)
			settled := make([]<-chan error, len(chunks))
			for i, c := range chunks {
				settled[i] = t.fillHost(c, pattern(32, byte(i)), dst, uint64(i)*32, func() { told <- nil; t.wake() })
			}
			h, _ := t.host(pattern(900, 7))
			t.relayed(relay.Relay(gpu.HostMemory(h).Slice(4, 844), 64, dst, 100))
			if relay.Relay(gpu.HostMemory(h), 64, dst, 0) {
				t.Errorf("two relays at a time")
			}
			release()
			for i := range chunks {
				t.must(t.wait(told))
				t.must(t.wait(settled[i]))
				t.expectState(chunks[i], gpu.Mapped)
			}
			t.expectLeft(relay, 0)
			want := with(with(with(make([]byte, 1024), 0, pattern(32, 0)), 32, pattern(32, 1)), 100, pattern(900, 7)[4:848])
			t.expectContent(dst, want)
			if len(told) > 0 {
				t.Errorf("told once more")
			}
		},
	},
	{
		name:  "a chunk carries nothing that it does not fit, and nothing of a relay that has ended",
		why:   "data that its owner was told is left is not to arrive on top of what he does with it",
		needs: relays,
		f: func(t *trial) {
			dst := t.filled("target", make([]byte, 256))
			relay := t.relay()
			h, _ := t.host(pattern(128, 7))
			for _, size := range []uint64{32, 256} {
				settled := t.fillHost(t.mappedForWriting(size), pattern(32, 1), dst, 0, nil)
				t.relayed(relay.Relay(gpu.HostMemory(h), 64, dst, 64))
				t.must(t.wait(settled))
				t.expectLeft(relay, 128)
			}
			chunk := t.mappedForWriting(64)
			release := t.hold()
			settled := t.fillHost(chunk, pattern(32, 1), dst, 0, nil)
			t.relayed(relay.Relay(gpu.HostMemory(h), 64, dst, 64))
			t.expectLeft(relay, 128)
			release()
			t.must(t.wait(settled))
			t.expectLeft(relay, 128)
			t.expectContent(dst, with(make([]byte, 256), 0, pattern(32, 1)))
		},
	},
	{
		name:  "a relay ends where its target is destroyed",
		why:   "a copy to a destroyed buffer is reported later, and by nobody's name",
		needs: relays,
		f: func(t *trial) {
			first, dst := t.filled("first", make([]byte, 64)), t.filled("target", make([]byte, 256))
			relay, chunk := t.relay(), t.mappedForWriting(64)
			release := t.hold()
			settled := t.fillHost(chunk, pattern(32, 1), first, 0, nil)
			h, _ := t.host(pattern(128, 7))
			t.relayed(relay.Relay(gpu.HostMemory(h), 64, dst, 0))
			dst.Destroy()
			release()
			t.must(t.wait(settled))
			t.expectLeft(relay, 128)
			if relay.Relay(gpu.HostMemory(h), 64, dst, 0) {
				t.Errorf("a relay to a destroyed buffer")
			}
		},
	},
	{
		name:  "Go's memory is not relayed",
		why:   "it moves when the program's memory grows",
		needs: relays,
		f: func(t *trial) {
			if t.relay().Relay(gpu.Bytes(pattern(64, 1)), 64, t.filled("target", make([]byte, 64)), 0) {
				t.Errorf("a relay of Go's memory")
			}
		},
	},
}

func relays(b *Backend) string {
	if !b.Relays {
		return "the queue relays nothing"
	}
	return hostMemory(b)
}

func (t *trial) relay() gpu.ChunkRelay {
	t.Helper()
	relay, ok := t.chunks().(gpu.ChunkRelay)
	if !ok {
		t.Fatalf("%T is not a gpu.ChunkRelay", t.chunks())
	}
	return relay
}

// fillHost sends host memory by way of a chunk.
func (t *trial) fillHost(chunk gpu.MappableBuffer, p []byte, dst gpu.Buffer, offset uint64, notify func()) <-chan error {
	t.Helper()
	h, _ := t.host(p)
	settled, err := t.chunks().FillChunk(chunk, gpu.HostMemory(h), dst, offset, notify)
	t.must(err)
	return settled
}

func (t *trial) relayed(ok bool) {
	t.Helper()
	if !ok {
		t.Fatalf("no relay")
	}
}

func (t *trial) expectLeft(relay gpu.ChunkRelay, want uint64) {
	t.Helper()
	if left := relay.EndRelay(); left != want {
		t.Errorf("%d bytes left, want %d", left, want)
	}
}
