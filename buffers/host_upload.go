package buffers

import (
	"context"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// LendChunk lends mapped memory for the host to fill itself: the first size bytes of chunk. [Embedder.Filled]
// takes what was written there. chunk is nil if the path goes by queue writes: then the host hands its
// bytes to Write. It waits for memory to be had, until ctx ends. A chunk that is not used is unmapped, so that what
// the host still has of it is nobody's.
func (Embedder) LendChunk(ctx context.Context, u *Upload) (chunk MappableBuffer, size uint64, err error) {
	start := now()
	defer func() { u.busy += start.age() }()
	if err := u.check(Memory{}); err != nil || !u.borrows() {
		return nil, 0, err
	}
	if u.ring.chunk == nil {
		if err := u.ring.borrow(ctx, 1); err != nil || u.ring.chunk == nil {
			return nil, 0, err
		}
	}
	chunk, size = u.hand()
	return chunk, size, nil
}

// LendChunkThen is LendChunk for a host that must not wait. If LendChunk would wait for the GPU, waits is true. Then ready
// is called, once, when there is a chunk or nothing to wait for any more, and LendChunkThen is to be called again; until
// then nothing may be done with the upload but to abort it. If only LendChunk can wait for the memory, or say why there
// is none, the error is [ErrBusy] itself, which is no [*Error].
func (Embedder) LendChunkThen(u *Upload, ready func()) (chunk MappableBuffer, size uint64, waits bool, err error) {
	if err := u.check(Memory{}); err != nil || !u.borrows() {
		return nil, 0, false, err
	}
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ring.chunk != nil {
		chunk, size = u.hand()
		return chunk, size, false, nil
	}
	u.writes.jobs.endRelay()
	j := &uploadJob{Upload: u, ready: func() {}, start: now()}
	if len(u.writes.jobs.list) > 0 || j.goOn() == jobWaits {
		j.ready = ready
		j.enqueue()
		return nil, 0, true, nil
	}
	if u.ring.chunk == nil {
		return nil, 0, false, ErrBusy
	}
	chunk, size = u.hand()
	return chunk, size, false, nil
}

// Filled takes the first n bytes of the chunk: all of it, but for the last time. took is how long the host has written there.
func (Embedder) Filled(u *Upload, n uint64, took time.Duration) error {
	start := now() - moment(took)
	defer func() { u.busy += start.age() }()
	if err := u.check(Memory{}); err != nil {
		return err
	}
	if u.ring.chunk == nil || n < u.filled || n > min(u.ring.chunk.size(), u.dst.Size()-min(u.dst.Size(), u.at)) {
		return gpu.NewError("upload", u.dst.Label(), ErrRange, gpu.Decimal(n)+" bytes are more than the room for them")
	}
	u.moved += n - u.filled
	u.filled = n
	if n == 0 || n%4 != 0 {
		return nil // Finish says whether it may end so
	}
	return u.ring.launch()
}

// AllowUpload takes note of the first bytes of size that the host writes itself next, where the upload has come
// to, by one queue write of its own API, and gives their number. It is 0 if the path is another, or is being
// measured, if much is on its way that is to be waited for first, or nothing may be written: then
// [Upload.Write] does it, or says why not.
func (Embedder) AllowUpload(u *Upload, size uint64) (n uint64) {
	p := &paths[OpUpload][u.path]
	n = p.PieceOf(size &^ 3)
	if n == 0 || p.Mapped || u.measure || u.filled > 0 || u.closed || u.byQueue.sent >= queueBlock {
		return 0
	}
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usable("upload", u.dst.Label()) != nil || gpu.CheckWrite(u.dst, u.at, n) != nil {
		return 0
	}
	u.wrote(n)
	u.moved += n
	return n
}

// UploadThen is UploadMemory for a host that must not wait: done is called once, with the outcome, before
// UploadThen returns or later. Like the methods of a [host.Sink] it must be short, and call nothing of the System.
// m must stay as it is until then.
func (Embedder) UploadThen(s *System, dst Buffer, offset uint64, m Memory, done func(error)) {
	uploadThen(&s.engine, dst, offset, m, done)
}

// hand hands out the chunk, which the host may write to until the unmap.
func (u *Upload) hand() (chunk MappableBuffer, size uint64) {
	u.ring.chunk.handed = true
	return u.ring.chunk.buffer, u.toFill()
}

// borrows reports whether the rest goes by mapped memory, if there is a rest.
func (u *Upload) borrows() bool {
	return paths[OpUpload][u.path].Mapped && u.at < u.dst.Size()
}

// toFill is how much of the chunk there is to fill.
func (u *Upload) toFill() uint64 {
	return min(u.ring.capacity(&paths[OpUpload][u.path]), u.dst.Size()-u.at)
}
