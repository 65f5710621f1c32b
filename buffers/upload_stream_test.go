package buffers_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// stalling is a reader whose second Read stands still, and fills all of its memory when it is released.
type stalling struct {
	reads             atomic.Int32
	release, returned chan struct{}
}

func stall() *stalling { return &stalling{release: make(chan struct{}), returned: make(chan struct{})} }

func (x *stalling) Read(p []byte) (int, error) {
	if x.reads.Add(1) == 1 {
		return copy(p, "1234"), nil
	}
	<-x.release
	for i := range p {
		p[i] = 0xff
	}
	close(x.returned)
	return 4, nil
}

// streamed are all who read a stream, and what destroys their target.
var streamed = map[string]func(*room) (read func(context.Context, io.Reader) (int64, error), destroy func()){
	"Upload": func(r *room) (func(context.Context, io.Reader) (int64, error), func()) {
		return func(ctx context.Context, x io.Reader) (int64, error) { return r.Upload(ctx, r.target, 0, x) }, r.target.Destroy
	},
	"Upload by queue writes": func(r *room) (func(context.Context, io.Reader) (int64, error), func()) {
		onPath(r.System, "queue write")
		return func(ctx context.Context, x io.Reader) (int64, error) { return r.Upload(ctx, r.target, 0, x) }, r.target.Destroy
	},
	"Upload to a buffer that maps": func(r *room) (func(context.Context, io.Reader) (int64, error), func()) {
		b, err := r.NewMappableBuffer(buffers.Descriptor{Size: 64, Usage: buffers.UsageMapRead | buffers.UsageCopyDst})
		require.NoError(r, err)
		return func(ctx context.Context, x io.Reader) (int64, error) { return r.Upload(ctx, b, 0, x) }, b.Destroy
	},
	"ImmediateStagingBuffer": func(r *room) (func(context.Context, io.Reader) (int64, error), func()) {
		b, err := r.NewImmediateStagingBuffer(r.later(), buffers.StagingDescriptor{Size: 64})
		require.NoError(r, err)
		return func(_ context.Context, x io.Reader) (int64, error) { return b.ReadFrom(x) }, b.Destroy
	},
	"DeferredStagingBuffer": func(r *room) (func(context.Context, io.Reader) (int64, error), func()) {
		b := r.staging(64)
		require.NoError(r, b.Map(r.later()))
		return func(_ context.Context, x io.Reader) (int64, error) { return b.ReadFrom(x) }, b.Destroy
	},
}

func TestAStreamThatStandsStillKeepsNobodyWaiting(t *testing.T) {
	for ender, c := range map[string]struct {
		end  func(r *room, destroy, cancel func())
		want error
	}{
		"target destroyed": {func(_ *room, destroy, _ func()) { destroy() }, buffers.ErrDestroyed},
		"system destroyed": {func(r *room, _, _ func()) { r.Destroy() }, buffers.ErrDestroyed},
		"device destroyed": {func(r *room, _, _ func()) { r.gpu.Destroy() }, buffers.ErrDeviceLost},
		"device lost":      {func(r *room, _, _ func()) { r.gpu.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
		"context ends":     {func(_ *room, _, cancel func()) { cancel() }, context.Canceled},
	} {
		for name, of := range streamed {
			if c.want == context.Canceled && !strings.HasPrefix(name, "Upload") {
				continue // it has no context
			}
			inRooms(t, name+"; "+ender, buffers.Options{}, func(r *room) {
				read, destroy := of(r)
				ctx, cancel := context.WithCancel(r.later())
				x := stall()
				done := r.begin(func(*room, context.Context) error { _, err := read(ctx, x); return err }, ctx)
				c.end(r, destroy, cancel)
				err := r.ended(done)
				require.ErrorIs(r, err, c.want)
				require.IsType(r, &buffers.Error{}, err)
				close(x.release)
				synctest.Wait()
				require.EqualValues(r, 2, x.reads.Load(), "no further Read begins")
			}) // which fails if a goroutine is left
		}
	}
}

// sharing is a reader that has what another stream does late happen while it fills its memory.
type sharing struct {
	p    []byte
	late func()
}

func (x *sharing) Read(p []byte) (int, error) {
	n := copy(p, x.p)
	x.late()
	return n, io.EOF
}

func TestALateReadReachesNobodysMemory(t *testing.T) {
	inRooms(t, "", buffers.Options{}, func(r *room) {
		x := stall()
		ctx, cancel := context.WithCancel(r.later())
		done := r.begin(func(r *room, ctx context.Context) error { _, err := r.Upload(ctx, r.target, 0, x); return err }, ctx)
		cancel()
		require.ErrorIs(r, r.ended(done), context.Canceled)
		p := randomBytes(64)
		_, err := r.Upload(r.later(), r.target, 0, &sharing{p, func() {
			close(x.release)
			<-x.returned
		}})
		require.NoError(r, err)
		require.Equal(r, p, read(r, r.System, r.target, 0, 64))
	})
}

func TestOnlyEOFIsTheEndOfAStream(t *testing.T) {
	for name, of := range streamed {
		for _, broken := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
			inRooms(t, name+"; "+broken.Error(), buffers.Options{}, func(r *room) {
				read, _ := of(r)
				n, err := read(r.later(), io.MultiReader(strings.NewReader("1234"), iotest.ErrReader(broken)))
				require.ErrorIs(r, err, broken)
				require.IsType(r, &buffers.Error{}, err)
				require.EqualValues(r, 4, n)
				n, err = read(r.later(), iotest.DataErrReader(strings.NewReader("5678")))
				require.NoError(r, err)
				require.EqualValues(r, 4, n)
			})
		}
	}
}

// exiting is a reader that ends its goroutine, as a test that fails does.
type exiting struct{}

func (exiting) Read([]byte) (int, error) {
	runtime.Goexit()
	return 0, nil
}

func TestAReadThatNeverReturnsIsAnError(t *testing.T) {
	for name, of := range streamed {
		inRooms(t, name, buffers.Options{}, func(r *room) {
			read, _ := of(r)
			_, err := read(r.later(), exiting{})
			require.ErrorContains(r, err, "a Read did not return")
		})
	}
}
