//go:build js && wasm

package webgpu

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// mappable is a buffer that the CPU can map.
type mappable struct {
	buffer
	completion jsbridge.Completion // completeMap, made once
	fetched    jsbridge.Completion // completeFetch, made once
	landing    gpu.Landing         // takes the outcome of a fetch
	scoped     []int               // the scoped groups of a fetch, in order
}

var (
	_ gpu.MappableBuffer = (*mappable)(nil)
	_ gpu.HostMapper     = (*mappable)(nil)
)

// MapAsync asks the browser for the mapping. A cancelled map settles when the browser rejects its promise: as soon as
// the program lets JavaScript run, whether or not the GPU answers.
func (b *mappable) MapAsync(mode gpu.MapMode, offset, size uint64) <-chan error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	settled, err := b.mapAsync(mode, offset, size)
	if err != nil {
		return failed(err)
	}
	return settled
}

func (b *mappable) mapAsync(mode gpu.MapMode, offset, size uint64) (<-chan error, error) {
	if err := b.device.alive("map", b.Label()); err != nil {
		return nil, err
	}
	if err := gpu.CheckCreated("map", locked{&b.buffer}); err != nil {
		return nil, err
	}
	token, err := b.life.BeginMap(b, mode, offset, size)
	if err != nil {
		return nil, err
	}
	b.token = token
	settled, err := b.bridge.MapAsyncThen(mapModes[mode], offset, size, token, b.completion)
	if err != nil {
		return nil, b.life.EndMap(b, token, translate("map", b.Label(), err))
	}
	return settled, nil
}

var mapModes = [...]jsbridge.MapMode{
	gpu.MapRead:  jsbridge.MapModeRead,
	gpu.MapWrite: jsbridge.MapModeWrite,
}

// completeMap runs when the browser settles a map's promise, before the map's channel does.
func (b *mappable) completeMap(token uint64, err error) error {
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	if b.outlived && token == b.token {
		return b.device.lossOf("map", b.Label(), err)
	}
	return b.life.EndMap(b, token, b.mapError(err))
}

// completeFetch is completeMap for the map of a fetch. The lock is not held when landed is called.
func (b *mappable) completeFetch(token uint64, err error) error {
	b.device.mu.Lock()
	b.device.fetching--
	b.device.mu.Unlock()
	verdicts := jsbridge.Verdicts(err)
	if verdicts != nil {
		err = nil
	}
	err = b.completeMap(token, err)
	for i, verdict := range verdicts {
		if verdict != nil {
			b.landing.Refused(b.scoped[i], translate("read", "", verdict))
		}
	}
	b.landing.Landed(err)
	return nil
}

// mapError returns the reason why a map failed that was not cancelled: only the loss of the device can have aborted it.
func (b *mappable) mapError(err error) error {
	if b.device.loss.detail != "" || errors.Is(err, jsbridge.ErrAbort) {
		return b.device.lossOf("map", b.Label(), err)
	}
	if failure := gpu.CheckCreated("map", locked{&b.buffer}); failure != nil && err != nil {
		return failure
	}
	return translate("map", b.Label(), err)
}

// Unmap gives the range back to the GPU, or cancels the map.
func (b *mappable) Unmap() error {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b.noteCancel()
	if err := b.life.Unmap(b); err != nil {
		return d.orLost("unmap", b.Label(), err)
	}
	b.bridge.Unmap()
	return d.alive("unmap", b.Label())
}

// WriteAt copies p into the mapped range.
func (b *mappable) WriteAt(p []byte, offset int64) (int, error) {
	if err := b.write(gpu.Bytes(p), offset); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadAt copies from the mapped range into p.
func (b *mappable) ReadAt(p []byte, offset int64) (int, error) {
	if err := b.read(gpu.Bytes(p), offset); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteMemoryAt copies m, a Go slice or a [Data], into the mapped range.
func (b *mappable) WriteMemoryAt(m gpu.Memory, offset uint64) error {
	return b.write(m, signed(offset))
}

// ReadMemoryAt copies from the mapped range into m, a Go slice or a [Data].
func (b *mappable) ReadMemoryAt(m gpu.Memory, offset uint64) error {
	return b.read(m, signed(offset))
}

// signed keeps an offset that no buffer reaches out of range.
func signed(offset uint64) int64 { return int64(min(offset, 1<<63-1)) }

func (b *mappable) write(m gpu.Memory, offset int64) error {
	const op = "write"
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	if err := b.checkAccess(op, true, offset, m.Size()); err != nil {
		return err
	}
	return b.accessError(op, b.writeMapped(op, m, uint64(offset)))
}

func (b *mappable) writeMapped(op string, m gpu.Memory, offset uint64) error {
	if p, ok := m.Bytes(); ok {
		return b.bridge.WriteMapped(p, offset)
	}
	data, at, size, err := dataOf(op, b.Label(), m)
	if err != nil {
		return err
	}
	return b.bridge.WriteMappedFrom(data.v, at, size, offset)
}

func (b *mappable) read(m gpu.Memory, offset int64) error {
	const op = "read"
	b.device.mu.Lock()
	defer b.device.mu.Unlock()
	if err := b.checkAccess(op, false, offset, m.Size()); err != nil {
		return err
	}
	return b.accessError(op, b.readMapped(op, m, uint64(offset)))
}

func (b *mappable) readMapped(op string, m gpu.Memory, offset uint64) error {
	if p, ok := m.Bytes(); ok {
		return b.bridge.ReadMapped(p, offset)
	}
	data, at, size, err := dataOf(op, b.Label(), m)
	if err != nil {
		return err
	}
	return b.bridge.ReadMappedTo(data.v, at, size, offset)
}

func (b *mappable) checkAccess(op string, write bool, offset int64, size uint64) error {
	if b.device.loss.destroyed {
		return b.device.alive(op, b.Label())
	}
	if err := b.life.CheckAccess(op, b, write, offset, size); err != nil {
		return b.device.orLost(op, b.Label(), err)
	}
	return nil
}

// accessError is the error of a granted access to a range. Only the loss of the device takes the range away, and the
// browser reports that later.
func (b *mappable) accessError(op string, err error) error {
	if errors.Is(err, jsbridge.ErrOperation) {
		return b.device.lossOf(op, b.Label(), err)
	}
	return b.device.translated(op, b.Label(), err)
}
