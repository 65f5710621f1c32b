package gpu_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

func TestDescriptorsFollowTheRulesOfWebGPU(t *testing.T) {
	limits := gpu.DefaultLimits()
	for _, c := range []struct {
		name string
		d    gpu.Descriptor
		want error
	}{
		{"vertices", gpu.Descriptor{Size: 6, Usage: gpu.UsageVertex}, nil},
		{"upload", gpu.Descriptor{Size: 8, Usage: gpu.UsageMapWrite | gpu.UsageCopySrc}, nil},
		{"download", gpu.Descriptor{Size: 8, Usage: gpu.UsageMapRead | gpu.UsageCopyDst}, nil},
		{"the limit itself", gpu.Descriptor{Size: limits.MaxBufferSize, Usage: gpu.UsageStorage}, nil},
		{"no size", gpu.Descriptor{Usage: gpu.UsageVertex}, gpu.ErrRange},
		{"over the limit", gpu.Descriptor{Size: limits.MaxBufferSize + 1, Usage: gpu.UsageStorage}, gpu.ErrTooLarge},
		{"the largest number", gpu.Descriptor{Size: math.MaxUint64, Usage: gpu.UsageStorage}, gpu.ErrTooLarge},
		{"no usage", gpu.Descriptor{Size: 4}, gpu.ErrUsage},
		{"a bit that does not exist", gpu.Descriptor{Size: 4, Usage: 1 << 10}, gpu.ErrUsage},
		{"map for reading and writing", gpu.Descriptor{Size: 4, Usage: gpu.UsageMapRead | gpu.UsageMapWrite}, gpu.ErrUsage},
		{"map for reading a copy source", gpu.Descriptor{Size: 4, Usage: gpu.UsageMapRead | gpu.UsageCopySrc}, gpu.ErrUsage},
		{"map for writing vertices", gpu.Descriptor{Size: 4, Usage: gpu.UsageMapWrite | gpu.UsageVertex}, gpu.ErrUsage},
		{"mapped at creation with an odd size", gpu.Descriptor{Size: 6, Usage: gpu.UsageVertex, MappedAtCreation: true}, gpu.ErrAlignment},
		{"to be mapped with an odd size", gpu.Descriptor{Size: 6, Usage: gpu.UsageMapRead}, gpu.ErrAlignment},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				require.NoError(t, c.d.Validate(limits))
				return
			}
			require.ErrorIs(t, c.d.Validate(limits), c.want)
		})
	}
	require.ErrorIs(t, (&gpu.Descriptor{Size: 4, Usage: gpu.UsageVertex}).ValidateMappable(limits), gpu.ErrUsage)
}

// Unified memory may be mapped, and used as anything else.
func TestTheDeviceSaysWhatAMapUsageGoesWith(t *testing.T) {
	limits := gpu.DefaultLimits()
	limits.MappablePrimaryBuffers = true
	for _, usage := range []gpu.Usage{gpu.UsageMapRead | gpu.UsageMapWrite, gpu.UsageMapRead | gpu.UsageStorage, gpu.UsageMapWrite | gpu.UsageVertex} {
		d := gpu.Descriptor{Size: 4, Usage: usage}
		require.NoError(t, d.ValidateMappable(limits))
		require.ErrorIs(t, d.Validate(gpu.DefaultLimits()), gpu.ErrUsage)
		d.Size = 6
		require.ErrorIs(t, d.Validate(limits), gpu.ErrAlignment)
	}
}
