//go:build js && wasm

package webgpu

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

var _ gpu.RangeMapper = (*mappable)(nil)

// MappedRange returns a Uint8Array over the mapped range.
func (b *mappable) MappedRange(offset, size uint64) (any, error) {
	const op = "mapped range"
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	if err := b.checkAccess(op, false, signed(offset), size); err != nil {
		return nil, err
	}
	array, err := b.bridge.MappedArray(offset, size)
	if err != nil {
		return nil, b.accessError(op, err)
	}
	return array, nil
}
