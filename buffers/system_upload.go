package buffers

import (
	"context"
	"io"
)

// NewUpload starts an upload to dst at offset, a multiple of 4. size is the expected number of bytes, or 0. It guides
// the choice of the path and binds nobody.
func (s *System) NewUpload(dst Buffer, offset, size uint64) (*Upload, error) {
	return newUpload(&s.engine, dst, offset, size)
}

// UploadMemory moves m to dst at offset along the fastest path, waiting as [Upload.Write] does. m is the caller's again
// when it returns. The data is ordered ahead of later submits. Short uploads that several goroutines begin at a time
// share what each costs.
func (s *System) UploadMemory(ctx context.Context, dst Buffer, offset uint64, m Memory) error {
	if s.sharing.move(ctx, dst, offset, m) {
		return nil
	}
	u, err := newMemoryUpload(&s.engine, dst, offset, m)
	if err != nil {
		return err
	}
	return u.whole(ctx, m)
}

// Upload streams the bytes of r to dst at offset, and returns their number. More than fits is [ErrRange]; a stream that
// ends within a word is treated as [Upload.Finish] says. It waits as [Upload.Write] does. An error of r's is the Cause
// of an [*Error].
//
// It reads r in other goroutines, one Read at a time, and does not interrupt it. If ctx ends, dst or the System is
// destroyed, or the device is lost while a Read blocks, Upload returns at once with that error. The Read is left to
// itself: no other begins, its bytes go nowhere, and its goroutine ends when it returns. r must not be used before.
func (s *System) Upload(ctx context.Context, dst Buffer, offset uint64, r io.Reader) (int64, error) {
	u, err := s.NewUpload(dst, offset, 0)
	if err != nil {
		return 0, err
	}
	if err := u.readFrom(ctx, r); err != nil {
		u.Abort()
		return int64(u.moved), err
	}
	return int64(u.moved), u.Finish()
}
