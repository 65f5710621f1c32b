package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Read is a read that was asked for. Wait for it, or cancel it, once.
type Read struct {
	reading    *reading
	generation uint64
}

// Wait returns when the memory is filled, or the read failed. If ctx ends first, the read is cancelled. In either case
// the memory is the caller's again. A read that was not sent is sent now. A read that goes with an open frame waits for
// it; the log reports that after a second.
func (r Read) Wait(ctx context.Context) error {
	settled, err := r.claim((*readQueue).await)
	if err != nil {
		return err
	}
	select {
	case err = <-settled:
	case <-ctx.Done():
		label := r.reading.name // it stays
		if err = r.reading.queue.cancel(r.reading); err == nil {
			err = gpu.CausedBy("read", label, ctx.Err())
		} else if err == errLanded {
			err = nil
		}
	}
	r.recycle()
	return err
}

// Cancel ends the read. The memory is the caller's again.
func (r Read) Cancel() {
	if _, err := r.claim(func(*readQueue, *reading) {}); err == nil {
		r.reading.queue.cancel(r.reading)
		r.recycle()
	}
}

// claim makes sure that a read is waited for once, and then calls f.
func (r Read) claim(f func(*readQueue, *reading)) (<-chan error, error) {
	if r.reading == nil {
		return nil, gpu.NewError("wait", "", ErrState, "there is no read")
	}
	s := r.reading.queue.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.reading.generation != r.generation || r.reading.claimed {
		return nil, gpu.NewError("wait", "", ErrState, "the read was waited for, or cancelled, before")
	}
	r.reading.claimed = true
	f(r.reading.queue, r.reading)
	return r.reading.settled, nil
}

func (r Read) recycle() {
	s := r.reading.queue.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	r.reading.queue.recycle(r.reading)
}
