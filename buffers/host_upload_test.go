package buffers_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// rooms is an upload whose rooms are asked for without waiting.
type rooms struct {
	t     *testing.T
	u     *buffers.Upload
	ready chan error
}

func openRooms(t *testing.T, s *buffers.System, dst buffers.Buffer) *rooms {
	t.Helper()
	onPath(s, "mapped ring, 2 MiB chunks")
	u, err := s.NewUpload(dst, 0, 0)
	require.NoError(t, err)
	return &rooms{t, u, make(chan error, 4)}
}

// ask gives the room, or nil where there is to be one later.
func (r *rooms) ask() (chunk buffers.MappableBuffer, size uint64) {
	r.t.Helper()
	chunk, size, waits, err := embedder.LendChunkThen(r.u, func() { r.ready <- nil })
	require.NoError(r.t, err)
	require.Equal(r.t, waits, chunk == nil)
	return chunk, size
}

func (r *rooms) fill(chunk buffers.MappableBuffer, p []byte) {
	r.t.Helper()
	_, err := chunk.WriteAt(p, 0)
	require.NoError(r.t, err)
	require.NoError(r.t, embedder.Filled(r.u, uint64(len(p)), 0))
}

func TestTheTimeInWhichAHostFillsAChunkIsTheUploads(t *testing.T) {
	regime(t, "slow queue writes", func(t *testing.T) {
		const size = 2 << 20
		s := openOn(t, newStandIn(memory.Options{Write: slow}), buffers.Options{})
		b, p := deviceBuffer(t, s, size), randomBytes(size)
		require.NoError(t, b.Write(0, p))
		onPath(s, "mapped ring, 2 MiB chunks")
		for range 8 {
			time.Sleep(time.Second)
			u, err := s.NewUpload(b, 0, size)
			require.NoError(t, err)
			chunk, _, err := embedder.LendChunk(within(t), u)
			require.NoError(t, err)
			_, err = chunk.WriteAt(p, 0)
			require.NoError(t, err)
			require.NoError(t, embedder.Filled(u, size, 10*time.Millisecond))
			require.NoError(t, u.Finish())
		}
		time.Sleep(time.Second)
		require.InEpsilon(t, size/0.010, s.Explain(buffers.OpUpload, size, b).BytesPerSecond, 0.1)
	})
}

func TestRoomsThatNobodyWaitsFor(t *testing.T) {
	s, device := openNotifying(t, memory.Options{}, buffers.Options{})
	const size = 15<<20 + 8
	b, p := deviceBuffer(t, s, size), randomBytes(size)
	r := openRooms(t, s, b)
	device.Hold()
	waited := 0
	for done := uint64(0); done < size; {
		chunk, n := r.ask()
		if chunk == nil {
			require.Empty(t, r.ready)
			waited++
			device.Release()
			require.NoError(t, ended(t, r.ready))
			device.Hold()
			continue
		}
		require.LessOrEqual(t, n, uint64(2<<20))
		r.fill(chunk, p[done:done+n])
		done += n
	}
	device.Release()
	require.NotZero(t, waited)
	require.NoError(t, r.u.Finish())
	require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
	require.Empty(t, r.ready, "told once more")
}

// waiting is an upload that waits for its fifth room.
func waiting(t *testing.T, s *buffers.System, device *memory.Device) *rooms {
	t.Helper()
	r := openRooms(t, s, deviceBuffer(t, s, 16<<20))
	device.Hold()
	for range 4 {
		chunk, n := r.ask()
		r.fill(chunk, make([]byte, n))
	}
	chunk, _ := r.ask()
	require.Nil(t, chunk)
	return r
}

func TestWhoAskedForARoomIsToldThatThereIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*buffers.System, *memory.Device, *rooms)
		then   error // of LendChunkThen
		reason error
	}{
		"it is aborted":        {func(_ *buffers.System, _ *memory.Device, r *rooms) { r.u.Abort() }, buffers.ErrState, buffers.ErrState},
		"the system is closed": {func(s *buffers.System, _ *memory.Device, _ *rooms) { s.Destroy() }, buffers.ErrBusy, buffers.ErrDestroyed},
		"the device is lost":   {func(_ *buffers.System, d *memory.Device, _ *rooms) { d.Lose(memory.Crashed) }, buffers.ErrBusy, buffers.ErrDeviceLost},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openNotifying(t, memory.Options{}, buffers.Options{})
			r := waiting(t, s, device)
			c.end(s, device, r)
			require.NoError(t, ended(t, r.ready))
			_, _, waits, err := embedder.LendChunkThen(r.u, func() { t.Error("told") })
			require.ErrorIs(t, err, c.then)
			require.False(t, waits)
			_, _, err = embedder.LendChunk(within(t), r.u)
			require.ErrorIs(t, err, c.reason)
			device.Release()
			require.Empty(t, r.ready, "told once more")
		})
	}
}

func TestARingThatHangsHasNoRooms(t *testing.T) {
	s, device := openNotifying(t, memory.Options{}, buffers.Options{})
	buffers.SetHangAfter(s, 20*time.Millisecond)
	r := waiting(t, s, device)
	require.NoError(t, ended(t, r.ready))
	chunk, _, waits, err := embedder.LendChunkThen(r.u, func() { t.Error("told") })
	require.NoError(t, err)
	require.False(t, waits)
	require.Nil(t, chunk)
	chunk, _, err = embedder.LendChunk(within(t), r.u)
	require.NoError(t, err)
	require.Nil(t, chunk, "the rest goes by queue writes")
	device.Release()
	require.NoError(t, r.u.Write(within(t), buffers.Bytes(make([]byte, 64))))
	require.NoError(t, r.u.Finish())
}

func TestRoomsAndUploadsTakeTurns(t *testing.T) {
	s, device := openNotifying(t, memory.Options{}, buffers.Options{})
	r := waiting(t, s, device)
	long := uploadThen(s, deviceBuffer(t, s, 32<<20), 0, buffers.Bytes(make([]byte, 32<<20)))
	device.Release()
	require.NoError(t, ended(t, r.ready))
	chunk, n := r.ask()
	r.fill(chunk, make([]byte, n))
	require.NoError(t, r.u.Finish())
	require.NoError(t, ended(t, long))
}

// The host may write to a room for as long as that is mapped: whatever ends the upload, nobody else gets it.
func TestARoomThatIsGivenBackIsNobodys(t *testing.T) {
	for name, lend := range map[string]func(*buffers.Upload) (buffers.MappableBuffer, error){
		"asked for by who may wait": func(u *buffers.Upload) (buffers.MappableBuffer, error) {
			chunk, _, err := embedder.LendChunk(t.Context(), u)
			return chunk, err
		},
		"asked for by who must not": func(u *buffers.Upload) (buffers.MappableBuffer, error) {
			chunk, _, _, err := embedder.LendChunkThen(u, func() {})
			return chunk, err
		},
	} {
		for how, end := range map[string]func(*buffers.System, *buffers.DeviceBuffer, *buffers.Upload){
			"abort":  func(_ *buffers.System, _ *buffers.DeviceBuffer, u *buffers.Upload) { u.Abort() },
			"finish": func(_ *buffers.System, _ *buffers.DeviceBuffer, u *buffers.Upload) { require.NoError(t, u.Finish()) },
			"a bad end": func(_ *buffers.System, _ *buffers.DeviceBuffer, u *buffers.Upload) {
				require.NoError(t, embedder.Filled(u, 3, 0))
				require.Error(t, u.Finish())
			},
			"the buffer's": func(_ *buffers.System, b *buffers.DeviceBuffer, u *buffers.Upload) {
				b.Destroy()
				require.Error(t, embedder.Filled(u, 4, 0))
			},
			"the system's": func(s *buffers.System, _ *buffers.DeviceBuffer, u *buffers.Upload) { s.Destroy(); u.Abort() },
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				s, device := openSystem(t, buffers.Options{})
				onPath(s, "mapped ring, 2 MiB chunks")
				b := deviceBuffer(t, s, 8<<20)
				u, err := s.NewUpload(b, 0, 0)
				require.NoError(t, err)
				chunk, err := lend(u)
				require.NoError(t, err)
				again, err := lend(u)
				require.NoError(t, err)
				require.Same(t, chunk, again)
				device.Hold() // lest it is mapped anew at once
				defer device.Release()
				end(s, b, u)
				require.NotEqual(t, buffers.Mapped, chunk.State())
			})
		}
	}
}

// An upload that fails costs no memory: the browser would free it only after a submit.
func TestAChunkOfAnUploadThatFailedIsLentAgain(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 8<<20)
	for range 20 {
		u, err := s.NewUpload(b, 0, 0)
		require.NoError(t, err)
		_, _, err = embedder.LendChunk(within(t), u)
		require.NoError(t, err)
		u.Abort()
		require.NoError(t, ended(t, s.Device().Queue().WorkDone()))
	}
	require.LessOrEqual(t, s.Stats().Uploads.Misses, uint64(4), "chunks that were made")
}
