package buffers

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync/atomic"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// stream is an io.Reader whose Read may block. A goroutine reads each piece, and the goroutine that waits for the piece
// can leave. Then the reading one ends with the Read under way, and keeps its memory: nothing else uses that again.
type stream struct {
	op, label string // of errors
	r         io.Reader
	read      chan error // capacity 1: the error after a piece
	n         int        // bytes of the piece
	err       error      // after it
	busy      bool       // a piece is being read
	left      atomic.Bool
}

var _ source = (*stream)(nil)

func newStream(op, label string, r io.Reader) *stream {
	return &stream{op: op, label: label, r: r, read: make(chan error, 1)}
}

var errNoReturn error = gpu.NewError("read", "", ErrState, "a Read did not return, but ended its goroutine")

// fill reads a piece: least bytes or more, or the rest of the stream.
func (x *stream) fill(p []byte, least int) {
	err := errNoReturn
	defer func() { x.read <- err }()
	x.n, err = x.pull(p, least)
}

func (x *stream) pull(p []byte, least int) (n int, err error) {
	for n < least && err == nil && !x.left.Load() {
		var more int
		more, err = x.r.Read(p[n:])
		n += more
	}
	return n, err
}

func (x *stream) listen() <-chan error { return x.read }

func (x *stream) unlisten(answered bool, err error) {
	if answered {
		x.busy, x.err = false, err
	}
}

// failure is the reader's error, or nil.
func (x *stream) failure() error {
	if x.err == nil || x.err == io.EOF {
		return nil
	}
	return gpu.CausedBy(x.op, x.label, x.err)
}

// isMemory reports whether Read of r never blocks.
func isMemory(r io.Reader) bool {
	switch r.(type) {
	case *bytes.Buffer, *bytes.Reader, *strings.Reader:
		return true
	}
	return false
}

// next reads a piece of x into p. It leaves x, and p with it, when ctx ends or alive returns an error. alive is called
// with the lock held. The lock is not held.
func (s *shared) next(ctx context.Context, x *stream, p []byte, least int, alive func() error) error {
	if isMemory(x.r) { // a goroutine would cost more than the copy
		x.n, x.err = x.pull(p, least)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.busy = true
	go x.fill(p, least)
	for x.busy {
		err := alive()
		if err == nil && s.wait(ctx, x) != nil {
			err = gpu.CausedBy(x.op, x.label, ctx.Err())
		}
		if err != nil {
			x.left.Store(true)
			return err
		}
	}
	return nil
}
