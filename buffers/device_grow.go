package buffers

import (
	"context"
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// growth is a Grow. While its outcome is unknown, the old buffer lives, to be put back.
type growth struct {
	core  *deviceCore
	held  *holding
	old   *currentBuffer
	grown *currentBuffer
	round uint64        // round of replaced when old was replaced
	done  chan struct{} // closed when the outcome is known
	err   error         // the outcome
}

// Grow makes the buffer hold at least size bytes. It becomes one and a half times as large, or size if that is more,
// within the device's limit. The contents are copied on the GPU at once, so they are those of everything submitted so
// far. Commands recorded and not yet submitted still refer to the old buffer. A buffer that is large enough stays as it
// is.
//
// The device may find out later that it has no memory for the grown buffer. Then the old one is back, with its contents
// at the call of Grow and another Generation. Later writes are lost, uploads under way fail, and [System.Errors] and
// [DeviceBuffer.AwaitGrow] say so. Else the old buffer is destroyed after the next submit that leaves no frame open.
func (b *DeviceBuffer) Grow(size uint64) error {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.held.check("grow"); err != nil {
		return err
	}
	if b.core.wrapped {
		return gpu.NewError("grow", b.Label(), ErrUnsupported, "its memory is somebody else's")
	}
	old := b.core.current.Load()
	if err := gpu.CheckCreated("grow", old); err != nil {
		return err
	}
	if size <= old.Size() {
		return nil
	}
	grown, err := createGrown(s, old, size)
	if err != nil {
		return err
	}
	b.core.engine.writes.jobs.endRelay() // its rest goes to the grown buffer
	if err := copyNow(s, old.Buffer, grown.Buffer, old.Size()); err != nil {
		grown.Destroy()
		return err
	}
	b.core.replace(b.held.holding, grown)
	beginGrowth(&growth{core: b.core, held: b.held.holding, old: old, grown: grown, round: s.replaced.round, done: make(chan struct{})})
	if l := &s.logger; l.enabled(LevelInfo) {
		l.log(LevelInfo, "buffer grown", label("label", b.Label()), count("from", old.Size()), count("to", grown.Size()))
	}
	return nil
}

// AwaitGrow waits until the outcome of every Grow so far is known, and returns that of the last one. It is
// [ErrOutOfMemory] if there was no memory for it, or for one before it. If ctx ends first, its error is the cause.
func (b *DeviceBuffer) AwaitGrow(ctx context.Context) error {
	s := b.held.shared
	s.mu.Lock()
	g := b.core.latest
	s.mu.Unlock()
	if g == nil {
		return nil
	}
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return gpu.CausedBy("grow", b.held.label, ctx.Err())
	}
}

func createGrown(s *shared, old Buffer, size uint64) (*currentBuffer, error) {
	d := Descriptor{Label: old.Label(), Size: grownSize(old.Size(), size, s.limits.MaxBufferSize), Usage: old.Usage()}
	if err := d.Validate(s.limits); err != nil {
		return nil, err
	}
	grown := &currentBuffer{}
	if err := s.createBuffer(d, grown); err != nil {
		return nil, err
	}
	grown.history = choice.History{Touched: true, Copied: true}
	return grown, nil
}

// grownSize is at least need, and one and a half times size if the limit allows it.
func grownSize(size, need, limit uint64) uint64 {
	grown := max(size+size/2, need)
	if grown > limit {
		grown = max(need, limit)
	}
	if need > limit {
		return need
	}
	return roundUp4(grown)
}

// copyNow copies the first size bytes in a submit of its own.
func copyNow(s *shared, src, dst Buffer, size uint64) error {
	e, err := s.device.CreateEncoder("grow")
	if err != nil {
		return err
	}
	if err := e.CopyBufferToBuffer(src, 0, dst, 0, size); err != nil {
		return err
	}
	return s.queue.Submit(e)
}

// beginGrowth waits for the outcome of g: when the device is done with the copy, it knows whether there was memory.
func beginGrowth(g *growth) {
	s := g.held.shared
	g.core.growths = append(g.core.growths, g)
	g.core.latest = g
	s.wakeHost()
	copied := s.queue.WorkDone()
	go func() {
		select {
		case lost := <-copied:
			g.copied(lost)
		case <-g.done:
		}
	}()
}

// copied takes the outcome of g, and of those before it. The lock is not held.
func (g *growth) copied(lost error) {
	s := g.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	s.confirm(g.grown.serial)
	for c := g.core; slices.Contains(c.growths, g); {
		first := c.growths[0]
		switch err := first.failure(); {
		case lost != nil:
			c.abandon(&Error{Op: "grow", Label: g.held.label, Reason: reasonOf(lost), Cause: lost})
		case err != nil:
			first.revert(err)
		default:
			c.growths = remove(c.growths, 0)
			s.replaced.add(first.old.Buffer, first.round)
			first.end(nil)
		}
	}
}

// failure is the reason, if known, why the contents did not reach the grown buffer.
func (g *growth) failure() error {
	err, _ := g.grown.Failure().(*Error)
	if err == nil {
		return gpu.CheckCreated("grow", g.old)
	}
	return &Error{Op: "grow", Label: err.Label, Reason: err.Reason, Cause: err.Cause,
		Detail: "the creation of " + gpu.Decimal(g.grown.Size()) + " bytes failed: the buffer of " + gpu.Decimal(g.old.Size()) +
			" bytes is back, and what was written to it since is lost"}
}

// revert puts back the buffer that g replaced, and ends all later growths too.
func (g *growth) revert(err error) {
	s, c := g.held.shared, g.core
	c.engine.writes.jobs.endRelay()
	c.replace(g.held, g.old)
	c.failed.Store(g) // before anybody is told: an upload asks for it without the lock
	for _, later := range c.growths {
		s.replaced.buffers = append(s.replaced.buffers, later.grown.Buffer)
		later.end(err)
	}
	c.growths = nil
	s.report(err)
}

func (g *growth) end(err error) {
	g.err = err
	close(g.done)
	g.held.shared.wakeHost()
}

// abandon ends every Grow of unknown outcome, and destroys the old buffers.
func (c *deviceCore) abandon(err error) {
	for _, g := range c.growths {
		g.old.Destroy()
		g.end(err)
	}
	c.growths = nil
}

// replace puts another buffer behind the handle.
func (c *deviceCore) replace(held *holding, by *currentBuffer) {
	c.current.Store(by)
	c.generation.Add(1)
	held.resize(by.Size())
}

func (c *deviceCore) free(f fate) {
	if f != released {
		c.current.Load().Destroy()
	}
	if len(c.growths) > 0 {
		c.abandon(gpu.NewError("grow", c.label, ErrDestroyed, ""))
	}
}

// failedGrow is the Grow of b that failed last, or nil.
func failedGrow(b Buffer) *growth {
	if d, ok := b.(*DeviceBuffer); ok {
		return d.core.failed.Load()
	}
	return nil
}
