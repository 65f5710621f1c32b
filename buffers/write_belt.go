package buffers

import (
	"context"
	"errors"
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// writeBelt lends chunks that are mapped for writing. A chunk goes round:
//
//  1. idle: mapped, nobody's
//  2. lent: mapped, the borrower's
//  3. sealed: unmapped, its copies recorded in an encoder
//  4. pending: that encoder was submitted, and the chunk's map asked for; it settles when the GPU is done
//
// A chunk whose map or creation fails is destroyed. If the caller finishes the encoder, nobody knows when it is
// submitted. Such a chunk counts as submitted by the next submit, and is not lent again:
//
//  5. spent: it waits to be destroyed, like one that is idle
type writeBelt struct {
	pool
	sealed  []*chunk
	spent   []*chunk
	pending []*chunk // oldest first
	heard   *chunk   // the one of pending that a waiter listens for
	jobs    jobs
	loose   int  // how often a much too large chunk was taken
	isTold  bool // by the queue, when a map that it asked for has settled
}

var (
	errPending = errors.New("as many chunks as may be are pending")
	errShort   = errors.New("the budget has no room")
)

// init makes the belt.
func (p *writeBelt) init(s *shared) {
	p.pool.init(s, Descriptor{Label: "staging chunk", Usage: UsageMapWrite | UsageCopySrc, MappedAtCreation: true})
	_, steps := s.chunks.(*gpu.Steps)
	p.isTold = !steps
	s.pools = append(s.pools, p)
}

// find returns a chunk, or says why there is none now: errPending, errShort, or an error for good. A depth other than 0
// is that of a ring: at most depth chunks of that size are pending, and pending chunks make room for the next.
func (p *writeBelt) find(label string, size uint64, depth int) (*chunk, error) {
	s := p.shared
	if err := s.usable("stage", label); err != nil {
		return nil, err
	}
	p.poll()
	if depth > 0 && p.pendingFor(size) >= depth {
		return nil, errPending // even if others are idle: chunks just used are in the caches
	}
	if c := p.fromIdle(size); c != nil {
		return c, nil
	}
	need := p.need(size)
	switch {
	case s.reserve(need):
		return p.create(need)
	case depth > 0 && s.budget.has(need, bytesOf(p.pending)):
		return nil, errPending
	}
	return nil, errShort
}

// pendingFor counts the pending chunks that fit size bytes.
func (p *writeBelt) pendingFor(size uint64) (n int) {
	for _, c := range p.pending {
		if c.fits(size) {
			n++
		}
	}
	return n
}

// lendNow returns a chunk of at least size bytes. It returns nil if that takes a wait, or if the pool would have more
// than half of the budget.
func (p *writeBelt) lendNow(size uint64) *chunk {
	p.poll()
	if c := p.fromIdle(size); c != nil {
		return c
	}
	return p.make(size)
}

// make returns a new chunk. It returns nil if that takes a wait, or if the pool would have more than half of the budget.
// Chunks of other sizes that lie idle make room, the oldest first.
func (p *writeBelt) make(size uint64) *chunk {
	need, most := chunkSize(size), p.shared.budget.limit/2
	for p.stats.Bytes+need > most && need <= most && len(p.idle) > 0 {
		oldest := p.idle[0]
		p.idle = remove(p.idle, 0)
		p.drop(oldest)
	}
	if p.stats.Bytes+need > most || !p.shared.reserve(need) {
		return nil
	}
	c, err := p.create(need)
	if err != nil {
		return nil
	}
	return c
}

// looseUses is how often a much too large chunk is taken before one of the right size is made. The unmap sends the
// whole chunk to the GPU's process, but making a chunk takes longer than that.
const looseUses = 4

func (p *writeBelt) fromIdle(size uint64) *chunk {
	i := bestFit(p.idle, size)
	if i >= 0 && size >= choice.Smallest && p.idle[i].size() > size+size/4 {
		if p.loose++; p.loose%looseUses == 0 && p.shared.budget.has(chunkSize(size), 0) {
			if c := p.make(size); c != nil {
				return c
			}
		}
	}
	c := p.reuse(size)
	if c == nil {
		return nil
	}
	if c.buffer.Failure() != nil {
		p.drop(c)
		return p.fromIdle(size)
	}
	c.generation++
	return c
}

// poll takes the chunks whose map settled out of pending. Of those that the queue tells of it looks at the oldest
// alone: a burst has very many.
func (p *writeBelt) poll() {
	kept := p.pending[:0]
	for i, c := range p.pending {
		if c != p.heard && p.takeSettled(c) {
			continue
		}
		kept = append(kept, c)
		if c.notifies {
			kept = append(kept, p.pending[i+1:]...)
			break
		}
	}
	clear(p.pending[len(kept):])
	p.pending = kept
}

// takeSettled settles a chunk whose map has settled. It is still in pending.
func (p *writeBelt) takeSettled(c *chunk) bool {
	select {
	case err := <-c.settled:
		p.settle(c, err)
		return true
	default:
		return false
	}
}

var _ source = (*writeBelt)(nil)

// listen gives the channel of the oldest chunk that the queue does not notify of.
func (p *writeBelt) listen() <-chan error {
	if p.heard != nil {
		return nil
	}
	for _, c := range p.pending {
		if !c.notifies {
			p.heard = c
			return c.settled
		}
	}
	return nil
}

func (p *writeBelt) unlisten(answered bool, err error) {
	c := p.heard
	p.heard = nil
	if i := slices.Index(p.pending, c); answered && i >= 0 {
		p.pending = remove(p.pending, i)
		p.settle(c, err)
		p.jobs.work()
	}
}

// cameBack is called when the map of a chunk has settled, and has jobs go on. The lock is not held.
func (p *writeBelt) cameBack(c *chunk) {
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	if i := slices.Index(p.pending, c); i >= 0 && c != p.heard && p.takeSettled(c) {
		p.pending = remove(p.pending, i)
	}
	p.jobs.work()
}

// teller is what the queue calls when the map of a chunk has settled; nil if the queue does not call.
func (p *writeBelt) teller(c *chunk) func() {
	if c.notify == nil && p.isTold {
		c.notify = func() { p.cameBack(c) }
	}
	return c.notify
}

// willNotify reports whether cameBack will be called.
func (p *writeBelt) willNotify() bool {
	for _, c := range p.pending {
		if c.notifies {
			return true
		}
	}
	return false
}

// settle takes a chunk whose map has settled. It is in no list.
func (p *writeBelt) settle(c *chunk, err error) {
	if err != nil {
		p.drop(c)
		return
	}
	p.giveBack(c)
}

// giveBack takes a mapped chunk. One that the host may still write to is unmapped, which ends the host's view, and mapped
// anew: a chunk for each upload that fails would be memory that the browser frees only after a submit.
func (p *writeBelt) giveBack(c *chunk) {
	if p.shared.lost != nil || c.buffer.Failure() != nil || c.handed && c.buffer.Unmap() != nil {
		p.drop(c)
		return
	}
	if c.handed {
		c.handed = false
		p.pend(c, c.buffer.MapAsync(MapWrite, 0, c.size()), false)
		return
	}
	p.keep(c, now())
	p.shared.wake()
}

// seal unmaps a lent chunk whose copies are recorded in encoder.
func (p *writeBelt) seal(c *chunk, encoder Encoder) error {
	if err := c.buffer.Unmap(); err != nil {
		p.drop(c)
		return err
	}
	c.encoder, c.handed = encoder, false
	p.sealed = append(p.sealed, c)
	return nil
}

// discard destroys the chunks of an encoder that is never submitted.
func (p *writeBelt) discard(encoder Encoder) {
	if encoder == nil {
		return
	}
	kept := p.sealed[:0]
	for _, c := range p.sealed {
		if c.encoder == encoder {
			p.drop(c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(p.sealed[len(kept):])
	p.sealed = kept
}

// submitted asks for the maps of the chunks of submitted encoders, and lays aside those whose encoder the caller
// submits.
func (p *writeBelt) submitted(encoders []Encoder) {
	kept := p.sealed[:0]
	for _, c := range p.sealed {
		switch {
		case contains(encoders, c.encoder):
			c.encoder = nil
			p.pend(c, c.buffer.MapAsync(MapWrite, 0, c.size()), false)
		case isForeign(c.encoder):
			p.layAside(c)
		default:
			kept = append(kept, c)
		}
	}
	clear(p.sealed[len(kept):])
	p.sealed = kept
}

// layAside keeps a chunk for its encoder alone. Whoever needs the memory may take it.
func (p *writeBelt) layAside(c *chunk) {
	c.encoder, c.idleSince = nil, now()
	p.spent = append(p.spent, c)
	p.shared.tend()
	p.shared.wake()
}

// pend takes a chunk that comes back when its map settles.
func (p *writeBelt) pend(c *chunk, settled <-chan error, notifies bool) {
	c.settled, c.notifies = settled, notifies
	p.pending = append(p.pending, c)
	p.shared.tend()
	if !notifies {
		p.shared.wake() // somebody has to listen
	}
}

// send copies the first size bytes of a lent chunk to dst, in a submit of its own. The chunk comes back by itself.
func (p *writeBelt) send(c *chunk, size uint64, dst Buffer, offset uint64) error {
	settled, err := p.shared.chunks.SendChunk(c.buffer, size, dst, offset, p.teller(c))
	return p.sent(c, settled, err)
}

// isIdle reports whether no chunk is pending.
func (p *writeBelt) isIdle() bool {
	p.poll()
	return len(p.pending) == 0
}

// fill writes m to the beginning of the chunk and sends it.
func (p *writeBelt) fill(c *chunk, m Memory, dst Buffer, offset uint64) error {
	settled, err := p.shared.chunks.FillChunk(c.buffer, m, dst, offset, p.teller(c))
	return p.sent(c, settled, err)
}

func (p *writeBelt) sent(c *chunk, settled <-chan error, err error) error {
	if err != nil {
		p.drop(c)
		return err
	}
	c.handed = false
	p.pend(c, settled, p.isTold)
	return nil
}

// isForeign reports whether e records into an encoder that the caller may finish and submit.
func isForeign(e Encoder) bool {
	f, ok := e.(gpu.ForeignEncoder)
	return ok && f.Foreign()
}

func contains(encoders []Encoder, e Encoder) bool {
	for _, other := range encoders {
		if other == e {
			return true
		}
	}
	return false
}

// trim destroys the chunks that have been idle or spent since before or longer. Pending ones are about to be idle.
func (p *writeBelt) trim(before moment) (oldest moment) {
	p.poll()
	var spent moment
	oldest = p.pool.trim(before)
	p.spent, spent = trim(p.spent, before, p.drop)
	if len(p.pending) > 0 {
		oldest = min(oldest, now())
	}
	return min(oldest, spent)
}

// destroy destroys every chunk, wherever it is.
func (p *writeBelt) destroy() {
	p.pool.destroy()
	p.sealed, p.spent, p.pending = nil, nil, nil
	p.jobs.work()
}

// awaitMemory waits for a change if the policy is to wait for the n bytes that were missing. Else, or when ctx ends, it
// returns the budget's refusal.
func (p *writeBelt) awaitMemory(ctx context.Context, op, label string, n uint64) error {
	if !p.shared.budget.waits(n) {
		return p.shared.budget.refuse(op, label, n, nil)
	}
	if p.shared.wait(ctx, p) != nil {
		return p.shared.budget.refuse(op, label, n, causeOf(ctx))
	}
	return nil
}
