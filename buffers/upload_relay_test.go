package buffers_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// relaying is a noting GPU whose queue relays.
type relaying struct {
	*noting
	mu     sync.Mutex
	rest   buffers.Memory // of the relay that is under way
	piece  uint64
	dst    buffers.Buffer
	offset uint64
	most   int // pieces until it ends by itself, where that is not 0
	active bool
	pieces int // that were relayed
	fills  int // that the core asked for
}

func openRelaying(t testing.TB, options memory.Options) (*buffers.System, *relaying) {
	t.Helper()
	d := &relaying{noting: newNoting(options)}
	d.fillChunk, d.relay = d.fill, d
	s := openOn(t, d, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	return s, d
}

func (d *relaying) fill(q gpu.ChunkQueue, chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	settled, err := q.FillChunk(chunk, m, dst, offset, nil)
	if err != nil {
		return nil, err
	}
	d.note(chunk, dst)
	d.fills++
	told := make(chan error, 1)
	go func() {
		told <- d.carryOn(chunk, <-settled)
		notify()
	}()
	return told, nil
}

// carryOn sends pieces of the relay until it ends.
func (d *relaying) carryOn(chunk buffers.MappableBuffer, err error) error {
	for err == nil {
		var settled <-chan error
		if settled, err = d.send(chunk); settled == nil {
			return err
		}
		err = <-settled
	}
	return err
}

// send takes the next piece and sends it, at once, as a turn in a browser does. Where the relay has ended settled is
// nil.
func (d *relaying) send(chunk buffers.MappableBuffer) (settled <-chan error, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.active || d.rest.Size() == 0 || d.most > 0 && d.pieces == d.most || chunk.Size() < d.piece {
		return nil, nil
	}
	n := min(d.piece, d.rest.Size())
	settled, err = gpu.ChunkQueueOf(d.Device).FillChunk(chunk, d.rest.Slice(0, n), d.dst, d.offset, nil)
	if err != nil {
		return nil, err
	}
	d.note(chunk, d.dst)
	d.rest = d.rest.Slice(n, d.rest.Size()-n)
	d.offset += n
	d.pieces++
	return settled, nil
}

func (d *relaying) Relay(m buffers.Memory, piece uint64, dst buffers.Buffer, offset uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active {
		return false
	}
	d.rest, d.piece, d.dst, d.offset, d.active = m, piece, buffers.Unwrap(dst), offset, true
	return true
}

func (d *relaying) EndRelay() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.active = false
	return d.rest.Size()
}

func TestAnUploadIsRelayed(t *testing.T) {
	const size = 72 << 20
	for name, most := range map[string]int{"to its end": 0, "as far as the relay goes": 3} {
		t.Run(name, func(t *testing.T) {
			s, device := openRelaying(t, memory.Options{})
			device.most = most
			onPath(s, "mapped ring, 4 MiB chunks")
			b, p := deviceBuffer(t, s, size), randomBytes(size)
			device.Hold()
			pending := uploadThen(s, b, 0, buffers.Bytes(p))
			device.Release()
			require.NoError(t, ended(t, pending))
			require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
			require.Equal(t, uint64(size), s.Stats().BytesUp)
			if most == 0 {
				require.Less(t, device.fills, device.pieces)
			} else {
				require.Equal(t, most, device.pieces)
			}
		})
	}
}

func TestUploadsThatAreRelayedTakeTurns(t *testing.T) {
	s, device := openRelaying(t, memory.Options{})
	a, b := deviceBuffer(t, s, 32<<20), deviceBuffer(t, s, 32<<20)
	p, q := randomBytes(32<<20), randomBytes(32<<20)
	device.Hold()
	first, second := uploadThen(s, a, 0, buffers.Bytes(p)), uploadThen(s, b, 0, buffers.Bytes(q))
	device.Release()
	require.NoError(t, ended(t, first))
	require.NoError(t, ended(t, second))
	require.True(t, bytes.Equal(p, read(t, s, a, 0, 32<<20)))
	require.True(t, bytes.Equal(q, read(t, s, b, 0, 32<<20)))
	require.Greater(t, device.changes(), 8)
}

func TestAnUploadThatIsRelayedToADestroyedBufferFails(t *testing.T) {
	s, device := openRelaying(t, memory.Options{})
	device.most = 1
	b := deviceBuffer(t, s, 32<<20)
	device.Hold()
	pending := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
	b.Destroy()
	device.Release()
	require.ErrorIs(t, ended(t, pending), buffers.ErrDestroyed)
	require.NoError(t, ended(t, uploadThen(s, deviceBuffer(t, s, 64), 0, buffers.Bytes(make([]byte, 64)))))
}
