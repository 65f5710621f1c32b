//go:build js && wasm

package webgpu_test

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

var usageNames = map[gpu.Usage]string{
	gpu.UsageVertex:   "VERTEX",
	gpu.UsageIndex:    "INDEX",
	gpu.UsageUniform:  "UNIFORM",
	gpu.UsageStorage:  "STORAGE",
	gpu.UsageCopySrc:  "COPY_SRC",
	gpu.UsageCopyDst:  "COPY_DST",
	gpu.UsageMapRead:  "MAP_READ",
	gpu.UsageMapWrite: "MAP_WRITE",
	gpu.UsageIndirect: "INDIRECT",

	gpu.UsageQueryResolve: "QUERY_RESOLVE",
}

func TestUsagesAreTheBrowsers(t *testing.T) {
	numbers := js.Global().Get("GPUBufferUsage")
	for usage, name := range usageNames {
		n := numbers.Get(name).Int()
		require.EqualValues(t, n, webgpu.SpecUsage(usage), name)
		back, err := webgpu.UsageFromSpec(uint64(n))
		require.NoError(t, err)
		require.Equal(t, usage, back, name)
	}
}

func TestUsageSetsTranslateBothWays(t *testing.T) {
	for set := range gpu.Usage(1 << len(usageNames)) {
		back, err := webgpu.UsageFromSpec(uint64(webgpu.SpecUsage(set)))
		require.NoError(t, err)
		require.Equal(t, set, back)
	}
}

func TestUnknownUsageIsRefused(t *testing.T) {
	for _, n := range []uint64{1 << 10, 1<<10 | 1, 1 << 32, 1 << 63} {
		_, err := webgpu.UsageFromSpec(n)
		require.ErrorIs(t, err, gpu.ErrUsage)
	}
	_, err := webgpu.UsageFromSpec(0x409)
	require.EqualError(t, err, "buffers: create: usage 0x409 has the unsupported bits 0x400")
}
