package buffertest

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var hostRules = []rule{
	{
		name:  "host memory is written into the mapped range",
		why:   "data that JavaScript gave must not pass through Go's memory",
		needs: hostMemory,
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			h, _ := t.host(pattern(32, 1))
			t.must(t.mapper(b).WriteMemoryAt(gpu.HostMemory(h).Slice(5, 20), 9))
			t.must(b.Unmap())
			t.expectContent(b, with(make([]byte, 64), 9, pattern(32, 1)[5:25]))
		},
	},
	{
		name:  "the mapped range is read into host memory",
		why:   "results that JavaScript asked for must not pass through Go's memory",
		needs: hostMemory,
		f: func(t *trial) {
			b := t.readback("result", 64)
			t.write(b, 0, pattern(64, 1))
			t.mapped(b, gpu.MapRead, 0, 64)
			h, content := t.host(pattern(32, 2))
			t.must(t.mapper(b).ReadMemoryAt(gpu.HostMemory(h).Slice(3, 11), 7))
			t.expectBytes("host memory", content(), with(pattern(32, 2), 3, pattern(64, 1)[7:18]))
		},
	},
	{
		name:  "host memory obeys the rules of the mapped range",
		why:   "the shorter way must not be the unchecked one",
		needs: hostMemory,
		f: func(t *trial) {
			b := t.staging("partial", 64)
			h, _ := t.host(pattern(8, 1))
			m := gpu.HostMemory(h)
			t.refused("write unmapped", t.mapper(b).WriteMemoryAt(m, 0), gpu.ErrNotMapped)
			t.mapped(b, gpu.MapWrite, 16, 16)
			for _, offset := range []uint64{0, 12, 25, 1 << 63, 1<<64 - 4} {
				t.refused("write outside", t.mapper(b).WriteMemoryAt(m, offset), gpu.ErrRange)
				t.refused("read outside", t.mapper(b).ReadMemoryAt(m, offset), gpu.ErrRange)
			}
		},
	},
	{
		name:  "a queue write takes host memory",
		why:   "the shortest way from JavaScript's memory to the GPU is one call",
		needs: hostMemory,
		f: func(t *trial) {
			b := t.buffer("target", gpuUsage, 64)
			h, _ := t.host(pattern(32, 1))
			t.must(t.device.Queue().WriteBuffer(b, 8, gpu.HostMemory(h).Slice(4, 16)))
			t.expectContent(b, with(make([]byte, 64), 8, pattern(32, 1)[4:20]))
		},
	},
}

func hostMemory(b *Backend) string {
	if b.NewHost == nil {
		return "the backend gives no host memory"
	}
	return ""
}

func (t *trial) host(p []byte) (h gpu.Host, content func() []byte) {
	t.Helper()
	return t.backend.NewHost(t.TB, p)
}

func (t *trial) mapper(b gpu.MappableBuffer) gpu.HostMapper {
	t.Helper()
	m, ok := b.(gpu.HostMapper)
	if !ok {
		t.Fatalf("%T is not a gpu.HostMapper", b)
	}
	return m
}
