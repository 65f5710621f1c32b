package buffers

import "github.com/gpubuffers/gpubuffers/buffers/host"

// toHost lends a chunk that the host fills, sends and maps again by itself. Until it is returned it counts as pending.
func (p *writeBelt) toHost(c *chunk) *host.Chunk {
	if c.lent == nil {
		c.lent = &host.Chunk{Buffer: c.buffer, Borrower: loanedChunk{p, c}}
	}
	p.pend(c, nil, true)
	return c.lent
}

// loanedChunk is a chunk that the host may have.
type loanedChunk struct {
	belt  *writeBelt
	chunk *chunk
}

// Return implements [host.Borrower]. A chunk that the host does not have any more, since the System has ended, stays as it
// is.
func (l loanedChunk) Return(failure error) {
	p := l.belt
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	for i, c := range p.pending {
		if c == l.chunk && c.settled == nil {
			p.pending = remove(p.pending, i)
			p.settle(c, failure)
			break
		}
	}
	p.jobs.work()
}
