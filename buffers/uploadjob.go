package buffers

import (
	"context"
	"slices"
	"time"
)

// uploadJob is an Upload that goes on whenever a chunk comes back, in the call that says so: no goroutine
// waits for it, and has to be woken for each piece.
type uploadJob struct {
	*Upload
	rest  Memory
	done  func(error)
	start time.Time
	late  *time.Timer // while it waits: see look
	seen  uint64      // bytes moved when the timer last looked

	relayed uint64 // bytes of the relay that is under way
}

// relayBytes go by one relay at the most: what the job looks at between two is looked at that often.
const relayBytes = 64 << 20

// UploadThen is UploadMemory for a host that must not wait: done is called once, with the outcome, before
// UploadThen returns or later. Like the methods of a [Sink] it must be short, and call nothing of the System.
// m must stay as it is until then.
func (s *System) UploadThen(dst Buffer, offset uint64, m Memory, done func(error)) {
	u, err := s.newMemoryUpload(dst, offset, m)
	if err != nil {
		done(err)
		return
	}
	j := &uploadJob{Upload: u, rest: m, done: done, start: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.uploads.jobs {
		other.endRelay()
	}
	if j.goesByChunks() && len(s.uploads.jobs) > 0 || j.goOn() == jobWaits {
		s.uploads.jobs = append(s.uploads.jobs, j)
		j.late = time.AfterFunc(s.engine.patience, j.look)
	}
}

// jobState is what a job does next.
type jobState uint8

const (
	jobEnds  jobState = iota // nothing, or it is left to a goroutine
	jobTurns                 // it goes on after the others
	jobWaits                 // it waits for a chunk to come back
)

// goesByChunks reports whether what is left can do without a goroutine.
func (j *uploadJob) goesByChunks() bool {
	return paths[OpUpload][j.path].mapped && j.rest.Size()%4 == 0
}

// goOn moves what there are chunks for, piece by piece where others wait. What a goroutine has to wait for is
// left to one.
func (j *uploadJob) goOn() jobState {
	j.endRelay()
	if !j.goesByChunks() {
		return j.leave()
	}
	p := &paths[OpUpload][j.path]
	for j.rest.Size() > 0 {
		n := min(p.piece, j.rest.Size())
		c, err := j.sys.uploads.find(j.dst.Label(), (n+7)&^7, p.depth)
		switch err {
		case nil:
			err = j.moveBy(c, n)
		case errPending:
			if !j.sys.uploads.willNotify() {
				return j.leave()
			}
			j.relay(p.piece)
			return jobWaits
		case errShort:
			return j.leave()
		}
		if err != nil {
			return j.end(err)
		}
		if len(j.sys.uploads.jobs) > 1 && j.rest.Size() > 0 {
			return jobTurns
		}
	}
	j.busy = time.Since(j.start)
	j.observe()
	return j.end(nil)
}

func (j *uploadJob) moveBy(c *chunk, n uint64) error {
	n = min(n, c.size())
	if err := j.sys.uploads.fill(c, j.rest.Slice(0, n), j.dst, j.at); err != nil {
		return err
	}
	j.hasMoved(n)
	return nil
}

func (j *uploadJob) hasMoved(n uint64) {
	j.passed(n)
	j.moved += n
	j.rest = j.rest.Slice(n, j.rest.Size()-n)
}

// relay has the chunks that are pending go on by themselves, where no other job waits for them.
func (j *uploadJob) relay(piece uint64) {
	s := j.sys
	if s.relay == nil || len(s.uploads.jobs) > 1 {
		return
	}
	if n := min(j.rest.Size(), relayBytes); s.relay.Relay(j.rest.Slice(0, n), piece, j.dst, j.at) {
		j.relayed = n
	}
}

// endRelay takes note of what a relay has sent.
func (j *uploadJob) endRelay() {
	if j.relayed == 0 {
		return
	}
	n := j.relayed - j.sys.relay.EndRelay()
	j.relayed = 0
	if n > 0 {
		j.hasMoved(n)
	}
}

// leave leaves the rest to a goroutine.
func (j *uploadJob) leave() jobState {
	j.sys.uploads.told = true
	go func() { j.end(j.whole(context.Background(), j.rest)) }()
	return jobEnds
}

func (j *uploadJob) end(err error) jobState {
	if j.late != nil {
		j.late.Stop()
	}
	j.closed = true
	j.done(err)
	return jobEnds
}

// look leaves a ring that does not come round. The lock is not held.
func (j *uploadJob) look() {
	s := j.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.uploads.jobs, j)
	if i < 0 { // it has ended
		return
	}
	j.endRelay()
	switch {
	case j.moved > j.seen:
		j.seen = j.moved
		j.late.Reset(s.engine.patience)
	default:
		s.engine.hang(OpUpload, j.path, max(j.moved, smallest))
		j.path, j.wholly = 0, false
		s.uploads.jobs = remove(s.uploads.jobs, i)
		j.leave()
		s.uploads.work()
	}
}
