package buffers_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// openNotifying opens a System on a GPU in memory that tells when the map of a chunk has settled.
func openNotifying(t testing.TB, gpu memory.Options, options buffers.Options) (*buffers.System, *memory.Device) {
	t.Helper()
	gpu.Notifies = true
	device := memory.Open(gpu)
	return openOn(t, device, options), device
}

// noting is a GPU that notifies, and keeps what its chunks were filled for.
type noting struct {
	*standIn
	mu     sync.Mutex
	chunks []buffers.MappableBuffer // that were filled,
	sent   []buffers.Buffer         // and where each of them went
}

func newNoting(options memory.Options) *noting {
	options.Notifies = true
	d := &noting{standIn: newStandIn(options)}
	d.fillChunk = func(q gpu.ChunkQueue, chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
		d.note(chunk, dst)
		return q.FillChunk(chunk, m, dst, offset, notify)
	}
	return d
}

func (d *noting) note(chunk buffers.MappableBuffer, dst buffers.Buffer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.chunks, d.sent = append(d.chunks, chunk), append(d.sent, dst)
}

// uploadThen gives the channel on which the outcome arrives. It has room for one too many.
func uploadThen(s *buffers.System, dst buffers.Buffer, offset uint64, m buffers.Memory) <-chan error {
	ended := make(chan error, 2)
	embedder.UploadThen(s, dst, offset, m, func(err error) { ended <- err })
	return ended
}

// ended waits for an outcome.
func ended(t testing.TB, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-within(t).Done():
		require.Fail(t, "nothing comes to an end")
		return nil
	}
}

func TestAnUploadThatNobodyWaitsForArrives(t *testing.T) {
	for name, open := range map[string]func() *buffers.System{
		"where maps are told of": func() *buffers.System { s, _ := openNotifying(t, memory.Options{}, buffers.Options{}); return s },
		"where they are not":     func() *buffers.System { s, _ := openSystem(t, buffers.Options{}); return s },
		"where memory is very short": func() *buffers.System {
			s, _ := openNotifying(t, memory.Options{}, buffers.Options{Budget: 5 << 20})
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open()
			for _, path := range uploadPaths {
				onPath(s, path)
				for _, size := range []int{4, 4096, 1<<20 + 4, 9<<20 + 8, 5<<20 + 2} {
					b, p := deviceBuffer(t, s, uint64(size)), randomBytes(size)
					c := uploadThen(s, b, 0, buffers.Bytes(p))
					require.NoError(t, ended(t, c), "%d bytes by %s", size, path)
					require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond/10) // a read finds no memory before
					require.True(t, bytes.Equal(p, read(t, s, b, 0, uint64(size))), "%d bytes by %s", size, path)
					require.Empty(t, c, "told twice")
				}
			}
			require.LessOrEqual(t, s.Stats().Uploads.Bytes, uint64(16<<20))
		})
	}
}

func TestAnUploadKeepsToItsRingWhereMoreChunksAreIdle(t *testing.T) {
	const size, piece, depth = 64 << 20, 4 << 20, 4
	s, device := openNotifying(t, memory.Options{}, buffers.Options{})
	b := deviceBuffer(t, s, size)
	onPath(s, "mapped ring, 4 MiB chunks")
	device.Hold()
	require.NoError(t, b.Write(0, make([]byte, size)))
	device.Release()
	require.Eventually(t, func() bool { return s.Stats().Uploads.IdleBytes == size }, hang, time.Millisecond,
		"a write that does not wait leaves a chunk for each piece")
	device.Hold()
	upload := uploadThen(s, b, 0, buffers.Bytes(make([]byte, size)))
	uploads := s.Stats().Uploads
	require.EqualValues(t, depth*piece, uploads.Bytes-uploads.IdleBytes)
	device.Release()
	require.NoError(t, ended(t, upload))
}

func TestUploadsThatNobodyWaitsForTakeTurns(t *testing.T) {
	device := newNoting(memory.Options{})
	s := openOn(t, device, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	a, b := deviceBuffer(t, s, 32<<20), deviceBuffer(t, s, 32<<20)
	device.Hold()
	first, second := uploadThen(s, a, 0, buffers.Bytes(make([]byte, 32<<20))), uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
	device.Release()
	require.NoError(t, ended(t, first))
	require.NoError(t, ended(t, second))
	require.Greater(t, device.changes(), 8)
}

// changes is how often a chunk went to another buffer than the one before it.
func (d *noting) changes() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := 1; i < len(d.sent); i++ {
		if d.sent[i] != d.sent[i-1] {
			n++
		}
	}
	return n
}

func TestAnUploadThatNobodyWaitsForEndsWithItsSystem(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*buffers.System, *memory.Device)
		reason error
	}{
		"device lost":      {func(_ *buffers.System, d *memory.Device) { d.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
		"system destroyed": {func(s *buffers.System, _ *memory.Device) { s.Destroy() }, buffers.ErrDestroyed},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openNotifying(t, memory.Options{}, buffers.Options{})
			onPath(s, "mapped ring, 2 MiB chunks")
			b := deviceBuffer(t, s, 32<<20)
			device.Hold()
			pending := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
			require.Empty(t, pending)
			c.end(s, device)
			require.ErrorIs(t, ended(t, pending), c.reason)
			require.ErrorIs(t, ended(t, uploadThen(s, b, 0, buffers.Bytes(make([]byte, 4)))), c.reason)
			require.Empty(t, pending, "told twice")
		})
	}
}

func TestAnUploadThatNobodyWaitsForIsRefusedAtOnce(t *testing.T) {
	s, _ := openNotifying(t, memory.Options{}, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	for _, c := range []struct {
		offset uint64
		size   int
		reason error
	}{{2, 4, buffers.ErrAlignment}, {0, 13, buffers.ErrAlignment}, {32, 36, buffers.ErrRange}, {68, 4, buffers.ErrRange}} {
		refused := uploadThen(s, b, c.offset, buffers.Bytes(make([]byte, c.size)))
		require.Len(t, refused, 1)
		require.ErrorIs(t, <-refused, c.reason)
	}
}

func TestAnUploadThatNobodyWaitsForDoesNotStarve(t *testing.T) {
	t.Run("on a ring that hangs", func(t *testing.T) {
		s, _ := openNotifying(t, memory.Options{Map: memory.Fixed(time.Hour)}, buffers.Options{})
		buffers.SetHangAfter(s, 20*time.Millisecond)
		onPath(s, "mapped ring, 2 MiB chunks")
		b := deviceBuffer(t, s, 32<<20)
		require.NoError(t, ended(t, uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))))
	})
	t.Run("behind chunks that are not told of", func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{}, buffers.Options{})
		buffers.SetHangAfter(s, time.Hour)
		onPath(s, "mapped ring, 2 MiB chunks")
		b := deviceBuffer(t, s, 32<<20)
		device.Hold()
		for range 4 {
			staged, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 2 << 20})
			require.NoError(t, err)
			e := encoder(t, device, "")
			require.NoError(t, staged.UploadTo(e, b, 0))
			require.NoError(t, s.Submit(e))
		}
		pending := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
		device.Release()
		require.NoError(t, ended(t, pending))
	})
}

func TestOfSeveralIdleChunksTheOneUsedLastIsTaken(t *testing.T) {
	device := newNoting(memory.Options{})
	s := openOn(t, device, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 8<<20)
	device.Hold()
	all := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 8<<20)))
	require.Equal(t, uint64(8<<20), s.Stats().Uploads.Bytes)
	device.Release()
	require.NoError(t, ended(t, all))
	require.Eventually(t, func() bool { return busyBytes(s) == 0 && !buffers.Probing(s) }, hang, time.Millisecond)
	for range 4 {
		onPath(s, "mapped ring, 2 MiB chunks") // whatever was measured
		require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(make([]byte, 2<<20))))
		require.Eventually(t, func() bool { return busyBytes(s) == 0 }, hang, time.Millisecond)
	}
	last := device.chunks[len(device.chunks)-1]
	for _, c := range device.chunks[len(device.chunks)-4:] {
		require.True(t, c == last)
	}
}

func TestAnUploadByQueueWritesWaitsForNoRing(t *testing.T) {
	s, device := openNotifying(t, memory.Options{}, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 32<<20)
	device.Hold()
	long := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
	require.NoError(t, ended(t, uploadThen(s, b, 0, buffers.Bytes(make([]byte, 4096)))))
	require.Empty(t, long)
	device.Release()
	require.NoError(t, ended(t, long))
}
