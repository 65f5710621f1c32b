//go:build !js

package soak

import (
	"bytes"
	"context"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// read is one that was asked for.
type read struct {
	buffers.Read
	source func() []byte // what it reads, when it is sent
	got    []byte
	want   []byte
	may    string // code with which it may fail
}

func (m *mix) ask(r *buffers.ReadbackBuffer, t *target, at, size int) *read {
	x := &read{source: func() []byte { return t.bytes[at : at+size] }, got: make([]byte, size)}
	var err error
	x.Read, err = r.Start(t, uint64(at), buffers.Bytes(x.got))
	m.NoError(err)
	m.asked = append(m.asked, x)
	return x
}

// readAll reads bytes, or words: the two go different ways.
func (m *mix) readAll() {
	t, at := m.pick()
	m.ask(m.all, t, at+m.IntN(4), 1+m.IntN(piece-4))
}

func (m *mix) readLatest() {
	t, at := m.pick()
	m.ask(m.latest, t, at, piece).may = "stale"
}

func (m *mix) readTexels() {
	x := &read{source: func() []byte { return m.image }, got: make([]byte, texels)}
	var err error
	x.Read, err = m.all.StartTexture(m.region(), buffers.Bytes(x.got))
	m.NoError(err)
	m.asked = append(m.asked, x)
}

func (m *mix) readNow() {
	m.readAll()
	m.all.Flush()
	m.sent()
}

// settleFirst waits for the read that was asked for first, and compares.
func (m *mix) settleFirst() {
	x := m.pending[0]
	m.pending = append(m.pending[:0], m.pending[1:]...)
	m.settle(x)
}

func (m *mix) settle(x *read) {
	err := x.Wait(ctx)
	if x.may != "" && buffers.Code(err) == x.may {
		m.counts["read: "+x.may]++
		return
	}
	m.NoError(err)
	m.Equal(x.want, x.got)
}

// stream is an upload that goes on while frames do.
type stream struct {
	*target
	cancel context.CancelFunc
	done   chan error
}

// upload begins an upload, once the one before is done.
func (m *mix) upload() {
	m.join()
	const size = 384 << 10
	t := &target{must(m.system.NewDeviceBuffer(buffers.Descriptor{Size: size, Usage: buffers.UsageStorage})), m.draw(size)}
	until, cancel := context.WithCancel(ctx)
	m.stream = &stream{t, cancel, make(chan error, 1)}
	go func() {
		_, err := m.system.Upload(until, t, 0, bytes.NewReader(t.bytes))
		m.stream.done <- err
	}()
}

// join waits for the upload that goes on, and compares.
func (m *mix) join() {
	if m.stream == nil {
		return
	}
	m.NoError(<-m.stream.done)
	m.readBack(m.stream.target)
	m.drop()
}

// drop lets go of the upload's buffer.
func (m *mix) drop() {
	m.stream.cancel()
	m.stream.Destroy()
	m.stream = nil
}

// readBack compares the whole of a buffer.
func (m *mix) readBack(t *target) {
	got := make([]byte, len(t.bytes))
	m.NoError(m.all.Read(ctx, t, 0, got))
	m.True(bytes.Equal(t.bytes, got), "what was uploaded")
}
