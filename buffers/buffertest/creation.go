package buffertest

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var creationRules = []rule{
	{
		name: "a new buffer is what was asked for",
		why:  "label, size and usage are how a program tells buffers apart and lays out its data",
		f: func(t *trial) {
			b := t.buffer("vertices", gpu.UsageVertex|gpu.UsageCopyDst, 48)
			if b.Label() != "vertices" || b.Size() != 48 || b.Usage() != gpu.UsageVertex|gpu.UsageCopyDst {
				t.Errorf("got %q, %d bytes, %v", b.Label(), b.Size(), b.Usage())
			}
			if !b.Valid() || b.Native() == nil {
				t.Errorf("valid %v, native %v", b.Valid(), b.Native())
			}
			t.expectState(b, gpu.Ready)
		},
	},
	{
		name: "a new buffer is zero",
		why:  "programs count on it, and anything else is another program's data",
		f: func(t *trial) {
			t.expectContent(t.buffer("new", gpuUsage, 256), make([]byte, 256))
			t.expectContent(t.readback("new readback", 256), make([]byte, 256))
		},
	},
	{
		name: "a buffer of size 0 is refused",
		why:  "nothing can be bound, copied or mapped of it, so it is a mistake in a computed size",
		f:    refusesCreation(gpu.Descriptor{Label: "empty", Usage: gpuUsage}, gpu.ErrRange),
	},
	{
		name: "a buffer over the device's limit is refused",
		why:  "the browser would return a buffer on which everything fails later",
		f: func(t *trial) {
			limit := t.device.Limits().MaxBufferSize
			t.refusesCreation(gpu.Descriptor{Label: "huge", Size: limit + 4, Usage: stagingUsage}, gpu.ErrTooLarge)
			t.refusesCreation(gpu.Descriptor{Label: "huger", Size: math.MaxUint64 - 3, Usage: stagingUsage}, gpu.ErrTooLarge)
		},
	},
	{
		name: "a buffer without a usage is refused",
		why:  "it could be used for nothing",
		f:    refusesCreation(gpu.Descriptor{Label: "useless", Size: 16}, gpu.ErrUsage),
	},
	{
		name: "an unknown usage is refused",
		why:  "a bit that is dropped in silence is a usage that is missing later",
		f:    refusesCreation(gpu.Descriptor{Label: "odd", Size: 16, Usage: 1 << 20}, gpu.ErrUsage),
	},
	{
		name: "MapRead goes with CopyDst only, unless the memory is unified",
		why:  "WebGPU has no memory that the CPU reads fast and the GPU uses directly",
		f: func(t *trial) {
			t.refusesPairs(gpu.UsageMapRead, gpu.UsageCopyDst)
		},
	},
	{
		name: "MapWrite goes with CopySrc only, unless the memory is unified",
		why:  "WebGPU has no memory that the CPU writes fast and the GPU uses directly",
		f: func(t *trial) {
			t.refusesPairs(gpu.UsageMapWrite, gpu.UsageCopySrc)
		},
	},
	{
		name: "every pair of usages without a map is accepted",
		why:  "one buffer may hold vertices, indices and the results of a computation",
		f: func(t *trial) {
			for _, a := range gpuUsages {
				for _, b := range gpuUsages {
					t.buffer("pair", a|b, 16).Destroy()
				}
			}
		},
	},
	{
		name: "a buffer to be mapped has a size that is a multiple of 4",
		why:  "it could not be mapped whole otherwise",
		f: func(t *trial) {
			for _, d := range []gpu.Descriptor{
				{Label: "staging", Size: 6, Usage: stagingUsage},
				{Label: "readback", Size: 7, Usage: readbackUsage},
				{Label: "at creation", Size: 9, Usage: gpuUsage, MappedAtCreation: true},
			} {
				t.refusesCreation(d, gpu.ErrAlignment)
			}
		},
	},
	{
		name: "a buffer for the GPU alone may have any size",
		why:  "WebGPU has no such rule, and rounding up would change what Size says",
		f: func(t *trial) {
			if b := t.buffer("odd", gpuUsage, 13); b.Size() != 13 {
				t.Errorf("size %d, want 13", b.Size())
			}
		},
	},
	{
		name: "a mappable buffer needs a way to be mapped",
		why:  "it would be found out at the first map, far away from the mistake",
		f: func(t *trial) {
			_, err := t.device.CreateMappableBuffer(&gpu.Descriptor{Label: "unmappable", Size: 16, Usage: gpuUsage})
			t.refused("without a map usage", err, gpu.ErrUsage)
		},
	},
	{
		name: "a buffer mapped at creation is writable at once, whatever its usage",
		why:  "it is how a buffer gets its first content without a staging buffer",
		f: func(t *trial) {
			b := t.mappedAtCreation("initial", gpuUsage, 64)
			t.expectState(b, gpu.Mapped)
			t.writeAt(b, 0, pattern(64, 1))
			t.must(b.Unmap())
			t.expectState(b, gpu.Ready)
			t.expectContent(b, pattern(64, 1))
		},
	},
	{
		name: "bytes not written of a buffer mapped at creation are zero",
		why:  "whatever lay in that memory before must not reach the GPU",
		f: func(t *trial) {
			b := t.mappedAtCreation("sparse", gpuUsage, 64)
			t.writeAt(b, 21, pattern(10, 1))
			t.expectBytes("mapped range", t.readAt(b, 0, 64), with(make([]byte, 64), 21, pattern(10, 1)))
			t.must(b.Unmap())
			t.expectContent(b, with(make([]byte, 64), 21, pattern(10, 1)))
		},
	},
	{
		name: "a buffer mapped at creation can be mapped again only with a map usage",
		why:  "the first mapping is a way to fill the buffer, not a usage",
		f: func(t *trial) {
			b := t.mappedAtCreation("initial", gpuUsage, 64)
			t.must(b.Unmap())
			t.refused("map", t.wait(b.MapAsync(gpu.MapWrite, 0, 64)), gpu.ErrUsage)
			again := t.mappedAtCreation("staging", stagingUsage, 64)
			t.must(again.Unmap())
			t.mapped(again, gpu.MapWrite, 0, 64)
		},
	},
	{
		name: "a refused creation leaves the device usable",
		why:  "a mistake costs one buffer, not the device",
		f: func(t *trial) {
			t.refusesCreation(gpu.Descriptor{Label: "useless", Size: 16}, gpu.ErrUsage)
			t.expectContent(t.filled("after", pattern(16, 1)), pattern(16, 1))
		},
	},
	{
		name: "no limit is below what every WebGPU device has",
		why:  "programs that ask for nothing special must run everywhere",
		f: func(t *trial) {
			got, least := t.device.Limits(), gpu.DefaultLimits()
			if got.MaxBufferSize < least.MaxBufferSize || got.MaxUniformBindingSize < least.MaxUniformBindingSize ||
				got.MaxStorageBindingSize < least.MaxStorageBindingSize {
				t.Errorf("limits %+v are below %+v", got, least)
			}
			for _, align := range []uint64{got.UniformOffsetAlignment, got.StorageOffsetAlignment} {
				if align < 32 || align > 256 || align&(align-1) != 0 {
					t.Errorf("offset alignment %d is not a power of two from 32 to 256", align)
				}
			}
		},
	},
}

var gpuUsages = []gpu.Usage{
	gpu.UsageVertex, gpu.UsageIndex, gpu.UsageUniform, gpu.UsageStorage,
	gpu.UsageCopySrc, gpu.UsageCopyDst, gpu.UsageIndirect, gpu.UsageQueryResolve,
}

func refusesCreation(d gpu.Descriptor, reason error) func(*trial) {
	return func(t *trial) { t.refusesCreation(d, reason) }
}

// refusesCreation checks both ways to make a buffer.
func (t *trial) refusesCreation(d gpu.Descriptor, reason error) {
	t.Helper()
	if !d.MappedAtCreation {
		_, err := t.device.CreateBuffer(&d)
		t.refused("create "+d.Label, err, reason)
	}
	_, err := t.device.CreateMappableBuffer(&d)
	t.refused("create mappable "+d.Label, err, reason)
}

// refusesPairs checks that a map usage goes with its partner, and with other usages only if the device allows that.
func (t *trial) refusesPairs(usage, partner gpu.Usage) {
	t.Helper()
	t.mappable("alone", usage, 16)
	t.mappable("with partner", usage|partner, 16)
	for _, other := range append(gpuUsages, gpu.UsageMapRead|gpu.UsageMapWrite) {
		if t.device.Limits().MappablePrimaryBuffers {
			t.mappable((usage | other).String(), usage|other, 16)
		} else if other != partner {
			t.refusesCreation(gpu.Descriptor{Label: (usage | other).String(), Size: 16, Usage: usage | other}, gpu.ErrUsage)
		}
	}
}

func (t *trial) mappedAtCreation(label string, usage gpu.Usage, size uint64) gpu.MappableBuffer {
	t.Helper()
	b, err := t.device.CreateMappableBuffer(&gpu.Descriptor{Label: label, Size: size, Usage: usage, MappedAtCreation: true})
	t.must(err)
	return b
}
