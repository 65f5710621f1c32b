package buffers_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func immediate(t testing.TB, s *buffers.System, d buffers.StagingDescriptor) *buffers.ImmediateStagingBuffer {
	t.Helper()
	b, err := s.NewImmediateStagingBuffer(within(t), d)
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

func deferred(t testing.TB, s *buffers.System, d buffers.StagingDescriptor) *buffers.DeferredStagingBuffer {
	t.Helper()
	b, err := s.NewDeferredStagingBuffer(d)
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

func TestStagingUploadsWhatIsWrittenPieceByPiece(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, bytes.Repeat([]byte{0xff}, 64)))
	st := immediate(t, s, buffers.StagingDescriptor{Label: "mesh", Size: 32})
	io.WriteString(st, "0123")
	require.NoError(t, st.WriteMemory(buffers.HostMemory(memory.NewHostBytes([]byte("4567")))))
	_, err := st.WriteAt([]byte("end!"), 12)
	require.NoError(t, err)
	require.EqualValues(t, 16, st.Written())

	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 16))
	require.NoError(t, st.UploadTo(e, b, 40), "a further destination in the same encoder")
	require.NoError(t, f.Submit())
	want := bytes.Repeat([]byte{0xff}, 64)
	copy(want[16:], "01234567\x00\x00\x00\x00end!")
	copy(want[40:], "01234567\x00\x00\x00\x00end!")
	require.Equal(t, want, read(t, s, b, 0, 64), "neighbours stay, what was skipped is zero")
}

func TestStagingRefusesMisuseAndKeepsItsData(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	st := immediate(t, s, buffers.StagingDescriptor{Label: "stage", Size: 32})
	io.WriteString(st, "good")
	f, e := frame(t, s)
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"more than fits", func() error { _, err := st.Write(make([]byte, 29)); return err }, buffers.ErrRange},
		{"at a negative offset", func() error { _, err := st.WriteAt(make([]byte, 4), -1); return err }, buffers.ErrRange},
		{"at an offset past the end", func() error { _, err := st.WriteAt(nil, 33); return err }, buffers.ErrRange},
		{"uploaded at an odd offset", func() error { return st.UploadTo(e, b, 2) }, buffers.ErrAlignment},
		{"uploaded past the end", func() error { return st.UploadTo(e, b, 64) }, buffers.ErrRange},
		{"a reset of a destroyed one", func() error {
			gone := immediate(t, s, buffers.StagingDescriptor{Size: 4})
			gone.Destroy()
			return gone.Reset(within(t))
		}, buffers.ErrDestroyed},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, c.do(), c.want) })
	}
	require.NoError(t, st.UploadTo(e, b, 0))
	_, err := st.Write([]byte("late"))
	require.ErrorIs(t, err, buffers.ErrNotMapped)
	require.NoError(t, f.Submit())
	require.ErrorIs(t, st.UploadTo(e, b, 8), buffers.ErrState)
	require.Equal(t, []byte("good\x00\x00\x00\x00"), read(t, s, b, 0, 8))

	require.NoError(t, st.Reset(within(t)))
	st.Write([]byte("odd"))
	f, e = frame(t, s)
	require.ErrorIs(t, st.UploadTo(e, b, 0), buffers.ErrAlignment, "a tail is never padded onto its neighbour")
	st.Write([]byte("!"))
	require.NoError(t, st.UploadTo(e, b, 0))
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("odd!"), read(t, s, b, 0, 4))

	require.NoError(t, st.Reset(within(t)))
	st.Write([]byte("end"))
	f, e = frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 60), "the last word of the buffer has no neighbour")
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("end\x00"), read(t, s, b, 60, 4))
}

// What was staged is uploaded in one encoder, and by nobody else's.
func TestStagedDataIsUploadedInOneEncoder(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 16)
	first := immediate(t, s, buffers.StagingDescriptor{Label: "first", Size: 8})
	io.WriteString(first, "mine")
	f, e := frame(t, s)
	require.NoError(t, first.UploadTo(e, b, 0))
	require.NoError(t, first.UploadTo(e, b, 4), "in the same encoder again")
	other := encoder(t, device, "other")
	require.ErrorIs(t, first.UploadTo(other, b, 8), buffers.ErrState, "in another")
	require.NoError(t, f.Submit())

	require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond)
	second := immediate(t, s, buffers.StagingDescriptor{Label: "second", Size: 8})
	require.EqualValues(t, 1, s.Stats().Uploads.Hits, "in the same chunk")
	io.WriteString(second, "them")
	f, e = frame(t, s)
	require.NoError(t, second.UploadTo(e, b, 8))
	require.ErrorIs(t, first.UploadTo(e, b, 12), buffers.ErrState, "the chunk is the second's")
	require.NoError(t, f.Submit())
	require.Equal(t, "mineminethem\x00\x00\x00\x00", string(read(t, s, b, 0, 16)))
}

// WriteAt leaves alone where Write goes on, and Written is up to the last byte that was written.
func TestWritesAtAPlaceLeaveThePositionAlone(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for name, c := range map[string]struct {
		write   func(*buffers.ImmediateStagingBuffer, string) error
		writeAt func(*buffers.ImmediateStagingBuffer, string, uint64) error
	}{
		"slices": {
			func(b *buffers.ImmediateStagingBuffer, p string) error { _, err := b.Write([]byte(p)); return err },
			func(b *buffers.ImmediateStagingBuffer, p string, at uint64) error {
				_, err := b.WriteAt([]byte(p), int64(at))
				return err
			},
		},
		"memory": {
			func(b *buffers.ImmediateStagingBuffer, p string) error {
				return b.WriteMemory(buffers.Bytes([]byte(p)))
			},
			func(b *buffers.ImmediateStagingBuffer, p string, at uint64) error {
				return b.WriteMemoryAt(buffers.Bytes([]byte(p)), at)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, st := deviceBuffer(t, s, 16), immediate(t, s, buffers.StagingDescriptor{Size: 16})
			for _, err := range []error{c.write(st, "ab"), c.writeAt(st, "yz", 10), c.write(st, "cd"), c.writeAt(st, "A", 0), c.write(st, "ef")} {
				require.NoError(t, err)
			}
			require.EqualValues(t, 12, st.Written())
			f, e := frame(t, s)
			require.NoError(t, st.UploadTo(e, b, 0))
			require.NoError(t, f.Submit())
			require.Equal(t, "Abcdef\x00\x00\x00\x00yz\x00\x00\x00\x00", string(read(t, s, b, 0, 16)))
		})
	}
}

func TestStagingDescriptorsAreChecked(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for _, c := range []struct {
		name string
		d    buffers.StagingDescriptor
		want error
	}{
		{"size 0", buffers.StagingDescriptor{}, buffers.ErrRange},
		{"an odd size", buffers.StagingDescriptor{Size: 6}, buffers.ErrAlignment},
		{"half a row", buffers.StagingDescriptor{Size: 15, RowBytes: 10}, buffers.ErrAlignment},
		{"over the limit", buffers.StagingDescriptor{Size: 1 << 30}, buffers.ErrTooLarge},
		{"over the limit with its padding", buffers.StagingDescriptor{Size: 4 << 20, RowBytes: 1}, buffers.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.NewImmediateStagingBuffer(within(t), c.d)
			require.ErrorIs(t, err, c.want)
			_, err = s.NewDeferredStagingBuffer(c.d)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestAnUploadOutlivesItsStagingBuffer(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "kept")
	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 0))
	st.Destroy()
	require.NoError(t, f.Submit())
	require.Equal(t, []byte("kept"), read(t, s, b, 0, 4))
}

func TestADiscardedFrameGivesStagedMemoryBack(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "lost")
	f, e := frame(t, s)
	require.NoError(t, st.UploadTo(e, b, 0))
	f.Discard()
	f.Discard()
	require.Zero(t, s.Stats().Mappable)
	require.Equal(t, []string{"bunny"}, device.Buffers())
	require.Equal(t, make([]byte, 4), read(t, s, b, 0, 4))
}

func TestRowsOfTexelsArePlacedAsTextureCopiesNeedThem(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	for _, c := range []struct {
		name   string
		extent buffers.Extent
	}{
		{"a width of 3", buffers.Extent{Width: 3, Height: 5, Layers: 1}},
		{"a width of 64, without padding", buffers.Extent{Width: 64, Height: 4, Layers: 1}},
		{"several layers", buffers.Extent{Width: 7, Height: 3, Layers: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := c.extent
			texture := imageOf(device, e)
			region := buffers.TextureRegion{Texture: texture, Extent: e}
			row := uint64(e.Width) * 4
			texels := randomBytes(int(row) * int(e.Height) * int(e.Layers))
			st := deferred(t, s, buffers.StagingDescriptor{Size: uint64(len(texels)), RowBytes: row})
			require.NoError(t, st.Map(within(t)))
			n, err := st.ReadFrom(iotest.OneByteReader(bytes.NewReader(texels)))
			require.NoError(t, err)
			require.EqualValues(t, len(texels), n)
			f, enc := frame(t, s)
			require.ErrorIs(t, st.UploadTo(enc, deviceBuffer(t, s, 4096), 0), buffers.ErrUsage)
			require.NoError(t, st.UploadToTexture(enc, region))
			require.NoError(t, f.Submit())
			require.Equal(t, texels, readTexture(t, s, region, len(texels)))
		})
	}
}

func TestRowsThatDoNotFitTheRegionAreRefused(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	texture := imageOf(device, buffers.Extent{Width: 4, Height: 4, Layers: 1})
	region := buffers.TextureRegion{Texture: texture, Extent: buffers.Extent{Width: 4, Height: 4, Layers: 1}}
	f, e := frame(t, s)
	defer f.Discard()
	for _, row := range []uint64{12, 20} {
		wrong := immediate(t, s, buffers.StagingDescriptor{Size: 8 * row, RowBytes: row})
		wrong.Write(make([]byte, 8*row))
		require.ErrorIs(t, wrong.UploadToTexture(e, region), buffers.ErrRange)
	}
	short := immediate(t, s, buffers.StagingDescriptor{Size: 64, RowBytes: 16})
	short.Write(make([]byte, 48))
	require.ErrorIs(t, short.UploadToTexture(e, region), buffers.ErrRange)
}

func TestReadFromPassesErrorsOnAndKeepsWhatArrived(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	st := immediate(t, s, buffers.StagingDescriptor{Size: 8})
	broken := errors.New("connection reset")
	n, err := st.ReadFrom(io.MultiReader(strings.NewReader("abcd"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.EqualValues(t, 4, n)
	n, err = st.ReadFrom(strings.NewReader("efghi"))
	require.ErrorIs(t, err, buffers.ErrRange)
	require.Zero(t, n)
	require.EqualValues(t, 4, st.Written())
}

func TestDeferredStagingGoesRoundWithSeveralInFlight(t *testing.T) {
	s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 8})
	b := deviceBuffer(t, s, 64)
	st := deferred(t, s, buffers.StagingDescriptor{Label: "stream", Size: 4})
	device.Hold()
	for i := range uint64(16) {
		require.NoError(t, st.Map(within(t)), "memory is there while the GPU is busy")
		st.Write([]byte{byte(i), 1, 2, 3})
		f, e := frame(t, s)
		require.NoError(t, st.UploadTo(e, b, 4*i))
		require.NoError(t, f.Submit())
		if i == 6 {
			device.Release()
		}
	}
	got := read(t, s, b, 0, 64)
	for i := range 16 {
		require.Equal(t, []byte{byte(i), 1, 2, 3}, got[4*i:4*i+4])
	}
}

func TestDeferredStagingRefusesMisuse(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	st := deferred(t, s, buffers.StagingDescriptor{Label: "stream", Size: 4})
	_, err := st.Write([]byte("soon"))
	require.ErrorIs(t, err, buffers.ErrNotMapped)
	require.ErrorIs(t, st.Unmap(), buffers.ErrNotMapped)
	require.NoError(t, st.Map(within(t)))
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrMapped)
	require.NoError(t, st.Unmap())
	require.NoError(t, <-st.MapAsync())
	st.Destroy()
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrDestroyed)
}

func TestAMapThatWaitsForMemoryIsTheOnlyOne(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{Budget: 8192, ChunkSize: 4096})
	holder := immediate(t, s, buffers.StagingDescriptor{Size: 8192})
	st := deferred(t, s, buffers.StagingDescriptor{Size: 4096})
	pending := st.MapAsync()
	require.ErrorIs(t, <-st.MapAsync(), buffers.ErrMapPending)
	holder.Destroy()
	require.NoError(t, <-pending)
}

func TestWhatIsStagedInAnotherEncoderStaysUntilThatIsSubmitted(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	e := encoder(t, device, "later")
	st := immediate(t, s, buffers.StagingDescriptor{Size: 4})
	io.WriteString(st, "late")
	require.NoError(t, st.UploadTo(e, b, 0))
	require.NoError(t, s.Submit(), "it does not carry the encoder")
	require.NoError(t, s.Submit(e))
	require.Equal(t, "late", string(read(t, s, b, 0, 4)))
}

// Memory that is gone with its device is the staging buffer's that it was lent to.
func TestErrorsOfMappedMemoryNameItsStagingBuffer(t *testing.T) {
	device := newStandIn(memory.Options{})
	device.lost = func(*memory.Device) <-chan struct{} { return nil } // it does not tell
	s := openOn(t, device, buffers.Options{})
	staging, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Label: "mesh", Size: 64})
	require.NoError(t, err)
	device.Lose(memory.Destroyed)
	_, err = staging.Write(make([]byte, 8))
	require.ErrorIs(t, err, buffers.ErrDeviceLost)
	require.ErrorContains(t, err, `write "mesh"`)
}

// The last word that is filled up with zeros is no part of what was written.
func TestASecondUploadOfOddBytesLeavesTheNeighbourAlone(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	staged := immediate(t, s, buffers.StagingDescriptor{Size: 8})
	_, err := staged.Write([]byte{1, 2, 3})
	require.NoError(t, err)
	last, inside, end := deviceBuffer(t, s, 8), deviceBuffer(t, s, 8), deviceBuffer(t, s, 4)
	e := encoder(t, device, "uploads")
	require.NoError(t, staged.UploadTo(e, last, 4))
	require.EqualValues(t, 3, staged.Written())
	require.ErrorIs(t, staged.UploadTo(e, inside, 0), buffers.ErrAlignment)
	require.NoError(t, staged.UploadTo(e, end, 0), "it ends with this one, too")
	require.NoError(t, s.Submit(e))
	require.Equal(t, []byte{0, 0, 0, 0, 1, 2, 3, 0}, read(t, s, last, 0, 8))
	require.Equal(t, []byte{1, 2, 3, 0}, read(t, s, end, 0, 4))
}
