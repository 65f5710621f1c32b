package buffers_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

const pageSize = 256 << 10

const inPlace = "mapped chunk, filled in place"

// harmless is what a System knows of an adapter on which copies spoil no buffer.
var harmless = []buffers.Rate{
	{Operation: "upload", Path: "queue write", Size: 16 << 20, BytesPerSecond: 1e9},
	{Operation: "upload", Path: "queue write where copies went", Size: 16 << 20, BytesPerSecond: 1e9},
}

// openForFrames opens a System that has found a path to be the fastest one for frames, which the host writes, or Go.
func openForFrames(t testing.TB, device buffers.Device, path string, hostWrites bool) *buffers.System {
	t.Helper()
	s := openOn(t, device, buffers.Options{HostWrites: hostWrites})
	c := buffers.Calibration{Rates: harmless}
	for _, operation := range []string{"flush", "frame"} {
		for _, known := range []string{"queue write", "mapped chunk", inPlace} {
			rate := buffers.Rate{Operation: operation, Path: known, Size: pageSize, BytesPerSecond: 1e6}
			if known == path {
				rate.BytesPerSecond = 1e9
			}
			c.Rates = append(c.Rates, rate)
		}
	}
	s.Load(c)
	return s
}

// onePage is a DynamicBuffer with pages of pageSize.
func onePage(t testing.TB, s *buffers.System) *buffers.DynamicBuffer {
	return dynamic(t, s, buffers.DynamicDescriptor{Label: "one page", Size: pageSize, Usage: buffers.UsageStorage | buffers.UsageCopySrc})
}

var contents atomic.Uint32

// fresh are n bytes as there were none before.
func fresh(n int) []byte {
	p, turn := randomBytes(n), byte(contents.Add(1))
	for i := range p {
		p[i] += turn
	}
	return p
}

// hostUpdate writes p as one update, as a host does, and reports whether that went to mapped memory.
func hostUpdate(t testing.TB, b *buffers.DynamicBuffer, p []byte) (a buffers.Allocation, inPlace bool) {
	t.Helper()
	a, err := b.Update(uint64(len(p)))
	require.NoError(t, err)
	m := embedder.Mapped(b)
	if m == nil {
		copy(a.Bytes, p)
		return a, false
	}
	_, err = m.WriteAt(p, int64(a.Offset))
	require.NoError(t, err)
	return a, true
}

// sendFrame is a frame with one update, whose bytes are read back.
func sendFrame(t testing.TB, s *buffers.System, b *buffers.DynamicBuffer, p []byte) (inPlace bool) {
	t.Helper()
	f, _ := frame(t, s)
	a, inPlace := hostUpdate(t, b, p)
	require.NoError(t, f.Submit())
	require.True(t, bytes.Equal(p, read(t, s, a.Buffer, a.Offset, uint64(len(p)))), "what the GPU has")
	require.NoError(t, waitForFrames(t, s))
	return inPlace
}

func waitForFrames(t testing.TB, s *buffers.System) error {
	f, err := s.BeginFrame(within(t))
	if err == nil {
		f.Discard()
	}
	return err
}

func TestAHostFillsMappedMemoryWhereTheLastFrameFilledThePage(t *testing.T) {
	for _, c := range []struct {
		name       string
		path       string
		last       int
		hostWrites bool
		want       bool
	}{
		{"most of the page", inPlace, pageSize / 4 * 3, true, true},
		{"less of it, where an unmap would take far more than was written", inPlace, pageSize/4*3 - 4, true, false},
		{"where queue writes are faster", "queue write", pageSize, true, false},
		{"where Go writes", inPlace, pageSize, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openForFrames(t, memory.Open(memory.Options{}), c.path, c.hostWrites)
			d := onePage(t, s)
			require.False(t, sendFrame(t, s, d, fresh(c.last)), "the first frame")
			for range 10 {
				require.Equal(t, c.want, sendFrame(t, s, d, fresh(c.last)))
			}
			require.Nil(t, embedder.Mapped(d), "after the submit")
		})
	}
}

func TestAFrameThatIsWaitedForGoesByThePathThatIsSoonerDone(t *testing.T) {
	for want, c := range map[string]memory.Options{
		"queue write": {Write: memory.Fixed(3 * time.Millisecond), Copy: memory.Fixed(4 * time.Millisecond)},
		"mapped":      {Write: memory.Fixed(4 * time.Millisecond), Copy: memory.Fixed(3 * time.Millisecond)},
	} {
		regime(t, want, func(t *testing.T) {
			for _, hostWrites := range []bool{false, true} {
				device := memory.Open(c)
				s := openOn(t, device, buffers.Options{HostWrites: hostWrites})
				s.Load(buffers.Calibration{Rates: harmless})
				d := onePage(t, s)
				for range 60 {
					hostUpdate(t, d, fresh(pageSize))
					require.NoError(t, s.Submit())
					require.NoError(t, ended(t, device.Queue().WorkDone()))
					synctest.Wait() // the engine has heard of it, too
				}
				x := s.Explain(buffers.OpFrame, pageSize, d)
				require.Contains(t, x.Path, want)
				require.NotEmpty(t, x.Alternatives)
			}
		})
	}
}

func TestFramesThatAreWaitedForMakeNoCopyThatSpoils(t *testing.T) {
	for _, after := range []float64{0, 1e8} { // the rate of queue writes where copies went: nobody knows, or slow
		s := openForFrames(t, memory.Open(memory.Options{}), inPlace, true)
		s.Load(buffers.Calibration{Rates: []buffers.Rate{
			{Operation: "upload", Path: "queue write", Size: 16 << 20, BytesPerSecond: 1e12},
			{Operation: "upload", Path: "queue write where copies went", Size: 16 << 20, BytesPerSecond: after},
		}})
		d := onePage(t, s)
		for range 20 {
			require.False(t, sendFrame(t, s, d, fresh(pageSize)))
		}
	}
}

func TestEachPageOfAFrameIsFilledInPlace(t *testing.T) {
	s := openForFrames(t, memory.Open(memory.Options{}), inPlace, true)
	d := onePage(t, s)
	for round := range 5 {
		f, _ := frame(t, s)
		var pages []buffers.Allocation
		var want [][]byte
		for range 3 {
			p := fresh(pageSize)
			a, inPlace := hostUpdate(t, d, p)
			require.Equal(t, round > 0, inPlace)
			pages, want = append(pages, a), append(want, p)
		}
		require.NoError(t, f.Submit())
		for i, a := range pages {
			require.True(t, bytes.Equal(want[i], read(t, s, a.Buffer, 0, pageSize)), "page %d", i)
		}
	}
}

func TestAFrameThatFindsNoMappedMemoryGoesByTheArena(t *testing.T) {
	device := memory.Open(memory.Options{})
	s := openForFrames(t, device, inPlace, true)
	d := onePage(t, s)
	sendFrame(t, s, d, fresh(pageSize))
	require.True(t, sendFrame(t, s, d, fresh(pageSize)))
	s.Trim()
	device.FailCreate(1)
	require.False(t, sendFrame(t, s, d, fresh(pageSize)))
	require.True(t, sendFrame(t, s, d, fresh(pageSize)))
}

func TestADiscardedFrameGivesItsMappedMemoryBack(t *testing.T) {
	device := memory.Open(memory.Options{})
	s := openForFrames(t, device, inPlace, true)
	d := onePage(t, s)
	sendFrame(t, s, d, fresh(pageSize))
	for range 5 {
		f, _ := frame(t, s)
		_, inPlace := hostUpdate(t, d, fresh(pageSize))
		require.True(t, inPlace)
		handed := embedder.Mapped(d)
		device.Hold() // lest it is mapped anew at once
		f.Discard()
		require.Nil(t, embedder.Mapped(d))
		require.NotEqual(t, buffers.Mapped, handed.State(), "the host may still write to it")
		device.Release()
	}
	require.True(t, sendFrame(t, s, d, fresh(pageSize)))
	f, _ := frame(t, s)
	hostUpdate(t, d, fresh(pageSize))
	d.Destroy()
	f.Discard()
	require.NoError(t, ended(t, s.Device().Queue().WorkDone()))
	s.Trim()
	require.Zero(t, s.Stats().Uploads.Bytes, "nor does a destroyed one keep it")
	require.Zero(t, s.Stats().Mappable)
}

func TestALostDeviceTakesTheMappedMemoryAlong(t *testing.T) {
	device := memory.Open(memory.Options{})
	s := openForFrames(t, device, inPlace, true)
	d := onePage(t, s)
	sendFrame(t, s, d, fresh(pageSize))
	f, _ := frame(t, s)
	hostUpdate(t, d, fresh(pageSize))
	s.Destroy()
	require.ErrorIs(t, f.Submit(), buffers.ErrDestroyed)
	require.Nil(t, embedder.Mapped(d))
	require.Empty(t, device.Buffers())
}

var errRefused = errors.New("refused")

// What went to the GPU before the submit was refused is there, and what follows goes behind it.
func TestUpdatesFilledInPlaceSurviveASubmitThatFails(t *testing.T) {
	times := 0
	device := newStandIn(memory.Options{})
	device.submit = func(q gpu.Queue, encoders ...gpu.Encoder) error {
		if len(encoders) == 2 && times > 0 {
			times--
			return errRefused
		}
		return q.Submit(encoders...)
	}
	s := openForFrames(t, device, inPlace, true)
	d := onePage(t, s)
	sendFrame(t, s, d, fresh(pageSize))
	times = 2
	f, e := frame(t, s)
	further := encoder(t, device, "further")
	first, inPlace := hostUpdate(t, d, []byte("sent first"))
	require.True(t, inPlace)
	require.ErrorIs(t, f.Submit(further), errRefused)
	second, inPlace := hostUpdate(t, d, []byte("and behind it"))
	require.False(t, inPlace, "the memory is on its way")
	require.Same(t, first.Buffer, second.Buffer)
	require.ErrorIs(t, f.Submit(further), errRefused)
	b := deviceBuffer(t, s, 64)
	require.NoError(t, e.CopyBufferToBuffer(first.Buffer, 0, b, 0, 12))
	require.NoError(t, e.CopyBufferToBuffer(first.Buffer, second.Offset, b, 12, 16))
	require.NoError(t, f.Submit(further))
	require.Equal(t, "sent first", string(read(t, s, b, 0, 10)))
	require.Equal(t, "and behind it", string(read(t, s, b, 12, 13)))
}
