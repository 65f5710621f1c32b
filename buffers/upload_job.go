package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// uploadJob is an Upload that goes on in the call that reports that a chunk came back. So no goroutine waits for it, or
// is woken for each piece.
type uploadJob struct {
	*Upload
	rest    Memory
	done    func(error)
	ready   func() // set if the job is to lend a chunk; else nil
	start   moment
	relayed uint64 // bytes of the relay that is under way
}

// relayBytes is the most that goes by one relay: the job makes its checks between two.
const relayBytes = 64 << 20

// uploadThen is [Embedder.UploadThen].
func uploadThen(e *engine, dst Buffer, offset uint64, m Memory, done func(error)) {
	u, err := newMemoryUpload(e, dst, offset, m)
	if err != nil {
		done(err)
		return
	}
	j := &uploadJob{Upload: u, rest: m, done: done, start: now()}
	e.shared.mu.Lock()
	defer e.shared.mu.Unlock()
	e.writes.jobs.endRelay()
	if j.goesByChunks() && len(e.writes.jobs.list) > 0 || j.goOn() == jobWaits {
		j.enqueue()
	}
}

// enqueue has the job go on when a chunk comes back and the jobs ahead of it were served.
func (j *uploadJob) enqueue() {
	u := j.Upload
	u.job = j
	u.writes.jobs.list = append(u.writes.jobs.list, j)
	if u.watch == nil {
		u.watch = newWatchdog(u.engine.hangAfter, u.ringHangs)
		u.shared.wakeHost()
	}
	u.watch.begin()
}

// goesByChunks reports whether the rest can do without a goroutine.
func (j *uploadJob) goesByChunks() bool {
	return paths[OpUpload][j.path].Mapped && j.rest.Size()%4 == 0
}

// goOn moves as much as there are chunks for, piece by piece if others wait. A wait that takes a goroutine is left to
// one.
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
		n := min(p.Piece, j.rest.Size())
		c, err := j.ring.find((n + 7) &^ 7)
		switch err {
		case nil:
			err = j.moveBy(c, n)
		case errPending:
			if !j.writes.willNotify() {
				return j.leave()
			}
			j.relay(p.Piece)
			return jobWaits
		case errShort:
			return j.leave()
		}
		if err != nil {
			return j.end(err)
		}
		if len(j.writes.jobs.list) > 1 && j.rest.Size() > 0 {
			return jobTurns
		}
	}
	j.busy = j.start.age()
	j.observe()
	return j.end(nil)
}

// lendRoom takes a chunk for the caller that asked. If there can be none, the caller finds out by asking again.
func (j *uploadJob) lendRoom() jobState {
	c, err := j.ring.find(j.ring.needs(1))
	if err == errPending && j.writes.willNotify() {
		return jobWaits
	}
	if err == nil {
		j.ring.chunk, j.filled = c, 0
	}
	j.busy += j.start.age()
	j.served()
	j.ready()
	return jobEnds
}

// served is called when the job is in no queue any more.
func (j *uploadJob) served() {
	if j.job == j {
		j.job = nil
		j.watch.end()
	}
}

func (j *uploadJob) moveBy(c *chunk, n uint64) error {
	n = min(n, c.size())
	if err := j.writes.fill(c, j.rest.Slice(0, n), j.dst, j.at); err != nil {
		return named(err, "upload", j.dst.Label())
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

// relay has the pending chunks go on by themselves, if no other job waits for them.
func (j *uploadJob) relay(piece uint64) {
	if s := j.shared; s.relay == nil || len(j.writes.jobs.list) > 1 {
		return
	}
	if n := min(j.rest.Size(), relayBytes); j.shared.relay.Relay(j.rest.Slice(0, n), piece, j.dst, j.at) {
		j.relayed = n
	}
}

// endRelay counts the bytes that a relay has sent.
func (j *uploadJob) endRelay() {
	if j.relayed == 0 {
		return
	}
	n := j.relayed - j.shared.relay.EndRelay()
	j.relayed = 0
	if n > 0 {
		j.hasMoved(n)
	}
}

// leave leaves the rest to a goroutine.
func (j *uploadJob) leave() jobState {
	j.served()
	j.shared.wakeHost()
	go func() { j.done(j.whole(context.Background(), j.rest)) }()
	return jobEnds
}

func (j *uploadJob) end(err error) jobState {
	j.served()
	j.watch.stop()
	j.Upload.end()
	j.done(err)
	return jobEnds
}

// ringHangs leaves a ring that hangs. The lock is not held.
func (u *Upload) ringHangs() (goOn bool) {
	u.shared.mu.Lock()
	defer u.shared.mu.Unlock()
	j := u.job
	if j == nil { // a chunk has just come back
		return !u.closed
	}
	if moved := u.moved; j.relayed > 0 {
		if j.endRelay(); u.moved > moved {
			return true
		}
	}
	u.engine.hang(u.op, u.path, max(u.moved, choice.Smallest))
	u.path, u.wholly = 0, false
	u.writes.jobs.list = without(u.writes.jobs.list, job(j))
	if j.ready != nil {
		j.served()
		j.ready()
	} else {
		j.leave()
	}
	u.writes.jobs.work()
	return !u.closed
}
