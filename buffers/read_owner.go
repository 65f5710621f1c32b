package buffers

// ReadPolicy says what a ReadbackBuffer does when reads are asked for faster than they complete.
type ReadPolicy uint8

const (
	// ReadAll completes every read, in the order asked for.
	ReadAll ReadPolicy = iota
	// ReadLatest drops a read that is not sent yet when a newer one is asked for; it settles with [ErrStale] and costs
	// no map.
	ReadLatest
)

// readbackCore is the part that outlives the handle until it is freed.
type readbackCore struct {
	policy      ReadPolicy
	maxInFlight int
	inFlight    int // reads that are with the GPU, in part or whole
}
