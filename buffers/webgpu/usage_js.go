//go:build js && wasm

package webgpu

import (
	"strconv"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// usages pairs the core's bits with those of the specification.
// https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage
var usages = [...]struct {
	usage buffers.Usage
	spec  jsbridge.BufferUsage
}{
	{buffers.UsageVertex, jsbridge.BufferUsageVertex},
	{buffers.UsageIndex, jsbridge.BufferUsageIndex},
	{buffers.UsageUniform, jsbridge.BufferUsageUniform},
	{buffers.UsageStorage, jsbridge.BufferUsageStorage},
	{buffers.UsageCopySrc, jsbridge.BufferUsageCopySrc},
	{buffers.UsageCopyDst, jsbridge.BufferUsageCopyDst},
	{buffers.UsageMapRead, jsbridge.BufferUsageMapRead},
	{buffers.UsageMapWrite, jsbridge.BufferUsageMapWrite},
	{buffers.UsageIndirect, jsbridge.BufferUsageIndirect},
	{buffers.UsageQueryResolve, jsbridge.BufferUsageQueryResolve},
}

// SpecUsage is u in the numbers of GPUBufferUsage.
func SpecUsage(u buffers.Usage) uint32 { return uint32(specUsage(u)) }

func specUsage(u buffers.Usage) jsbridge.BufferUsage {
	var spec jsbridge.BufferUsage
	for _, pair := range usages {
		if u.Has(pair.usage) {
			spec |= pair.spec
		}
	}
	return spec
}

// UsageFromSpec translates the numbers of GPUBufferUsage. Any other bit is an error: [buffers.ErrUsage].
func UsageFromSpec(n uint64) (buffers.Usage, error) {
	usage, rest := splitUsage(n)
	if rest != 0 {
		return 0, buffers.NewError("create", "", buffers.ErrUsage,
			"usage 0x"+strconv.FormatUint(n, 16)+" has the unsupported bits 0x"+strconv.FormatUint(rest, 16))
	}
	return usage, nil
}

// splitUsage translates the bits that it can and returns the others.
func splitUsage(n uint64) (usage buffers.Usage, rest uint64) {
	for _, pair := range usages {
		if n&uint64(pair.spec) != 0 {
			usage |= pair.usage
			n &^= uint64(pair.spec)
		}
	}
	return usage, n
}
