package buffers

import (
	"context"
	"time"
)

// Room lends mapped memory for the host to fill itself: the first size bytes of chunk. [Upload.Filled]
// takes what was written there. chunk is nil where the path goes by queue writes: then the host hands its
// bytes to Write. It waits for memory to be had, until ctx ends.
func (u *Upload) Room(ctx context.Context) (chunk MappableBuffer, size uint64, err error) {
	start := time.Now()
	defer func() { u.busy += time.Since(start) }()
	if err := u.check(Memory{}); err != nil {
		return nil, 0, err
	}
	p := &paths[OpUpload][u.path]
	rest := u.dst.Size() - min(u.dst.Size(), u.at)
	if !p.mapped || rest == 0 {
		return nil, 0, nil
	}
	if u.chunk == nil {
		if err := u.borrow(ctx, p, 1); err != nil || u.chunk == nil {
			return nil, 0, err
		}
	}
	return u.chunk.buffer, min(u.room(p), rest), nil
}

// Filled takes the first n bytes of the room: all of it, but for the last time.
func (u *Upload) Filled(n uint64) error {
	start := time.Now()
	defer func() { u.busy += time.Since(start) }()
	if err := u.check(Memory{}); err != nil {
		return err
	}
	if u.chunk == nil || n < u.filled || n > min(u.chunk.size(), u.dst.Size()-min(u.dst.Size(), u.at)) {
		return NewError("upload", u.dst.Label(), ErrRange, number(n)+" bytes are more than the room for them")
	}
	u.moved += n - u.filled
	u.filled = n
	if n == 0 || n%4 != 0 {
		return nil // Finish says whether it may end so
	}
	return u.launch()
}
