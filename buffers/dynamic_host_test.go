package buffers_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// hostPages is a DynamicBuffer whose memory is the host's, and what the host has made of it.
type hostPages struct {
	*buffers.DynamicBuffer
	made  []*memory.HostBytes
	none  bool // the host has no more
	short bool // what it makes is too short
}

func newHostPages(t testing.TB, s *buffers.System, size uint64) *hostPages {
	t.Helper()
	h := &hostPages{}
	h.DynamicBuffer = dynamic(t, s, buffers.DynamicDescriptor{
		Label: "host", Size: size, Usage: buffers.UsageStorage | buffers.UsageCopySrc, HostMemory: h.make,
	})
	return h
}

func (h *hostPages) make(size uint64) (buffers.Host, error) {
	if h.none {
		return nil, errRefused
	}
	if h.short {
		size--
	}
	m := memory.NewHostBytes(make([]byte, size))
	h.made = append(h.made, m)
	return m, nil
}

// write writes p as one update.
func (h *hostPages) write(t testing.TB, p []byte) buffers.Allocation {
	t.Helper()
	a, err := h.Update(uint64(len(p)))
	require.NoError(t, err)
	require.Nil(t, a.Bytes, "no byte is in Go's memory")
	m, err := embedder.Memory(h.DynamicBuffer)
	require.NoError(t, err)
	_, err = m.(*memory.HostBytes).WriteAt(p, int64(a.Offset))
	require.NoError(t, err)
	return a
}

func TestUpdatesReachTheGPUFromTheHostsMemory(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := newHostPages(t, s, 1024)
	m, err := embedder.Memory(d.DynamicBuffer)
	require.NoError(t, err)
	require.Nil(t, m, "before the first update")
	require.Equal(t, -1, embedder.Page(d.DynamicBuffer))
	for range 5 {
		f, _ := frame(t, s)
		var updates []buffers.Allocation
		var want [][]byte
		for i := range 6 { // three pages
			p := fresh(512 - 4)
			updates, want = append(updates, d.write(t, p)), append(want, p)
			require.Equal(t, i/2, embedder.Page(d.DynamicBuffer))
		}
		require.NoError(t, f.Submit())
		for i, a := range updates {
			require.True(t, bytes.Equal(want[i], read(t, s, a.Buffer, a.Offset, uint64(len(want[i])))), "update %d", i)
		}
	}
	require.Len(t, d.made, 3, "one for each page")
}

func TestMemoryThatTheHostTookAwayIsMadeAnew(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := newHostPages(t, s, 1024)
	f, _ := frame(t, s)
	d.write(t, []byte("lost"))
	d.made[0].Detach()
	err := f.Submit()
	require.ErrorIs(t, err, buffers.ErrType)
	require.ErrorContains(t, err, `submit "host"`)
	a := d.write(t, []byte("kept"))
	require.Len(t, d.made, 2)
	require.NoError(t, f.Submit(), "the frame is still open")
	require.Equal(t, "kept", string(read(t, s, a.Buffer, a.Offset, 4)))

	f, _ = frame(t, s)
	d.made[1].Detach()
	d.none = true
	_, err = d.Update(4)
	require.NoError(t, err)
	_, err = embedder.Memory(d.DynamicBuffer)
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	f.Discard()
}

func TestAHostWithoutMemoryRefusesPages(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	d := newHostPages(t, s, 256)
	d.write(t, make([]byte, 256))
	d.none = true
	_, err := d.Update(256)
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	require.ErrorIs(t, err, errRefused)
	_, err = s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4, Usage: buffers.UsageVertex, HostMemory: d.make})
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	d.none, d.short = false, true
	_, err = d.Update(256)
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	d.short = false
	_, err = d.Update(256)
	require.NoError(t, err, "the next page that can be had")
}

// Who holds a piece of a buffer that is destroyed writes to it for as long as he likes.
func TestNobodyElseGetsTheMemoryOfADestroyedBuffer(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	other, _ := openSystem(t, buffers.Options{})
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 4096, Usage: buffers.UsageStorage})
	stale := update(t, d, make([]byte, 4096)).Bytes
	d.Destroy()
	_, err := embedder.Memory(d)
	require.ErrorIs(t, err, buffers.ErrDestroyed)
	for range 10 {
		next := dynamic(t, other, buffers.DynamicDescriptor{Size: 4096, Usage: buffers.UsageStorage | buffers.UsageCopySrc})
		f, _ := frame(t, other)
		p := fresh(4096)
		a := update(t, next, p)
		clear(stale)
		require.NoError(t, f.Submit())
		require.True(t, bytes.Equal(p, read(t, other, a.Buffer, a.Offset, 4096)))
	}
}

// The limit counts what there is, not what there was, nor what was not to be had.
func TestArenasCountWhileTheirBufferLives(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	before := buffers.Arenas()
	d := newHostPages(t, s, 256)
	for range 3 {
		d.write(t, make([]byte, 256))
	}
	d.none = true
	_, err := d.Update(256)
	require.ErrorIs(t, err, buffers.ErrOutOfMemory)
	ofGo := dynamic(t, s, buffers.DynamicDescriptor{Size: 512, Usage: buffers.UsageVertex})
	require.EqualValues(t, 3*256+512, buffers.Arenas()-before)
	d.Destroy()
	ofGo.Destroy()
	require.Equal(t, before, buffers.Arenas())
	for _, m := range d.made {
		require.Zero(t, m.ByteLength(), "given up at once")
	}
}
