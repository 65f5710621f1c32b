//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

var (
	_ gpu.ChunkRelay = (*queue)(nil)
	_ gpu.Poller     = (*queue)(nil)
	_ gpu.Flusher    = (*queue)(nil)
)

// SendChunk crosses to the browser once.
func (q *queue) SendChunk(chunk gpu.MappableBuffer, size uint64, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	c, to, err := q.takeChunk(chunk, size, dst, offset)
	if err != nil {
		return nil, err
	}
	settled, err := d.bridge.Send(c.bridge, c.Size(), to.bridge, offset, size, c.followup(notify))
	return settled, c.returned(err)
}

// FillChunk crosses to the browser once, if nothing was written to the chunk before.
func (q *queue) FillChunk(chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	if c, err := q.device.chunk(chunk); err == nil && !c.bridge.Untaken() {
		if err := c.write(m, 0); err != nil {
			return nil, err
		}
		return q.SendChunk(chunk, m.Size(), dst, offset, notify)
	}
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	c, to, err := q.takeChunk(chunk, m.Size(), dst, offset)
	if err != nil {
		return nil, err
	}
	settled, err := c.fill(m, to, offset, notify)
	return settled, c.returned(err)
}

func (c *mappable) fill(m gpu.Memory, to *buffer, offset uint64, notify func()) (<-chan error, error) {
	bridge := c.device.bridge
	mapped := c.followup(notify)
	if p, ok := m.Bytes(); ok {
		return bridge.FillAndSend(p, c.bridge, c.Size(), to.bridge, offset, mapped)
	}
	data, at, size, err := dataOf("write", c.Label(), m)
	if err != nil {
		return nil, err
	}
	return bridge.FillAndSendFrom(data.v, at, size, c.bridge, c.Size(), to.bridge, offset, mapped)
}

// followup follows the map of a sent chunk. If nobody is notified, somebody waits for the channel.
func (c *mappable) followup(notify func()) jsbridge.Followup {
	return jsbridge.Followup{Token: c.token, Then: c.completion, Notify: notify, Quiet: notify != nil}
}

// Relay carries JavaScript's memory alone: Go's may move.
func (q *queue) Relay(m gpu.Memory, piece uint64, dst gpu.Buffer, offset uint64) bool {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	to, err := d.own("send", dst)
	if err != nil || gpu.CheckUse("send", locked{to}, 0) != nil {
		return false
	}
	if _, isGo := m.Bytes(); isGo {
		return false
	}
	data, at, size, err := dataOf("send", dst.Label(), m)
	if err != nil || !d.bridge.Relay(data.v, at, size, piece, to.bridge, offset) {
		return false
	}
	d.relayTo = to
	return true
}

func (q *queue) EndRelay() (left uint64) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.endRelay()
}

func (d *Device) endRelay() (left uint64) {
	d.relayTo = nil
	return d.bridge.EndRelay()
}

// chunk returns the device's own mappable buffer.
func (d *Device) chunk(b gpu.MappableBuffer) (*mappable, error) {
	c, ok := gpu.Unwrap(b).(*mappable)
	if !ok || c.device != d {
		return nil, gpu.NewError("send", b.Label(), gpu.ErrWrongDevice, "")
	}
	return c, nil
}

// takeChunk takes a chunk from mapped through unmapped, when its copy is checked, to map pending.
func (q *queue) takeChunk(chunk gpu.MappableBuffer, size uint64, dst gpu.Buffer, offset uint64) (*mappable, *buffer, error) {
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
	if err := gpu.CheckSend(locked{&c.buffer}, size, locked{to}, offset); err != nil {
		c.bridge.Unmap()
		return nil, nil, err
	}
	c.token, err = c.life.BeginMap(c, gpu.MapWrite, 0, c.Size())
	return c, to, err
}

// returned is the error of a fused call.
func (c *mappable) returned(err error) error {
	if err == nil {
		return nil
	}
	return c.device.orLost("send", c.Label(), c.life.EndMap(c, c.token, c.accessError("send", err)))
}

// FetchChunk crosses to the browser once for each source, and for each group but one. Rows of textures go step by step.
func (q *queue) FetchChunk(chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy, l gpu.Landing) (settled <-chan error, refused int, err error) {
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
	c.token, err = c.life.BeginMap(c, gpu.MapRead, 0, size)
	if err != nil {
		return nil, -1, err
	}
	c.landing = l
	d.fetching++
	if err = d.fetch(c, size, copies); err != nil {
		d.fetching--
	}
	return nil, -1, c.returned(err)
}

func (d *Device) checkFetch(c *mappable, copy *gpu.ChunkCopy) error {
	from, err := d.own("read", copy.Src)
	if err != nil {
		return err
	}
	if err := gpu.CheckUse("read", locked{from}, gpu.UsageCopySrc); err != nil {
		return err
	}
	return gpu.CheckCopy(locked{from}, copy.Offset, locked{&c.buffer}, copy.At, copy.Size)
}

func (d *Device) fetch(c *mappable, size uint64, copies []gpu.ChunkCopy) error {
	c.scoped = c.scoped[:0]
	step := jsbridge.FetchFirst
	for {
		n, group := ofOneSource(copies), copies[0].Group
		d.ranges = d.ranges[:0]
		for _, cp := range copies[:n] {
			d.ranges = append(d.ranges, float64(cp.Offset), float64(cp.At), float64(cp.Size))
		}
		from := jsbridge.Copies{From: bridgeOf(copies[0].Src), Ranges: d.ranges}
		copies = copies[n:]
		ends := len(copies) == 0 || copies[0].Group != group
		if ends && group != gpu.Vouched {
			c.scoped = append(c.scoped, group)
		}
		if len(copies) == 0 {
			return d.bridge.Fetch(c.bridge, from, step, jsbridge.Fetch{Scoped: group != gpu.Vouched, Size: size, Polls: d.polls(size),
				Followup: jsbridge.Followup{Token: c.token, Then: c.fetched, Quiet: true}})
		}
		if err := d.addFetch(c, from, step, ends, group); err != nil {
			return err
		}
		step = jsbridge.FetchGoesOn
		if ends {
			step = jsbridge.FetchGroup
		}
	}
}

// addFetch records copies, and submits them if they are the last of their group.
func (d *Device) addFetch(c *mappable, from jsbridge.Copies, step jsbridge.FetchStep, ends bool, group int) error {
	if err := d.bridge.AddFetch(c.bridge, from, step); err != nil || !ends {
		return err
	}
	return d.bridge.EndFetchGroup(group != gpu.Vouched)
}

// Poll has Chromium poll whether the GPU is done: see [Device.polls].
func (q *queue) Poll(times int) { q.device.bridge.Poll(times) }

// polls is how often Chromium polls whether the GPU is done with a read. By itself it polls again after 1 to 2 ms,
// whatever the GPU is doing. Awaited reads of 1 MiB take 1.6 ms on a discrete GPU, and 0.5 ms with some polls
// (measured). A read in several chunks goes without.
func (d *Device) polls(size uint64) int {
	if d.fetching == 1 && size <= 4<<20 {
		return Polls
	}
	return 0
}

// Polls is how often a host that makes a read by itself is to poll for it: see [Device.polls].
const Polls = 6

// ofOneSource counts the leading copies with the source and group of the first.
func ofOneSource(copies []gpu.ChunkCopy) (n int) {
	for n < len(copies) && copies[n].Src == copies[0].Src && copies[n].Group == copies[0].Group {
		n++
	}
	return n
}

// bridgeOf returns the device's own buffer b in jsbridge's terms.
func bridgeOf(b gpu.Buffer) *jsbridge.Buffer {
	return gpu.Unwrap(b).(interface{ base() *buffer }).base().bridge
}
