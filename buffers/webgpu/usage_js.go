//go:build js && wasm

package webgpu

import (
	"strconv"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// usages pairs the core's bits with those of the specification.
// https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage
var usages = [...]struct {
	usage gpu.Usage
	spec  jsbridge.BufferUsage
}{
	{gpu.UsageVertex, jsbridge.BufferUsageVertex},
	{gpu.UsageIndex, jsbridge.BufferUsageIndex},
	{gpu.UsageUniform, jsbridge.BufferUsageUniform},
	{gpu.UsageStorage, jsbridge.BufferUsageStorage},
	{gpu.UsageCopySrc, jsbridge.BufferUsageCopySrc},
	{gpu.UsageCopyDst, jsbridge.BufferUsageCopyDst},
	{gpu.UsageMapRead, jsbridge.BufferUsageMapRead},
	{gpu.UsageMapWrite, jsbridge.BufferUsageMapWrite},
	{gpu.UsageIndirect, jsbridge.BufferUsageIndirect},
	{gpu.UsageQueryResolve, jsbridge.BufferUsageQueryResolve},
}

// SpecUsage is u in the numbers of GPUBufferUsage.
func SpecUsage(u gpu.Usage) uint32 { return uint32(specUsage(u)) }

func specUsage(u gpu.Usage) jsbridge.BufferUsage {
	var spec jsbridge.BufferUsage
	for _, pair := range usages {
		if u.Has(pair.usage) {
			spec |= pair.spec
		}
	}
	return spec
}

// UsageFromSpec translates the numbers of GPUBufferUsage. Any other bit is an error: [gpu.ErrUsage].
func UsageFromSpec(n uint64) (gpu.Usage, error) {
	usage, rest := splitUsage(n)
	if rest != 0 {
		return 0, gpu.NewError("create", "", gpu.ErrUsage,
			"usage 0x"+strconv.FormatUint(n, 16)+" has the unsupported bits 0x"+strconv.FormatUint(rest, 16))
	}
	return usage, nil
}

// splitUsage translates the bits that it can and returns the others.
func splitUsage(n uint64) (usage gpu.Usage, rest uint64) {
	for _, pair := range usages {
		if n&uint64(pair.spec) != 0 {
			usage |= pair.usage
			n &^= uint64(pair.spec)
		}
	}
	return usage, n
}
