package buffers

// jobs go on when a chunk comes back, one after the other.
type jobs struct{ list []job }

// jobState says how a job goes on.
type jobState uint8

const (
	jobEnds  jobState = iota // it is over, or left to a goroutine
	jobTurns                 // it goes on after the others
	jobWaits                 // it waits for a chunk to come back
)

// job is a transfer that goes on in the call that reports that a chunk came back: no goroutine waits for it.
type job interface {
	goOn() jobState
	endRelay()
}

// work has jobs go on in turns, as long as there are chunks.
func (q *jobs) work() {
	for len(q.list) > 0 {
		j := q.list[0]
		switch j.goOn() {
		case jobWaits:
			return
		case jobTurns:
			q.list = append(remove(q.list, 0), j)
		case jobEnds:
			q.list = remove(q.list, 0)
		}
	}
}

// endRelay has a relayed job share its chunks.
func (q *jobs) endRelay() {
	if len(q.list) > 0 {
		q.list[0].endRelay()
	}
}
