package buffers_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

var uploadPaths = []string{"queue write", "mapped ring, 2 MiB chunks", "mapped ring, 4 MiB chunks"}

// onPath has the uploads of a system take the path whose name is given.
func onPath(s *buffers.System, path string) {
	c := buffers.Calibration{Rates: harmless[1:2:2]} // what copies do is known, and need not be measured
	for _, name := range uploadPaths {
		rate := 1e6
		if name == path {
			rate = 1e12
		}
		for size := uint64(256 << 10); size <= 64<<20; size *= 4 {
			c.Rates = append(c.Rates, buffers.Rate{Operation: "upload", Path: name, Size: size, BytesPerSecond: rate})
		}
	}
	s.Load(c)
}

func TestAnUploadTakesPiecesOfAnyLength(t *testing.T) {
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			onPath(s, path)
			for _, piece := range []int{1, 2, 3, 5, 4099, 1<<20 - 1, 1<<20 + 3} {
				size := min(piece*50, 5<<20) + 1
				p := randomBytes(size)
				b := deviceBuffer(t, s, uint64(size))
				u, err := s.NewUpload(b, 0, 0)
				require.NoError(t, err)
				for rest := p; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
					require.NoError(t, u.Write(within(t), buffers.HostMemory(memory.NewHostBytes(rest[:min(piece, len(rest))]))))
				}
				require.NoError(t, u.Finish())
				require.EqualValues(t, size, u.Moved())
				require.True(t, bytes.Equal(p, read(t, s, b, 0, uint64(size))), "pieces of %d bytes", piece)
			}
		})
	}
}

// Neither what an earlier piece left in the word, nor what an earlier upload left in the chunk.
func TestTheLastWordOfAnUploadIsFilledUpWithZeros(t *testing.T) {
	const size = 5 << 20
	for _, path := range uploadPaths {
		for _, tail := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("%s, %d bytes of it", path, tail), func(t *testing.T) {
				s, _ := openSystem(t, buffers.Options{})
				onPath(s, path)
				b, ones := deviceBuffer(t, s, size), bytes.Repeat([]byte{0xff}, size)
				require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(ones)))
				require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, time.Minute, time.Millisecond, "its chunks are idle")
				u, err := s.NewUpload(b, 0, 0)
				require.NoError(t, err)
				require.NoError(t, u.Write(within(t), buffers.Bytes(ones[:3])), "the rest is out of step with words")
				require.NoError(t, u.Write(within(t), buffers.Bytes(ones[3:size-4+tail])))
				require.NoError(t, u.Finish())
				want := append([]byte(nil), ones[:4]...)
				clear(want[tail:])
				require.Equal(t, want, read(t, s, b, size-4, 4))
			})
		}
	}
}

// What waits to be sent counts: the rest of a word, or of a chunk.
func TestAPieceThatDoesNotFitIsRefused(t *testing.T) {
	const size = 5 << 20
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			onPath(s, path)
			b, p := deviceBuffer(t, s, size), randomBytes(size)
			u, err := s.NewUpload(b, 0, 0)
			require.NoError(t, err)
			require.NoError(t, u.Write(within(t), buffers.Bytes(p[:3])))
			require.ErrorIs(t, u.Write(within(t), buffers.Bytes(p[:size-2])), buffers.ErrRange)
			require.EqualValues(t, 3, u.Moved(), "nothing of it was taken")
			require.NoError(t, u.Write(within(t), buffers.Bytes(p[3:])))
			require.ErrorIs(t, u.Write(within(t), buffers.Bytes(p[:1])), buffers.ErrRange)
			require.NoError(t, u.Finish())
			require.True(t, bytes.Equal(p, read(t, s, b, 0, size)))
		})
	}
}

func TestWhatAnUploadBringsIsAheadOfWhatIsSubmittedLater(t *testing.T) {
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			onPath(s, path)
			const size = 3<<20 + 8
			p, b, copied := randomBytes(size), deviceBuffer(t, s, 2*size), deviceBuffer(t, s, size)
			device.Hold()
			u, err := s.NewUpload(b, 0, 0) // whose end is known to Finish alone
			require.NoError(t, err)
			require.NoError(t, u.Write(within(t), buffers.Bytes(p)))
			require.NoError(t, u.Finish())
			encoder := encoder(t, device, "copy")
			require.NoError(t, encoder.CopyBufferToBuffer(b, 0, copied, 0, size))
			require.NoError(t, s.Submit(encoder))
			device.Release()
			require.True(t, bytes.Equal(p, read(t, s, copied, 0, size)))
		})
	}
}

func TestAnUploadByQueueWritesIsBounded(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s, device := openSystem(t, buffers.Options{})
		onPath(s, "queue write")
		const block, piece = 32 << 20, 4 << 20
		u, err := s.NewUpload(deviceBuffer(t, s, 3*block), 0, 0)
		require.NoError(t, err)
		p := make([]byte, piece)
		device.Hold()
		done := outcome(func() (err error) {
			for u.Moved() < 3*block && err == nil {
				err = u.Write(t.Context(), buffers.Bytes(p))
			}
			return err
		})
		synctest.Wait()
		require.EqualValues(t, 2*block, s.Stats().BytesUp, "what is on its way to a GPU that is held")
		device.Release()
		require.NoError(t, <-done)
		require.NoError(t, u.Finish())
	})
}

// fillRooms uploads p as a host does that fills the rooms itself.
func fillRooms(t *testing.T, u *buffers.Upload, p []byte) (rooms int) {
	t.Helper()
	for len(p) > 0 {
		chunk, size, err := embedder.LendChunk(within(t), u)
		require.NoError(t, err)
		n := min(int(size), len(p))
		if chunk == nil {
			n = min(1<<20, len(p))
			require.NoError(t, u.Write(within(t), buffers.Bytes(p[:n])))
		} else {
			rooms++
			_, err = chunk.WriteAt(p[:n], 0)
			require.NoError(t, err)
			require.NoError(t, embedder.Filled(u, uint64(n), 0))
		}
		p = p[n:]
	}
	require.NoError(t, u.Finish())
	return rooms
}

func TestAHostFillsTheRoomsOfAnUpload(t *testing.T) {
	for _, path := range uploadPaths {
		t.Run(path, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			onPath(s, path)
			for _, size := range []int{0, 3, 4, 4096, 1<<20 + 1, 9<<20 + 2} {
				b := deviceBuffer(t, s, uint64(max(size, 4)))
				p := randomBytes(size)
				u, err := s.NewUpload(b, 0, 0)
				require.NoError(t, err)
				rooms := fillRooms(t, u, p)
				require.EqualValues(t, size, u.Moved())
				require.Equal(t, path == "mapped ring, 2 MiB chunks" && size >= 256<<10 || path == "mapped ring, 4 MiB chunks" && size > 4<<20, rooms > 0)
				if size > 0 {
					require.True(t, bytes.Equal(p, read(t, s, b, 0, uint64(size))), "%d bytes", size)
				}
			}
			require.LessOrEqual(t, s.Stats().Uploads.Bytes, uint64(5*4<<20))
		})
	}
}

func TestARoomEndsWhereTheBufferDoes(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	const size = 2<<20 + 300<<10 // for which a chunk has more
	b := deviceBuffer(t, s, size)
	u, err := s.NewUpload(b, 0, 0)
	require.NoError(t, err)
	for _, want := range []uint64{2 << 20, 300 << 10} {
		_, room, err := embedder.LendChunk(within(t), u)
		require.NoError(t, err)
		require.Equal(t, want, room)
		require.ErrorIs(t, embedder.Filled(u, room+4, 0), buffers.ErrRange)
		require.NoError(t, embedder.Filled(u, room, 0))
	}
	chunk, _, err := embedder.LendChunk(within(t), u)
	require.NoError(t, err)
	require.Nil(t, chunk)
	require.ErrorIs(t, u.Write(within(t), buffers.Bytes(make([]byte, 4))), buffers.ErrRange)
	require.NoError(t, u.Finish())
}

func TestARoomThatIsNotFilledIsGivenBack(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 4<<20)
	for _, end := range []func(*buffers.Upload){(*buffers.Upload).Abort, func(u *buffers.Upload) { require.NoError(t, u.Finish()) }} {
		u, err := s.NewUpload(b, 0, 0)
		require.NoError(t, err)
		_, _, err = embedder.LendChunk(within(t), u)
		require.NoError(t, err)
		require.GreaterOrEqual(t, busyBytes(s), uint64(1<<20))
		end(u)
		require.Eventually(t, func() bool { return busyBytes(s) == 0 }, hang, time.Millisecond, "the prober's come back too")
		require.ErrorIs(t, embedder.Filled(u, 4, 0), buffers.ErrState)
		_, _, err = embedder.LendChunk(within(t), u)
		require.ErrorIs(t, err, buffers.ErrState)
	}
}

// busyBytes are those of chunks that are not idle.
func busyBytes(s *buffers.System) uint64 {
	up := s.Stats().Uploads
	return up.Bytes - up.IdleBytes
}

func TestUploadMemoryRefusesToEndWithinAWordBeforeItBegins(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, bytes.Repeat([]byte{7}, 64)))
	require.ErrorIs(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(make([]byte, 13))), buffers.ErrAlignment)
	require.Equal(t, bytes.Repeat([]byte{7}, 64), read(t, s, b, 0, 64))
	require.NoError(t, s.UploadMemory(within(t), b, 48, buffers.Bytes(make([]byte, 13))))
	require.Equal(t, make([]byte, 16), read(t, s, b, 48, 16))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.UploadMemory(ctx, b, 0, buffers.Bytes(make([]byte, 64))), context.Canceled)
}

// An upload takes no more mapped memory than it has bytes: all of a chunk is copied when it is unmapped.
func TestAnUploadTakesChunksOfItsSize(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 64<<20)
	require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(make([]byte, 2<<20))))
	require.Equal(t, uint64(2<<20), s.Stats().Uploads.Bytes)
}

func TestAHostWritesWhatAnUploadBringsByQueueWrites(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, p := deviceBuffer(t, s, 64<<20), randomBytes(64<<20)
	onPath(s, "queue write")
	u, err := s.NewUpload(b, 0, 0)
	require.NoError(t, err)
	byHost := uint64(0)
	step := func(size uint64) (taken uint64) {
		t.Helper()
		n, at := embedder.AllowUpload(u, size), u.Moved()
		require.Zero(t, n%4)
		require.LessOrEqual(t, n, size)
		if n == 0 {
			require.NoError(t, u.Write(t.Context(), buffers.Bytes(p[at:at+size])))
			return size
		}
		byHost += n
		require.NoError(t, b.Write(at-n, p[at-n:at]))
		return n
	}
	require.EqualValues(t, 8, step(11), "whole words")
	require.EqualValues(t, 3, step(3), "a part of one is Go's")
	require.EqualValues(t, 5, step(5), "and so is the rest of it")
	const block = uint64(32 << 20)
	_, _, piece := embedder.Sizes()
	require.Equal(t, piece, step(2*piece), "a piece at a time")
	for u.Moved() < b.Size() {
		step(min(4<<20, b.Size()-u.Moved()))
	}
	require.Greater(t, byHost, b.Size()/2)
	require.Less(t, byHost, b.Size()-piece, "what is to wait for the GPU is Go's")
	require.LessOrEqual(t, byHost, 2*block)
	require.Zero(t, embedder.AllowUpload(u, 4), "beyond the end")
	require.NoError(t, u.Finish())
	require.Zero(t, embedder.AllowUpload(u, 4), "after the end")
	require.True(t, bytes.Equal(p, read(t, s, b, 0, 64<<20)))

	u, err = s.NewUpload(b, 0, 0)
	require.NoError(t, err)
	b.Destroy()
	require.Zero(t, embedder.AllowUpload(u, 4), "to a destroyed buffer")
	u.Abort()
}

func TestAHostWritesNothingThatGoesByARing(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 1<<20)
	onPath(s, "mapped ring, 2 MiB chunks")
	u, err := s.NewUpload(b, 0, 0)
	require.NoError(t, err)
	require.Zero(t, embedder.AllowUpload(u, 1<<20))
	u.Abort()
}
