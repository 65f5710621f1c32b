package buffers

import "context"

// uploadJob is an Upload that goes on whenever a chunk comes back, in the call that says so: no goroutine
// waits for it, and has to be woken for each piece.
type uploadJob struct {
	*Upload
	rest    Memory
	done    func(error)
	ready   func() // the job is to lend a chunk; else nil
	start   moment
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
	j := &uploadJob{Upload: u, rest: m, done: done, start: now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads.endRelay()
	if j.goesByChunks() && len(s.uploads.jobs) > 0 || j.goOn() == jobWaits {
		j.enqueue()
	}
}

// enqueue has the job go on when a chunk comes back and those ahead of it were served.
func (j *uploadJob) enqueue() {
	u := j.Upload
	u.job = j
	u.sys.uploads.jobs = append(u.sys.uploads.jobs, j)
	if u.watch == nil {
		u.watch = newPatience(u.sys.engine.patience, u.ringHangs)
		u.sys.rouse()
	}
	u.watch.begin()
}

// close ends all that waits for the upload. The lock is not held.
func (u *Upload) close() {
	u.waits.stop()
	u.watch.stop()
	u.sys.mu.Lock()
	defer u.sys.mu.Unlock()
	u.closed = true
	if j := u.job; j != nil {
		u.job = nil
		u.sys.uploads.jobs = without(u.sys.uploads.jobs, j)
		j.ready()
		u.sys.uploads.work()
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
	if j.ready != nil {
		return j.lendRoom()
	}
	if err := j.intact(); err != nil {
		return j.end(err)
	}
	if !j.goesByChunks() {
		return j.leave()
	}
	p := &paths[OpUpload][j.path]
	for j.rest.Size() > 0 {
		n := min(p.piece, j.rest.Size())
		c, err := j.find((n + 7) &^ 7)
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
	j.busy = j.start.age()
	j.observe()
	return j.end(nil)
}

// lendRoom takes a chunk for who asked for one. Where there can be none he finds out by asking again.
func (j *uploadJob) lendRoom() jobState {
	c, err := j.find(j.needs(1))
	if err == errPending && j.sys.uploads.willNotify() {
		return jobWaits
	}
	if err == nil {
		j.chunk, j.filled = c, 0
	}
	j.busy += j.start.age()
	j.served()
	j.ready()
	return jobEnds
}

// served is called where the job is in no queue any more.
func (j *uploadJob) served() {
	if j.job == j {
		j.job = nil
		j.watch.end()
	}
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
	j.watch.progress()
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
	j.served()
	j.sys.rouse()
	go func() { j.done(j.whole(context.Background(), j.rest)) }()
	return jobEnds
}

func (j *uploadJob) end(err error) jobState {
	j.served()
	j.watch.stop()
	j.closed = true
	j.done(err)
	return jobEnds
}

// ringHangs leaves a ring that does not come round. The lock is not held.
func (u *Upload) ringHangs() (goOn bool) {
	s := u.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	j := u.job
	if j == nil { // it has just come round
		return !u.closed
	}
	if moved := u.moved; j.relayed > 0 {
		if j.endRelay(); u.moved > moved {
			return true
		}
	}
	s.engine.hang(OpUpload, u.path, max(u.moved, smallest))
	u.path, u.wholly = 0, false
	s.uploads.jobs = without(s.uploads.jobs, j)
	if j.ready != nil {
		j.served()
		j.ready()
	} else {
		j.leave()
	}
	s.uploads.work()
	return !u.closed
}
