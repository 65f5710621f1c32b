package buffers_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// reader is a host that makes long reads by itself.
type reader struct {
	lent    []*host.Read
	settled []error
}

var _ host.ReadingSink = (*reader)(nil)

func (r *reader) Deliver(buffers.MappableBuffer, []host.Delivery) error { return nil }
func (r *reader) Settle(_ uint64, err error)                            { r.settled = append(r.settled, err) }
func (r *reader) Lend(h *host.Read)                                     { r.lent = append(r.lent, h) }

const readPiece = 64 << 10

// knownBuffer is one whose creation is known to have worked.
func knownBuffer(t testing.TB, s *buffers.System, size uint64) *buffers.DeviceBuffer {
	t.Helper()
	b := deviceBuffer(t, s, size)
	read(t, s, b, 0, 4)
	return b
}

// lend asks for a read that is lent.
func lend(t testing.TB, s *buffers.System, size uint64) (*reader, *buffers.ReadbackBuffer, *buffers.DeviceBuffer, *host.Read) {
	t.Helper()
	host, rb, b := &reader{}, readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, size)
	require.NoError(t, embedder.StartRead(rb, b, 0, size, host, 7))
	embedder.FlushReads(s)
	require.Len(t, host.lent, 1)
	return host, rb, b, host.lent[0]
}

func openForReads(t testing.TB) (*buffers.System, *memory.Device) {
	return openSystem(t, buffers.Options{ChunkSize: readPiece})
}

func TestALongReadIsLentToItsHost(t *testing.T) {
	s, _ := openForReads(t)
	host, _, b, h := lend(t, s, 10*readPiece)
	require.EqualValues(t, 7, h.ID)
	require.EqualValues(t, []uint64{0, 10 * readPiece, readPiece}, []uint64{h.Offset, h.Size, h.Piece})
	require.Equal(t, b.Label(), h.Src.Label())
	require.Len(t, h.Chunks, 4, "as many as may be in flight")
	require.EqualValues(t, 6*readPiece, h.Rest.Size(), "what follows the first pieces is kept at once")
	require.False(t, h.Scoped)
	require.Equal(t, make([]byte, 8), read(t, s, b, 8, 8), "another read goes on beside it")
	h.End(nil)
	require.Equal(t, []error{nil}, host.settled)
	reads := s.Stats().Reads
	require.Equal(t, reads.Bytes, reads.IdleBytes)
	require.EqualValues(t, 10*readPiece+8+4, s.Stats().BytesDown)
}

func TestAReadThatIsLentGoesOnWithoutItsSource(t *testing.T) {
	s, _ := openForReads(t)
	host, _, b, h := lend(t, s, 10*readPiece)
	b.Destroy()
	require.Empty(t, host.settled)
	h.End(nil)
	require.Equal(t, []error{nil}, host.settled)
}

func TestShortAndUnalignedReadsAreNotLent(t *testing.T) {
	s, _ := openForReads(t)
	host, rb, b := &reader{}, readback(t, s, buffers.ReadbackDescriptor{}), deviceBuffer(t, s, 10*readPiece)
	for _, place := range [][2]uint64{{0, readPiece}, {1, 4 * readPiece}, {4, 4*readPiece + 2}} {
		require.NoError(t, embedder.StartRead(rb, b, place[0], place[1], host, 1))
		embedder.FlushReads(s)
	}
	require.Empty(t, host.lent)
}

func TestWhatEndsAReadThatIsLent(t *testing.T) {
	failure := errors.New("the map failed")
	for _, c := range []struct {
		name string
		end  func(*buffers.System, *reader, *buffers.ReadbackBuffer, *buffers.DeviceBuffer, *host.Read)
		want error
		kept bool // whether its chunks are
	}{
		{"its ReadbackBuffer is destroyed", func(_ *buffers.System, _ *reader, rb *buffers.ReadbackBuffer, _ *buffers.DeviceBuffer, _ *host.Read) {
			rb.Destroy()
		}, buffers.ErrDestroyed, true},
		{"the system is destroyed", func(s *buffers.System, _ *reader, _ *buffers.ReadbackBuffer, _ *buffers.DeviceBuffer, _ *host.Read) {
			s.Destroy()
		}, buffers.ErrDestroyed, false},
		{"its host fails", func(_ *buffers.System, _ *reader, _ *buffers.ReadbackBuffer, _ *buffers.DeviceBuffer, h *host.Read) {
			h.End(failure)
		}, failure, false},
		{"it is cancelled", func(_ *buffers.System, r *reader, rb *buffers.ReadbackBuffer, _ *buffers.DeviceBuffer, _ *host.Read) {
			embedder.CancelRead(rb, r, 7)
		}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, device := openForReads(t)
			host, rb, b, h := lend(t, s, 10*readPiece)
			c.end(s, host, rb, b, h)
			if c.want != failure {
				h.End(nil)
			}
			if c.want == nil {
				require.Empty(t, host.settled, "who cancels hears nothing")
			} else {
				require.Len(t, host.settled, 1)
				require.ErrorIs(t, host.settled[0], c.want)
			}
			require.EqualValues(t, 4, s.Stats().BytesDown, "of another read")
			reads := s.Stats().Reads
			require.Equal(t, reads.Bytes, reads.IdleBytes)
			require.Equal(t, c.kept, reads.Bytes >= readPiece)
			if !c.kept && c.want == buffers.ErrDestroyed {
				require.Empty(t, device.Buffers())
			}
		})
	}
}

func TestAReadThatIsLentIsInFlight(t *testing.T) {
	s, _ := openForReads(t)
	host, b := &reader{}, knownBuffer(t, s, 10*readPiece)
	rb := readback(t, s, buffers.ReadbackDescriptor{Policy: buffers.ReadLatest, MaxInFlight: 1})
	for id := range uint64(3) {
		require.NoError(t, embedder.StartRead(rb, b, 0, 10*readPiece, host, id))
		embedder.FlushReads(s)
		require.Len(t, host.lent, 1)
	}
	host.lent[0].End(nil)
	require.Len(t, host.lent, 2, "the latest of those that waited")
	require.EqualValues(t, 2, host.lent[1].ID)
	require.NoError(t, embedder.StartRead(rb, b, 0, 10*readPiece, host, 3))
	embedder.FlushReads(s)
	require.Len(t, host.lent, 2)
	host.lent[1].End(nil)
	host.lent[2].End(nil)
}

func TestAReadThatFindsNoMemoryIsLentLater(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{ChunkSize: readPiece, Budget: 10 * readPiece})
	host, rb, b := &reader{}, readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, 10*readPiece)
	others := lendChunks(t, s, rb, 10)
	require.NoError(t, embedder.StartRead(rb, b, 0, 10*readPiece, host, 8))
	embedder.FlushReads(s)
	require.Empty(t, host.lent)
	require.EqualValues(t, 10*readPiece, s.Stats().Held, "it keeps its place")
	others[0].End(nil)
	require.Len(t, host.lent, 1)
	require.Nil(t, host.lent[0].Rest, "it is all in one hold")
	require.NotEqual(t, b.Label(), host.lent[0].Src.Label())
	host.lent[0].End(nil)
	require.Equal(t, []error{nil}, host.settled)
	s.Trim()
	require.Zero(t, s.Stats().Held)
	endAll(others[1:])
}

// A chunk is lent for whole pieces, however much memory is left.
func TestEachChunkThatIsLentTakesAPiece(t *testing.T) {
	for policy := range buffers.BudgetFallback + 1 {
		for pieces, want := range map[float64]int{1: 1, 1.5: 1, 2.5: 2, 3: 3, 3.75: 3, 6: 4} {
			s, _ := openSystem(t, buffers.Options{ChunkSize: readPiece, Budget: uint64(pieces * readPiece), OnBudget: policy})
			host, rb, b := &reader{}, readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, 10*readPiece)
			require.NoError(t, embedder.StartRead(rb, b, 0, uint64(want)*readPiece+readPiece/2, host, 7))
			embedder.FlushReads(s)
			require.Len(t, host.lent, 1)
			require.Empty(t, host.settled)
			h := host.lent[0]
			require.Len(t, h.Chunks, want)
			for _, c := range h.Chunks {
				require.GreaterOrEqual(t, c.Size(), h.Piece)
			}
			require.EqualValues(t, readPiece/2, h.Rest.Size(), "the rest keeps its place")
			h.End(nil)
			require.Equal(t, []error{nil}, host.settled)
		}
	}
}

// A read for which not every chunk can be made is lent those that can be, once.
func TestAReadIsLentTheChunksThatAreThere(t *testing.T) {
	s, device := openForReads(t)
	host, b := &reader{}, knownBuffer(t, s, 10*readPiece)
	rb := readback(t, s, buffers.ReadbackDescriptor{Policy: buffers.ReadLatest, MaxInFlight: 1})
	s.Trim()
	device.FailCreate(2)
	for id := range uint64(3) {
		require.NoError(t, embedder.StartRead(rb, b, 0, 10*readPiece, host, id))
		embedder.FlushReads(s)
		require.Len(t, host.lent, int(id)+1)
		host.lent[id].End(nil)
	}
	require.Equal(t, []error{nil, nil, nil}, host.settled)
}

// lendChunk asks for a chunk for a read that the host makes by itself.
func lendChunk(s *buffers.System, rb *buffers.ReadbackBuffer, size uint64) (*reader, *host.Read) {
	host := &reader{}
	return host, embedder.LendRead(rb, size, host, 7)
}

// lendChunks has so many reads of a piece made by a host.
func lendChunks(t testing.TB, s *buffers.System, rb *buffers.ReadbackBuffer, times int) (lent []*host.Read) {
	t.Helper()
	for range times {
		_, h := lendChunk(s, rb, readPiece)
		require.NotNil(t, h)
		lent = append(lent, h)
	}
	return lent
}

func endAll(lent []*host.Read) {
	for _, h := range lent {
		h.End(nil)
	}
}

func TestAChunkIsLentForAShortRead(t *testing.T) {
	s, _ := openForReads(t)
	roused := rousing(s)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	for range 3 {
		host, h := lendChunk(s, rb, 512)
		require.Len(t, h.Chunks, 1)
		require.GreaterOrEqual(t, h.Chunks[0].Size(), uint64(512))
		require.Equal(t, 1, s.Stats().MapsPending)
		roused()
		h.Made(512, time.Millisecond)
		h.End(nil)
		require.False(t, roused(), "no goroutine was told")
		require.Equal(t, []error{nil}, host.settled)
	}
	st := s.Stats()
	require.EqualValues(t, []uint64{1, 2, 3 * 512}, []uint64{st.Reads.Misses, st.Reads.Hits, st.BytesDown}, "chunks made, used again, and bytes")
	require.EqualValues(t, 3, st.MapLatency.Count)
	require.Zero(t, st.MapsPending)
	require.Equal(t, st.Reads.Bytes, st.Reads.IdleBytes)
}

// A loan whose reads were all told of adds nothing when it ends.
func TestAChunkThatIsLentTakesManyReads(t *testing.T) {
	s, _ := openForReads(t)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	before := s.Stats()
	host, h := lendChunk(s, rb, 512)
	for i := range 3 {
		h.Made(256, time.Duration(i+1)*time.Millisecond)
	}
	require.Empty(t, host.settled, "it goes on")
	h.End(nil)
	st := s.Stats()
	require.EqualValues(t, []uint64{3, 3 * 256}, []uint64{st.Submits - before.Submits, st.BytesDown - before.BytesDown}, "submits, and bytes")
	require.EqualValues(t, 3, st.MapLatency.Count)
	require.Equal(t, []time.Duration{3 * time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond}, []time.Duration{st.MapLatency.Last, st.MapLatency.Mean, st.MapLatency.Max})
	require.Zero(t, st.MapsPending)
}

func TestWhatNoChunkIsLentFor(t *testing.T) {
	for _, c := range []struct {
		name    string
		options buffers.Options
		policy  buffers.ReadPolicy
		size    uint64
		before  func(*testing.T, *buffers.System, *buffers.ReadbackBuffer)
	}{
		{name: "nothing", size: 0},
		{name: "a part of a word", size: 6},
		{name: "more than a chunk", size: readPiece + 4},
		{name: "the latest of many", size: 64, policy: buffers.ReadLatest},
		{name: "a ReadbackBuffer that is destroyed", size: 64, before: func(_ *testing.T, _ *buffers.System, rb *buffers.ReadbackBuffer) { rb.Destroy() }},
		{name: "a system that is destroyed", size: 64, before: func(_ *testing.T, s *buffers.System, _ *buffers.ReadbackBuffer) { s.Destroy() }},
		{name: "one that others wait before", size: 64, before: func(t *testing.T, s *buffers.System, rb *buffers.ReadbackBuffer) {
			_, err := rb.Start(deviceBuffer(t, s, 64), 0, buffers.Bytes(make([]byte, 4)))
			require.NoError(t, err)
		}},
		{name: "no memory", size: readPiece, options: buffers.Options{ChunkSize: readPiece, Budget: 4 * readPiece}, before: func(t *testing.T, s *buffers.System, rb *buffers.ReadbackBuffer) {
			lendChunks(t, s, rb, 4)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.options.ChunkSize == 0 {
				c.options.ChunkSize = readPiece
			}
			s, _ := openSystem(t, c.options)
			rb := readback(t, s, buffers.ReadbackDescriptor{Policy: c.policy})
			if c.before != nil {
				c.before(t, s, rb)
			}
			_, h := lendChunk(s, rb, c.size)
			require.Nil(t, h)
		})
	}
}

func TestWhatEndsAShortReadOfItsHost(t *testing.T) {
	failure := errors.New("the map failed")
	for _, c := range []struct {
		name string
		end  func(*buffers.System, *buffers.ReadbackBuffer, *host.Read)
		want error
		kept bool // whether its chunk is
	}{
		{"its ReadbackBuffer is destroyed", func(_ *buffers.System, rb *buffers.ReadbackBuffer, h *host.Read) {
			rb.Destroy()
			h.End(nil)
		}, buffers.ErrDestroyed, true},
		{"the system is destroyed", func(s *buffers.System, _ *buffers.ReadbackBuffer, h *host.Read) {
			s.Destroy()
			h.End(nil)
		}, buffers.ErrDestroyed, false},
		{"its host fails", func(_ *buffers.System, _ *buffers.ReadbackBuffer, h *host.Read) { h.End(failure) }, failure, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, device := openForReads(t)
			rb := readback(t, s, buffers.ReadbackDescriptor{})
			host, h := lendChunk(s, rb, 512)
			c.end(s, rb, h)
			require.Len(t, host.settled, 1)
			require.ErrorIs(t, host.settled[0], c.want)
			require.Zero(t, s.Stats().BytesDown)
			require.Equal(t, c.kept, len(device.Buffers()) > 0)
		})
	}
}

// What the host has not begun tells nothing of the buffers that are new.
func TestAHostGivesUpAReadThatItHasNotBegun(t *testing.T) {
	s, _ := openForReads(t)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	b := deviceBuffer(t, s, 64)
	host, h := lendChunk(s, rb, 512)
	h.GiveUp()
	require.False(t, embedder.Vouched(b))
	require.Empty(t, host.settled, "who gives up hears nothing")
	st := s.Stats()
	require.Zero(t, st.BytesDown)
	require.Zero(t, st.MapsPending)
	require.Zero(t, st.MapLatency.Count)
	require.Equal(t, 1, st.Reads.Chunks, "its chunk is kept")
	require.Equal(t, st.Reads.Bytes, st.Reads.IdleBytes, "and idle")
	_, h = lendChunk(s, rb, 512)
	h.End(nil)
	require.True(t, embedder.Vouched(b))
}

func TestAGoroutineThatWaitsForMemoryHearsOfALentChunk(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{ChunkSize: readPiece, Budget: 4 * readPiece, OnBudget: buffers.BudgetWait})
	roused := rousing(s)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	lent := lendChunks(t, s, rb, 4)
	b := deviceBuffer(t, s, 64)
	x, err := rb.Start(b, 0, buffers.Bytes(make([]byte, 64)))
	require.NoError(t, err)
	rb.Flush()
	roused()
	lent[0].End(nil)
	require.True(t, roused(), "a goroutine is awake")
	require.NoError(t, x.Wait(t.Context()))
	endAll(lent[1:])
}

// The first of many reads would wait for what measures the cost of a copy.
func TestTheCostOfACopyIsMeasuredBehindTheReadsThatMakeItWorthIt(t *testing.T) {
	s, _ := openForReads(t)
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	embedder.Gap(s, 64)
	_, h := lendChunk(s, rb, 512)
	require.False(t, buffers.Measuring(s))
	require.True(t, buffers.Probing(s), "it is due")
	h.End(nil)
	require.Eventually(t, func() bool { return !buffers.Probing(s) }, hang, time.Millisecond)
}

// A copy takes as long as so many bytes of it.
func TestTheGapFollowsFromTheCostOfACopy(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for _, c := range []struct {
		cost time.Duration
		gap  uint64
	}{
		{0, 4096}, // it was not measured
		{10 * time.Microsecond, 10_000},
		{time.Nanosecond, 256},
		{time.Second, 256 << 10},
	} {
		s.Load(buffers.Calibration{CopyCost: c.cost, Rates: []buffers.Rate{{
			Operation: "readback", Path: s.Explain(buffers.OpReadback, 4<<20, nil).Path, Size: 4 << 20, BytesPerSecond: 1e9,
		}}})
		require.Equal(t, c.gap, embedder.Gap(s, 1), c.cost)
	}
}
