//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var _ buffers.ChunkQueue = (*queue)(nil)

// SendChunk crosses to the browser once.
func (q *queue) SendChunk(chunk buffers.MappableBuffer, size uint64, dst buffers.Buffer, offset uint64, notify func() bool) (<-chan error, error) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	c, to, err := q.turn(chunk, size, dst, offset)
	if err != nil {
		return nil, err
	}
	settled, err := d.bridge.Send(c.bridge, c.Size(), to.bridge, offset, size, jsbridge.Followup{Token: c.token, Then: c.completion, Notify: notify})
	return settled, c.turned(err)
}

// FillChunk crosses to the browser once, where nothing was written to the chunk before.
func (q *queue) FillChunk(chunk buffers.MappableBuffer, m buffers.Memory, dst buffers.Buffer, offset uint64, notify func() bool) (<-chan error, error) {
	if c, err := q.device.chunk(chunk); err == nil && !c.bridge.Untaken() {
		if err := c.write(m, 0); err != nil {
			return nil, err
		}
		return q.SendChunk(chunk, m.Size(), dst, offset, notify)
	}
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	c, to, err := q.turn(chunk, m.Size(), dst, offset)
	if err != nil {
		return nil, err
	}
	settled, err := c.fill(m, to, offset, notify)
	return settled, c.turned(err)
}

func (c *mappable) fill(m buffers.Memory, to *buffer, offset uint64, notify func() bool) (<-chan error, error) {
	bridge := c.device.bridge
	mapped := jsbridge.Followup{Token: c.token, Then: c.completion, Notify: notify}
	if p, ok := m.Bytes(); ok {
		return bridge.FillAndSend(p, c.bridge, c.Size(), to.bridge, offset, mapped)
	}
	data, at, size, err := dataOf("write", c.Label(), m)
	if err != nil {
		return nil, err
	}
	return bridge.FillAndSendFrom(data.v, at, size, c.bridge, c.Size(), to.bridge, offset, mapped)
}

// chunk is the device's own mappable buffer.
func (d *Device) chunk(b buffers.MappableBuffer) (*mappable, error) {
	c, ok := buffers.Unwrap(b).(*mappable)
	if !ok || c.device != d {
		return nil, buffers.NewError("send", b.Label(), buffers.ErrWrongDevice, "")
	}
	return c, nil
}

// turn takes a chunk from mapped over unmapped, when its copy is checked, to map pending.
func (q *queue) turn(chunk buffers.MappableBuffer, size uint64, dst buffers.Buffer, offset uint64) (*mappable, *buffer, error) {
	d := q.device
	if err := d.alive("send", chunk.Label()); err != nil {
		return nil, nil, err
	}
	c, err := d.chunk(chunk)
	if err != nil {
		return nil, nil, err
	}
	to, err := d.own("send", dst)
	if err != nil {
		return nil, nil, err
	}
	if err := c.life.Unmap(c); err != nil {
		return nil, nil, err
	}
	if err := buffers.CheckSend(locked{&c.buffer}, size, locked{to}, offset); err != nil {
		c.bridge.Unmap()
		return nil, nil, err
	}
	c.token, err = c.life.BeginMap(c, buffers.MapWrite, 0, c.Size())
	return c, to, err
}

// turned is the error of what followed a turn, or a fetch.
func (c *mappable) turned(err error) error {
	if err == nil {
		return nil
	}
	return c.device.orLost("send", c.Label(), c.life.EndMap(c, c.token, c.device.translated("send", c.Label(), err)))
}

// FetchChunk crosses to the browser once for each source, and twice more.
func (q *queue) FetchChunk(chunk buffers.MappableBuffer, size uint64, copies []buffers.ChunkCopy, landed func(error) bool) (settled <-chan error, refused int, err error) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("read", chunk.Label()); err != nil {
		return nil, -1, err
	}
	c, err := d.chunk(chunk)
	if err != nil {
		return nil, -1, err
	}
	for i := range copies {
		if err := d.checkFetch(c, &copies[i]); err != nil {
			return nil, i, err
		}
	}
	c.token, err = c.life.BeginMap(c, buffers.MapRead, 0, size)
	if err != nil {
		return nil, -1, err
	}
	c.landed = landed
	return nil, -1, c.turned(d.fetch(c, size, copies))
}

func (d *Device) checkFetch(c *mappable, copy *buffers.ChunkCopy) error {
	from, err := d.own("read", copy.Src)
	if err != nil {
		return err
	}
	if err := buffers.CheckUse("read", locked{from}, buffers.UsageCopySrc); err != nil {
		return err
	}
	return buffers.CheckCopy(locked{from}, copy.Offset, locked{&c.buffer}, copy.At, copy.Size)
}

func (d *Device) fetch(c *mappable, size uint64, copies []buffers.ChunkCopy) error {
	if err := d.bridge.BeginFetch(); err != nil {
		return err
	}
	for len(copies) > 0 {
		n := ofOneSource(copies)
		d.ranges = d.ranges[:0]
		for _, cp := range copies[:n] {
			d.ranges = append(d.ranges, float64(cp.Offset), float64(cp.At), float64(cp.Size))
		}
		if err := d.bridge.AddFetch(bridgeOf(copies[0].Src), c.bridge, d.ranges); err != nil {
			return err
		}
		copies = copies[n:]
	}
	return d.bridge.Fetch(c.bridge, size, c.token, c.fetched)
}

// ofOneSource is how many copies, from the first on, have its source.
func ofOneSource(copies []buffers.ChunkCopy) (n int) {
	for n < len(copies) && copies[n].Src == copies[0].Src {
		n++
	}
	return n
}

// bridgeOf is the buffer in jsbridge's terms, of one that is known to be the device's own.
func bridgeOf(b buffers.Buffer) *jsbridge.Buffer {
	return buffers.Unwrap(b).(interface{ base() *buffer }).base().bridge
}
