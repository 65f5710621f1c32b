package model

import (
	"github.com/gpubuffers/gpubuffers/buffers"
)

// transfer is an upload in pieces, which brings cells to a range of a buffer.
type transfer struct {
	system int
	buffer *object
	at     int
	cells  []cell
	spoilt bool // others have written there meanwhile
}

func (t *transfer) covers(s *storage, at, size int) bool {
	return t != nil && t.buffer.storage == s && at < t.at+len(t.cells) && t.at < at+size
}

// uploadKinds are operations on uploads in pieces. Each actor has one upload at a time.
var uploadKinds = []Kind{
	{Name: "openUpload", Weight: 9, Takes: []Param{Actor, System, Buffer, At, Size}, Only: inGo,
		Model: func(m *Model, o Op) *call {
			b, at := m.buffers[o.Args[Buffer]], o.Args[At]
			m.transfers[o.Args[Actor]] = nil
			c := m.refused(m.unusable(o.Args[System]), b.unfit(), b.lacks(buffers.UsageCopyDst), misaligned(at), b.beyond(at, 0)).lenient(m, b.storage)
			c.done = func(Result) error {
				m.transfers[o.Args[Actor]] = &transfer{system: o.Args[System], buffer: b, at: at}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b := w.buffers[o.Args[Buffer]]
			if b == nil || !w.abort(o.Args[Actor]) {
				return skipped
			}
			u, err := w.systems[o.Args[System]].NewUpload(b, uint64(o.Args[At]), uint64(o.Args[Size]))
			if err == nil {
				w.uploads[o.Args[Actor]] = &upload{Upload: u}
			}
			return failed(err)
		}},

	{Name: "piece", Weight: 15, Takes: []Param{Actor, Size, Seed}, Waits: true, Only: inGo,
		Model: func(m *Model, o Op) *call {
			t, size := m.transfers[o.Args[Actor]], o.Args[Size]
			b, at := t.buffer, t.at+len(t.cells)
			c := m.refused(b.beyond(at, size)).lenient(m, b.storage)
			c.may = append(c.may, m.unusable(t.system), b.unfit())
			m.needs(c, t.system, len(b.cells))
			c.failed = func() {
				if m.transfers[o.Args[Actor]] == t {
					m.transfers[o.Args[Actor]] = nil
				}
			}
			if c.wrong == nil {
				m.store(b.storage, at, unknowns(size))
				t.cells = append(t.cells, known(pattern(o.Args[Seed], size))...)
				c.target, c.at, c.size = b, at, size
			}
			return m.waits(c, b.holding)
		},
		Run: func(w *World, o Op) Result {
			u := w.uploads[o.Args[Actor]]
			if u == nil || u.busy {
				return skipped
			}
			u.busy = true
			err := u.Write(w.contexts[o.Args[Actor]], buffers.Bytes(w.bytes(o)))
			if err != nil {
				u.Abort()
			}
			return Result{Code: codeOf(err), keep: func() {
				u.busy = false
				if err != nil {
					w.uploads[o.Args[Actor]] = nil
				}
			}}
		}},

	{Name: "finishUpload", Weight: 9, Takes: []Param{Actor}, Only: inGo,
		Model: func(m *Model, o Op) *call {
			t := m.transfers[o.Args[Actor]]
			m.transfers[o.Args[Actor]] = nil
			b, moved := t.buffer, len(t.cells)
			cells := append(t.cells, known(make([]byte, -moved&3))...)
			c := m.refused(when(len(cells) > moved && t.at+len(cells) != len(b.cells), "alignment")).lenient(m, b.storage)
			c.may = append(c.may, m.unusable(t.system), b.unfit())
			c.done = func(Result) error {
				m.systems[t.system].up += uint64(moved)
				if !t.spoilt && !b.void() && b.unfit() == "" {
					m.store(b.storage, t.at, cells)
				}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			u := w.uploads[o.Args[Actor]]
			if u == nil || u.busy {
				return skipped
			}
			w.uploads[o.Args[Actor]] = nil
			return failed(u.Finish())
		}},

	{Name: "abortUpload", Weight: 3, Takes: []Param{Actor}, Only: inGo,
		Model: func(m *Model, o Op) *call { m.transfers[o.Args[Actor]] = nil; return m.refused() },
		Run: func(w *World, o Op) Result {
			if w.uploads[o.Args[Actor]] == nil || !w.abort(o.Args[Actor]) {
				return skipped
			}
			return Result{}
		}},
}

// upload is an upload in pieces. It takes one piece at a time.
type upload struct {
	*buffers.Upload
	busy bool
}

// abort gives the upload of an actor up, unless a piece of it is under way.
func (w *World) abort(actor int) bool {
	u := w.uploads[actor]
	if u == nil {
		return true
	}
	if u.busy {
		return false
	}
	u.Abort()
	w.uploads[actor] = nil
	return true
}
