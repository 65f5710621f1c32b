package model

import (
	"context"
	"math"
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// readback is a ReadbackBuffer.
type readback struct {
	*holding
	latest bool
}

// read is a read that was asked for and is not sent yet.
type read struct {
	*call
	owner   *readback
	inFrame bool
	take    func() ([]cell, string) // the cells that it is to bring, or the code with which it fails
	cells   []cell                  // the cells that it brings
	sent    bool
}

// readKinds are operations on ReadbackBuffers.
var readKinds = []Kind{
	{Name: "newReadback", Weight: 12, Takes: []Param{System, Readback},
		Small: []string{"", "system=1 readback=1"},
		Model: func(m *Model, o Op) *call {
			m.destroyReadback(o.Args[Readback])
			c := m.refused(m.unusable(o.Args[System]))
			c.done = func(Result) error {
				m.readbacks[o.Args[Readback]] = &readback{m.hold(o.Args[System], buffers.KindReadback), o.Args[Readback] == 1}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			if r := w.readbacks[o.Args[Readback]]; r != nil {
				r.Destroy()
			}
			r, err := w.systems[o.Args[System]].NewReadbackBuffer(buffers.ReadbackDescriptor{Policy: buffers.ReadPolicy(o.Args[Readback])})
			if err == nil {
				w.readbacks[o.Args[Readback]] = r
			}
			return failed(err)
		}},

	{Name: "read", Weight: 36, Takes: []Param{Actor, Readback, Buffer, At, Size, Count}, Waits: true, Signal: true,
		Small: []string{"", "actor=1 buffer=1 size=4096 count=2", "readback=1 size=64", "size=64 count=3"},
		Model: func(m *Model, o Op) *call {
			r, b, at, size := m.readbacks[o.Args[Readback]], m.buffers[o.Args[Buffer]], o.Args[At], o.Args[Size]
			c := m.refused(m.of(r.holding), b.unfit(), b.lacks(buffers.UsageCopySrc), b.beyond(at, size)).lenient(m, b.storage)
			if at+size > len(b.cells)&^3 {
				c.may = append(c.may, "alignment")
			}
			return m.read(c, r, size, o.Args[Count], func() ([]cell, string) { return m.bytesOf(b, at, size) })
		},
		Run: func(w *World, o Op) Result {
			r, b := w.readbacks[o.Args[Readback]], w.buffers[o.Args[Buffer]]
			if r == nil || b == nil {
				return skipped
			}
			return w.read(r, o, ofBuffer(r, b, o))
		}},

	{Name: "readWhole", Weight: 12, Takes: []Param{Actor, Readback, Buffer}, Waits: true, Signal: true,
		Small: []string{"buffer=1", "actor=1 readback=1"},
		Model: func(m *Model, o Op) *call {
			r, b := m.readbacks[o.Args[Readback]], m.buffers[o.Args[Buffer]]
			size := len(b.cells) &^ 3
			c := m.refused(m.of(r.holding), b.unfit(), b.lacks(buffers.UsageCopySrc)).lenient(m, b.storage)
			return m.read(c, r, size, andFlush, func() ([]cell, string) { return m.bytesOf(b, 0, size) })
		},
		Run: func(w *World, o Op) Result {
			r, b := w.readbacks[o.Args[Readback]], w.buffers[o.Args[Buffer]]
			if r == nil || b == nil {
				return skipped
			}
			o.Args[Count], o.Args[Size] = andFlush, int(b.Size()&^3)
			return w.read(r, o, ofBuffer(r, b, o))
		}},

	{Name: "flush", Weight: 15, Takes: []Param{Readback}, Only: inGo,
		Small: []string{"", "readback=1"},
		Model: func(m *Model, o Op) *call {
			m.send(func(r *read) bool { return r.owner == m.readbacks[o.Args[Readback]] })
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			if w.readbacks[o.Args[Readback]] == nil {
				return skipped
			}
			w.readbacks[o.Args[Readback]].Flush()
			return Result{}
		}},

	{Name: "flushReads", Weight: 6, Takes: []Param{System}, Only: inGo,
		Small: []string{"", "system=1"},
		Model: func(m *Model, o Op) *call {
			m.send(func(r *read) bool { return r.owner.system == o.Args[System] })
			return m.refused()
		},
		Run: func(w *World, o Op) Result { embedder.FlushReads(w.systems[o.Args[System]]); return Result{} }},

	{Name: "destroyReadback", Weight: 2, Takes: []Param{Readback},
		Small: []string{"", "readback=1"},
		Model: func(m *Model, o Op) *call { m.destroyReadback(o.Args[Readback]); return m.refused() },
		Run: func(w *World, o Op) Result {
			if w.readbacks[o.Args[Readback]] == nil {
				return skipped
			}
			w.readbacks[o.Args[Readback]].Destroy()
			return Result{}
		}},
}

// The values of Count say how a read is made: with a flush, or with a wait. The wait sends it too, unless it goes with
// a frame. Other values read into a sink, without either.
const (
	andFlush = 1
	andWait  = 2
)

// bytesOf is the cells that a read of b brings if it is sent now, or the code with which it fails.
func (m *Model) bytesOf(b *object, at, size int) ([]cell, string) {
	switch {
	case b.unfit() != "":
		return nil, b.unfit()
	case b.void():
		return nil, "validation"
	case b.beyond(at, size) != "": // a Grow has failed
		return nil, "range"
	}
	return b.real().cells[at : at+size], ""
}

// read asks for a read.
func (m *Model) read(c *call, r *readback, size int, how int, take func() ([]cell, string)) *call {
	if m.on >= Functions {
		how = andWait
	}
	if how == andFlush {
		defer m.send(func(x *read) bool { return x.owner == r })
	}
	if len(c.wrong) > 0 || size == 0 {
		return c
	}
	if r.latest {
		m.stale(r)
	}
	m.needs(c, r.system, size)
	x := &read{call: c, owner: r, inFrame: m.systems[r.system].frame != nil, take: take}
	m.asked = append(m.asked, x)
	c.done = func(got Result) error {
		if !x.sent {
			return errUnsent
		}
		m.systems[r.system].down += uint64(len(x.cells))
		return differ(got.Data, x.cells)
	}
	c.brings, c.waitsForSend = size, true
	c.failed = func() { m.givenUp += 4096 + size }
	if how == andWait && !x.inFrame && m.on != Module { // see endTask
		defer m.send(func(y *read) bool { return y == x })
	}
	return m.waits(c, r.holding)
}

// demand is an upper bound of the memory of all reads that may be under way. One that was given up may share memory
// with others until all have ended.
func (m *Model) demand() (size int) {
	for _, c := range m.pending {
		if c.brings > 0 {
			size += 4096 + c.brings
		} else if c.Kind.Name == "calibrate" {
			size += math.MaxInt32
		}
	}
	if size == 0 {
		m.givenUp = 0
	}
	return size + m.givenUp
}

// stale lets the reads that wait be dropped for a newer one.
func (m *Model) stale(r *readback) {
	for _, c := range m.pending {
		if slices.Contains(c.about, any(r.holding)) {
			c.may = append(c.may, "stale")
		}
	}
}

// send makes reads take the present bytes of their sources.
func (m *Model) send(which func(*read) bool) {
	m.asked = slices.DeleteFunc(m.asked, func(x *read) bool {
		if !which(x) {
			return false
		}
		m.needs(x.call, x.owner.system, x.brings+m.demand())
		cells, fails := x.take()
		x.cells, x.sent, x.waitsForSend = slices.Clone(cells), true, false
		if fails != "" {
			x.refuse(fails)
		}
		return true
	})
}

func (m *Model) destroyReadback(slot int) {
	if r := m.readbacks[slot]; r != nil {
		m.drop(r.holding)
		m.end("its readback buffer is destroyed", "destroyed", r.holding)
		m.asked = slices.DeleteFunc(m.asked, func(x *read) bool { return x.owner == r })
	}
}

// reader asks for reads of a source.
type reader struct {
	start   func(buffers.Memory) (buffers.Read, error)
	startTo func(host.Sink) error
}

func ofBuffer(r *buffers.ReadbackBuffer, b buffers.Buffer, o Op) reader {
	at, size := uint64(o.Args[At]), uint64(o.Args[Size])
	return reader{
		func(m buffers.Memory) (buffers.Read, error) { return r.Start(b, at, m) },
		func(s host.Sink) error { return embedder.StartRead(r, b, at, size, s, 1) },
	}
}

// read performs a read, and waits for it.
func (w *World) read(r *buffers.ReadbackBuffer, o Op, from reader) Result {
	p := make([]byte, o.Args[Size])
	if o.Args[Count] > andWait {
		return (&sink{p, make(chan error, 1)}).read(w.contexts[o.Args[Actor]], r, from)
	}
	read, err := from.start(buffers.Bytes(p))
	if o.Args[Count] == andFlush {
		r.Flush()
	}
	if err == nil {
		err = read.Wait(w.contexts[o.Args[Actor]])
	}
	return Result{Code: codeOf(err), Data: p}
}

// sink takes the bytes of a read that nobody waits for.
type sink struct {
	p       []byte
	settled chan error
}

func (s *sink) read(ctx context.Context, r *buffers.ReadbackBuffer, from reader) Result {
	if err := from.startTo(s); err != nil {
		return failed(err)
	}
	select {
	case err := <-s.settled:
		return Result{Code: codeOf(err), Data: s.p}
	case <-ctx.Done():
		embedder.CancelRead(r, s, 1)
		return failed(ctx.Err())
	}
}

// Deliver implements [host.Sink].
func (s *sink) Deliver(chunk buffers.MappableBuffer, parts []host.Delivery) error {
	for _, part := range parts {
		for row := range part.Rows {
			to := s.p[part.Offset+row*part.RowBytes:][:part.RowBytes]
			if _, err := chunk.ReadAt(to, int64(part.At+row*part.Pitch)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Settle implements [host.Sink].
func (s *sink) Settle(_ uint64, err error) { s.settled <- err }
