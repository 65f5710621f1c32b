package buffers_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func TestDeviceBufferKeepsWhatIsWritten(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(8, []byte("12345678")))
	require.NoError(t, b.Write(64, nil), "an empty write at the end is nothing")
	want := make([]byte, 64)
	copy(want[8:], "12345678")
	require.Equal(t, want, read(t, s, b, 0, 64))
}

func TestDeviceBufferIsMadeForCopies(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "bunny", Size: 5, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	require.EqualValues(t, 8, b.Size())
	require.Equal(t, buffers.UsageVertex|buffers.UsageCopySrc|buffers.UsageCopyDst, b.Usage())
	require.Equal(t, "bunny", b.Label())
	require.Equal(t, buffers.Ready, b.State())
	require.True(t, b.Valid())
}

func TestDeviceBufferTakesTheHostsMemory(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 16)
	host := memory.NewHostBytes([]byte("abcdefghijkl"))
	require.NoError(t, b.WriteMemory(4, buffers.HostMemory(host).Slice(4, 8)))
	require.Equal(t, []byte("efghijkl"), read(t, s, b, 4, 8))
}

func TestDeviceBufferRefusesMisuse(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	destroyed := deviceBuffer(t, s, 64)
	destroyed.Destroy()
	destroyed.Destroy()
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"an odd offset", func() error { return b.Write(2, make([]byte, 4)) }, buffers.ErrAlignment},
		{"an odd length", func() error { return b.Write(0, make([]byte, 3)) }, buffers.ErrAlignment},
		{"past the end", func() error { return b.Write(60, make([]byte, 8)) }, buffers.ErrRange},
		{"nothing at an odd offset", func() error { return b.Write(2, nil) }, buffers.ErrAlignment},
		{"nothing past the end", func() error { return b.Write(68, nil) }, buffers.ErrRange},
		{"an offset that overflows", func() error { return b.Write(math.MaxUint64-3, make([]byte, 8)) }, buffers.ErrRange},
		{"written when destroyed", func() error { return destroyed.Write(0, make([]byte, 4)) }, buffers.ErrDestroyed},
		{"grown when destroyed", func() error { return destroyed.Grow(128) }, buffers.ErrDestroyed},
		{"grown over the limit", func() error { return b.Grow(math.MaxUint64) }, buffers.ErrTooLarge},
		{"with a map usage", func() error {
			_, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageMapRead})
			return err
		}, buffers.ErrUsage},
		{"mapped at creation", func() error {
			_, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageVertex, MappedAtCreation: true})
			return err
		}, buffers.ErrUsage},
		{"without usage", func() error { _, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 4}); return err }, buffers.ErrUsage},
		{"of size 0", func() error {
			_, err := s.NewDeviceBuffer(buffers.Descriptor{Usage: buffers.UsageVertex})
			return err
		}, buffers.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, c.do(), c.want) })
	}
	require.Equal(t, make([]byte, 64), read(t, s, b, 0, 64), "nothing was lost or written")
}

// A buffer is vouched for from when it is known to be there until somebody else has it; a Grow makes another.
func TestABufferIsVouchedForUntilItIsHandedOut(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.False(t, embedder.Vouched(b), "new")
	read(t, s, b, 0, 4)
	require.True(t, embedder.Vouched(b), "known")
	_ = b.Native()
	require.False(t, embedder.Vouched(b), "handed out")
	require.NoError(t, b.Grow(128))
	require.NoError(t, b.AwaitGrow(within(t)))
	require.True(t, embedder.Vouched(b), "another")
}

func TestGrowKeepsHandleAndContents(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, randomBytes(64)))
	old := b.Unwrap()

	require.NoError(t, b.Grow(60), "it is large enough")
	require.Zero(t, b.Generation())
	require.NoError(t, b.Grow(65))
	require.EqualValues(t, 1, b.Generation())
	require.EqualValues(t, 96, b.Size(), "one and a half times as large")
	require.NoError(t, b.Write(64, []byte("tail")))
	require.Equal(t, append(randomBytes(64), "tail"...), read(t, s, b, 0, 68))
	require.EqualValues(t, 96, s.Stats().Of(buffers.KindDevice).Bytes)

	require.NoError(t, b.AwaitGrow(within(t)))
	require.Equal(t, buffers.Ready, old.State(), "commands not yet submitted may refer to it")
	require.NoError(t, s.Submit())
	require.Equal(t, buffers.Destroyed, old.State())
	require.NoError(t, b.Grow(1000))
	require.EqualValues(t, 1000, b.Size(), "as large as asked for")
	require.NoError(t, s.Submit())
	b.Destroy()
	require.NotContains(t, device.Buffers(), "bunny")
}

func TestGrowThatFailsLosesNothing(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, randomBytes(64)))
	device.FailCreate(1)
	require.ErrorIs(t, b.Grow(100), buffers.ErrOutOfMemory)
	require.Zero(t, b.Generation())
	require.Equal(t, randomBytes(64), read(t, s, b, 0, 64))
}

func TestGrowStopsAtTheLimit(t *testing.T) {
	limits := gpu.DefaultLimits()
	limits.MaxBufferSize = 1000
	device := memory.Open(memory.Options{Limits: limits})
	defer device.Destroy()
	s, err := buffers.Open(device, buffers.Options{})
	require.NoError(t, err)
	defer s.Destroy()
	b := deviceBuffer(t, s, 800)
	require.NoError(t, b.Grow(900))
	require.EqualValues(t, 1000, b.Size())
	require.ErrorIs(t, b.Grow(1001), buffers.ErrTooLarge)
}

func TestAHostWritesItselfWhatGoesByQueueWrites(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64<<20)
	small := deviceBuffer(t, s, 64)
	_, chosenFrom, _ := embedder.Sizes()
	for _, c := range []struct {
		path                string
		b                   *buffers.DeviceBuffer
		offset, size, piece uint64
		byChunk             bool
	}{
		{"mapped ring, 2 MiB chunks", b, 4, 4096, 4096, false}, // never measured
		{"queue write", b, 0, 1 << 20, 1 << 20, false},
		{"queue write", b, 8, 16 << 20, 4 << 20, false},
		{"queue write", b, 0, 64 << 20, 4 << 20, false},
		{"queue write", b, 0, 15 << 20, 5 << 20, false},
		{"queue write", b, 2, 4096, 0, false},
		{"queue write", small, 0, 68, 0, false},
		{"queue write", small, 0, 0, 0, false},
		{"mapped ring, 2 MiB chunks", b, 0, chosenFrom - 4, chosenFrom - 4, false},
		{"mapped ring, 2 MiB chunks", b, 0, 1 << 20, 1 << 20, true},
		{"mapped ring, 2 MiB chunks", b, 0, 16 << 20, 2 << 20, true},
	} {
		known := s.Stats().BytesUp
		for range 4 { // nothing else is known then
			onPath(s, c.path)
		}
		piece, chunk := embedder.AllowWrite(c.b, c.offset, c.size, false, false)
		require.Equal(t, c.piece, piece, "%d bytes at %d by %s", c.size, c.offset, c.path)
		require.Equal(t, c.byChunk, chunk != nil)
		require.Equal(t, c.piece > 0, s.Stats().BytesUp > known)
		if chunk != nil {
			require.GreaterOrEqual(t, chunk.Buffer.Size(), piece)
			chunk.Return(nil)
		}
	}
	small.Destroy()
	require.Zero(t, allowWrite(small, 0, 4))
}

// allowWrite is the piece of a write that the host makes.
func allowWrite(b *buffers.DeviceBuffer, offset, size uint64) (piece uint64) {
	piece, chunk := embedder.AllowWrite(b, offset, size, false, false)
	if chunk != nil {
		chunk.Return(nil)
	}
	return piece
}

// What is done to a slice after the call changes nothing, whichever way its bytes go.
func TestASliceIsTheCallersAgainWhenTheCallReturns(t *testing.T) {
	for _, size := range []int{256, 1 << 20, 9 << 20} {
		for _, path := range []string{"queue write", "mapped ring, 2 MiB chunks"} {
			device := memory.Open(memory.Options{Copy: memory.Fixed(time.Millisecond), Write: memory.Fixed(time.Millisecond)})
			s := openOn(t, device, buffers.Options{})
			s.Load(buffers.Calibration{Rates: []buffers.Rate{{Operation: "upload", Path: path, Size: 16 << 20, BytesPerSecond: 5e9}}})
			want := randomBytes(size)
			p := slices.Clone(want)
			b := deviceBuffer(t, s, uint64(size))
			require.NoError(t, b.Write(0, p))
			clear(p)
			require.Equal(t, want, read(t, s, b, 0, uint64(size)), path)

			copy(p, want)
			other := deviceBuffer(t, s, uint64(size))
			require.NoError(t, s.UploadMemory(within(t), other, 0, buffers.Bytes(p)))
			clear(p)
			require.Equal(t, want, read(t, s, other, 0, uint64(size)), path)

			copy(p, want)
			staging, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Label: "staging", Size: uint64(size)})
			require.NoError(t, err)
			_, err = staging.Write(p)
			require.NoError(t, err)
			clear(p)
			encoder := encoder(t, device, "copy")
			require.NoError(t, staging.UploadTo(encoder, b, 0))
			require.NoError(t, s.Submit(encoder))
			require.Equal(t, want, read(t, s, b, 0, uint64(size)), "staging")
		}
	}
}
