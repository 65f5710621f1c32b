package buffers_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// openLate opens a System on a GPU that finds out late that it has no memory, as a browser does.
func openLate(t testing.TB) (*buffers.System, *memory.Device) {
	t.Helper()
	device := memory.Open(memory.Options{LateErrors: true})
	return openOn(t, device, buffers.Options{}), device
}

// invalid makes a buffer for which the device has no memory. Nobody knows yet.
func invalid(t testing.TB, s *buffers.System, device *memory.Device, size uint64) *buffers.DeviceBuffer {
	t.Helper()
	device.FailCreate(1)
	return deviceBuffer(t, s, size)
}

// growing is a buffer that holds what is returned and grows, held by the GPU; the nth creation for it fails.
func growing(t *testing.T, fails int) (s *buffers.System, device *memory.Device, b *buffers.DeviceBuffer, held []byte) {
	t.Helper()
	s, device = openLate(t)
	b, held = deviceBuffer(t, s, 64), randomBytes(64)
	require.NoError(t, b.Write(0, held))
	device.Hold()
	device.FailCreate(fails)
	return s, device, b, held
}

func awaitGrow(t *testing.T, b *buffers.DeviceBuffer) <-chan error {
	return outcome(func() error { return b.AwaitGrow(within(t)) })
}

func TestGrowWithoutMemoryPutsTheOldBufferBack(t *testing.T) {
	s, device, b, held := growing(t, 1)
	old := b.Unwrap()
	require.NoError(t, b.Grow(100))
	require.EqualValues(t, 100, b.Size(), "it switches at once")
	require.NoError(t, b.Write(0, randomBytes(100)))
	require.NoError(t, s.Submit())
	require.Equal(t, buffers.Ready, old.State(), "it may be needed")
	device.Release()

	err := b.AwaitGrow(within(t))
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	require.ErrorContains(t, err, `grow "bunny"`)
	require.ErrorContains(t, err, "what was written to it since is lost")
	require.Same(t, old, b.Unwrap())
	require.True(t, b.Valid())
	require.EqualValues(t, 2, b.Generation())
	require.EqualValues(t, 64, s.Stats().Of(buffers.KindDevice).Bytes)
	require.Equal(t, held, read(t, s, b, 0, 64))
	require.Equal(t, err, b.AwaitGrow(within(t)), "until there is another outcome")

	require.NoError(t, s.Submit())
	require.Equal(t, []string{"bunny"}, labelled(device, "bunny"), "the other is gone with the next submit")
	require.NoError(t, b.Grow(100))
	require.NoError(t, b.AwaitGrow(within(t)))
	require.Equal(t, held, read(t, s, b, 0, 64))
}

// labelled are the buffers of the device with that label.
func labelled(device *memory.Device, label string) (found []string) {
	for _, l := range device.Buffers() {
		if l == label {
			found = append(found, l)
		}
	}
	return found
}

func TestGrowWithoutMemoryIsReported(t *testing.T) {
	var changes int
	device := memory.Open(memory.Options{LateErrors: true})
	s := openOn(t, device, buffers.Options{Changed: func() { changes++ }})
	b := deviceBuffer(t, s, 64)
	device.FailCreate(1)
	require.NoError(t, b.Grow(100))
	require.Error(t, b.AwaitGrow(within(t)))
	var ops []string
	for range 3 {
		err := <-s.Errors()
		var e *buffers.Error
		require.ErrorAs(t, err, &e)
		ops = append(ops, e.Op)
	}
	require.Equal(t, []string{"create", "submit", "grow"}, ops)
	require.Equal(t, 3, changes)
}

func TestGrowAfterGrow(t *testing.T) {
	for name, c := range map[string]struct {
		fails    int
		outcomes []error
		size     uint64
	}{
		"both have memory": {9, []error{nil, nil}, 300},
		"the first fails":  {1, []error{buffers.ErrOutOfMemory, buffers.ErrOutOfMemory}, 64},
		"the second fails": {2, []error{nil, buffers.ErrOutOfMemory}, 100},
	} {
		regime(t, name, func(t *testing.T) {
			s, device, b, held := growing(t, c.fails)
			var outcomes []<-chan error
			for i, size := range []uint64{100, 300} {
				require.NoError(t, b.Grow(size))
				if i == 0 {
					require.NoError(t, b.Write(64, held[:36]))
				}
				outcomes = append(outcomes, awaitGrow(t, b))
				synctest.Wait()
			}
			device.Release()
			for i, want := range c.outcomes {
				require.ErrorIs(t, ended(t, outcomes[i]), want)
			}
			require.Equal(t, c.size, b.Size())
			require.True(t, b.Valid())
			want := append(bytes.Clone(held), held[:36]...)
			require.Equal(t, want[:min(c.size, 100)], read(t, s, b, 0, min(c.size, 100)))
			require.NoError(t, s.Submit())
			require.Len(t, labelled(device, "bunny"), 1)
		})
	}
}

func TestWhatIsReplacedLivesUntilTheOutcomeIsKnown(t *testing.T) {
	s, device, b, _ := growing(t, 9)
	old := b.Unwrap()
	require.NoError(t, b.Grow(100))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.AwaitGrow(ctx), context.Canceled)
	require.NoError(t, s.Submit())
	require.Equal(t, buffers.Ready, old.State())
	device.Release()
	require.NoError(t, b.AwaitGrow(within(t)))
	require.Equal(t, buffers.Destroyed, old.State())
}

func TestAPendingGrowEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*buffers.System, *memory.Device, *buffers.DeviceBuffer)
		want error
	}{
		"with its buffer": {func(_ *buffers.System, _ *memory.Device, b *buffers.DeviceBuffer) { b.Destroy() }, buffers.ErrDestroyed},
		"with its system": {func(s *buffers.System, _ *memory.Device, _ *buffers.DeviceBuffer) { s.Destroy() }, buffers.ErrDestroyed},
		"with its device": {func(_ *buffers.System, d *memory.Device, _ *buffers.DeviceBuffer) { d.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
	} {
		regime(t, name, func(t *testing.T) {
			s, device, b, _ := growing(t, 9)
			require.NoError(t, b.Grow(100))
			require.NoError(t, b.Grow(300))
			grown := awaitGrow(t, b)
			synctest.Wait()
			c.end(s, device, b)
			err := ended(t, grown)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, `grow "bunny"`)
			b.Destroy()
			require.Empty(t, labelled(device, "bunny"))
		})
	}
}

func TestGrowOfABufferThatTurnsOutInvalid(t *testing.T) {
	s, device := openLate(t)
	device.Hold()
	b := invalid(t, s, device, 64)
	require.NoError(t, b.Grow(100), "nobody knows yet")
	device.Release()
	require.ErrorIs(t, b.AwaitGrow(within(t)), buffers.ErrOutOfMemory)
	require.False(t, b.Valid(), "what was written to it is nowhere")
	require.ErrorIs(t, b.Grow(300), buffers.ErrOutOfMemory)
}

// Whoever uses a buffer that is known to be invalid hears of it at once.
func TestAnInvalidBufferIsRefused(t *testing.T) {
	s, device := openLate(t)
	b := invalid(t, s, device, 64)
	require.NoError(t, <-device.Queue().WorkDone())
	good := deviceBuffer(t, s, 64)
	data := buffers.Bytes(make([]byte, 16))
	staging := immediate(t, s, buffers.StagingDescriptor{Label: "staging", Size: 16})
	_, err := staging.Write(make([]byte, 16))
	require.NoError(t, err)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	f, e := frame(t, s)
	for name, use := range map[string]func() error{
		"write":         func() error { return b.WriteMemory(0, data) },
		"upload":        func() error { return s.UploadMemory(within(t), b, 0, data) },
		"upload later":  func() error { return ended(t, uploadThen(s, b, 0, data)) },
		"upload reader": func() error { _, err := s.Upload(within(t), b, 0, bytes.NewReader(make([]byte, 16))); return err },
		"stage into":    func() error { return staging.UploadTo(e, b, 0) },
		"grow":          func() error { return b.Grow(1000) },
		"read":          func() error { return rb.Read(within(t), b, 0, make([]byte, 16)) },
		"copy to":       func() error { return e.CopyBufferToBuffer(good, 0, b, 0, 16) },
		"copy from":     func() error { return e.CopyBufferToBuffer(b, 0, good, 0, 16) },
		"clear":         func() error { return e.ClearBuffer(b, 0, 16) },
		"use":           func() error { f.Use(buffers.AccessRead, b); return f.Submit() },
	} {
		t.Run(name, func(t *testing.T) {
			err := use()
			require.ErrorIs(t, err, buffers.ErrOutOfMemory)
			require.ErrorContains(t, err, "the creation of the buffer failed")
		})
	}
	require.Zero(t, allowWrite(b, 0, 16))
	require.Equal(t, buffers.Ready, b.State())
	f.Discard()
	require.Equal(t, make([]byte, 16), read(t, s, good, 0, 16), "a neighbour is")
}

// growsAt grows a buffer when so many bytes of it were read.
type growsAt struct {
	io.Reader
	after int
	grow  func()
}

func (g *growsAt) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if g.after -= n; g.after <= 0 && g.grow != nil {
		g.grow()
		g.grow = nil
	}
	return n, err
}

func TestAnUploadEndsInTheGrownBuffer(t *testing.T) {
	const size = 20 << 20
	p := randomBytes(size)
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			onPath(s, path)
			b := deviceBuffer(t, s, size)
			n, err := s.Upload(within(t), b, 0, &growsAt{bytes.NewReader(p), size / 2, func() { require.NoError(t, b.Grow(size+4)) }})
			require.NoError(t, err)
			require.EqualValues(t, size, n)
			require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
		})
	}
}

func TestAnUploadThatIsRelayedEndsInTheGrownBuffer(t *testing.T) {
	const size = 32 << 20
	s, device := openRelaying(t, memory.Options{})
	onPath(s, "mapped ring, 4 MiB chunks")
	b, p := deviceBuffer(t, s, size), randomBytes(size)
	device.Hold()
	pending := uploadThen(s, b, 0, buffers.Bytes(p))
	require.True(t, device.active)
	require.NoError(t, b.Grow(size+4))
	device.Release()
	require.NoError(t, ended(t, pending))
	require.NoError(t, b.AwaitGrow(within(t)))
	require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
}

// An upload of which a part went to a grown buffer that was never there fails, however it is made.
func TestAnUploadIsLostWithAGrowThatFails(t *testing.T) {
	const size = 1 << 20
	p := randomBytes(size)
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, device := openLate(t)
			onPath(s, path)
			b := deviceBuffer(t, s, size)
			device.Hold()
			device.FailCreate(1)
			require.NoError(t, b.Grow(size+4))
			u, err := s.NewUpload(b, 0, size)
			require.NoError(t, err)
			require.NoError(t, u.Write(within(t), buffers.Bytes(p[:size/2])))
			device.Release()
			require.ErrorIs(t, b.AwaitGrow(within(t)), buffers.ErrOutOfMemory)
			require.ErrorIs(t, u.Write(within(t), buffers.Bytes(p[:4])), buffers.ErrOutOfMemory)
			require.ErrorIs(t, u.Finish(), buffers.ErrOutOfMemory)
			require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(p)), "the next one")
			require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
		})
	}
}

func TestAnUploadThatIsRelayedIsLostWithAGrowThatFails(t *testing.T) {
	const size = 32 << 20
	s, device := openRelaying(t, memory.Options{LateErrors: true})
	onPath(s, "mapped ring, 4 MiB chunks")
	b := deviceBuffer(t, s, size)
	device.Hold()
	device.FailCreate(1)
	require.NoError(t, b.Grow(size+4))
	pending := uploadThen(s, b, 0, buffers.Bytes(randomBytes(size)))
	require.True(t, device.active)
	device.Release()
	require.ErrorIs(t, b.AwaitGrow(within(t)), buffers.ErrOutOfMemory)
	require.ErrorIs(t, ended(t, pending), buffers.ErrOutOfMemory)
}

// A read that the buffer has shrunk under is out of range. Its neighbour, with which it is copied, is not.
func TestAReadOfWhatAFailedGrowHasTakenBackFailsAlone(t *testing.T) {
	s, device := openLate(t)
	b := deviceBuffer(t, s, 64)
	p := randomBytes(64)
	require.NoError(t, b.Write(0, p))
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	device.Hold()
	device.FailCreate(1)
	require.NoError(t, b.Grow(256))
	near, far := make([]byte, 16), make([]byte, 128)
	there, err := rb.Start(b, 0, buffers.Bytes(near))
	require.NoError(t, err)
	gone, err := rb.Start(b, 4, buffers.Bytes(far))
	require.NoError(t, err)
	device.Release()
	require.ErrorIs(t, b.AwaitGrow(within(t)), buffers.ErrOutOfMemory)
	rb.Flush()
	require.NoError(t, there.Wait(within(t)))
	require.Equal(t, p[:16], near)
	require.ErrorIs(t, gone.Wait(within(t)), buffers.ErrRange)
}
