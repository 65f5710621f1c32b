package buffers

import (
	"sync"
	"time"
)

// engine moves bytes to device memory, and is the one place where the path is chosen: for uploads,
// flushes and reads, by what is measured on the device in hand.
//
// One transfer at a time is measured, from its start to the moment when the GPU is done with it. Where the program
// moves something else meanwhile, the path is at least as fast as that.
type engine struct {
	sys       *System
	choosers  [opCount]chooser
	prober    prober
	probe     probe // that is measured, where probing
	probing   bool
	watch     func()      // watchProbe, made once
	late      *time.Timer // of the probe
	copyAsked bool
	copyCost  time.Duration // of one more copy in a submit; 0 where it was not measured
	scratch   sync.Pool     // of *[]byte, through which streams go
	patience  time.Duration // until a path counts as hung
	// fixedChunks says that reads are cut as [Options].ChunkSize says.
	fixedChunks bool
}

// probe is a transfer that is being measured.
type probe struct {
	op    Operation
	path  int
	size  uint64
	start moment
	done  <-chan error
	moved uint64 // by the program so far
}

func (e *engine) init(s *System, fixedChunks bool) {
	e.sys, e.fixedChunks, e.patience = s, fixedChunks, defaultPatience
	e.prober.init(s)
	for op := range e.choosers {
		e.choosers[op].paths, e.choosers[op].from = paths[op], chosenFrom[op]
	}
}

// write moves m to dst ahead of everything submitted later. It never waits: what finds no mapped memory
// goes by a queue write.
func (e *engine) write(dst Buffer, h *history, offset uint64, m Memory) error {
	if m.Size() < chosenFrom[OpUpload] {
		h.touched = true
		err := e.sys.queue.WriteBuffer(dst, offset, m)
		if err == nil {
			e.sys.stats.BytesUp += m.Size()
		}
		return err
	}
	i, measure := e.pick(OpUpload, m.Size(), *h)
	start := now()
	wholly, err := e.move(&paths[OpUpload][i], dst, offset, m)
	h.note(&paths[OpUpload][i])
	if err != nil {
		return err
	}
	e.sys.stats.BytesUp += m.Size()
	if measure && wholly {
		e.observe(OpUpload, i, m.Size(), start)
	}
	return nil
}

// move moves m along a path, and reports whether the path took all of it.
func (e *engine) move(p *path, dst Buffer, offset uint64, m Memory) (wholly bool, err error) {
	wholly = true
	for done := uint64(0); done < m.Size(); {
		n := min(p.piece, m.Size()-done)
		var c *chunk
		if p.mapped && wholly {
			c = e.sys.uploads.lendNow(n, p.ring(m.Size()))
		}
		switch {
		case c == nil:
			wholly = wholly && !p.mapped
			err = e.sys.queue.WriteBuffer(dst, offset+done, m.Slice(done, n))
		case p.inPlace: // as if it was filled
			err = e.sys.uploads.send(c, n, dst, offset+done)
		default:
			err = e.sys.uploads.fill(c, m.Slice(done, n), dst, offset+done)
		}
		if err != nil {
			return false, err
		}
		done += n
	}
	return wholly, nil
}

// flush moves the bytes of an arena to offset of dst. Frames overlap, and with them the times they take: their paths
// are measured by the prober alone.
func (e *engine) flush(dst Buffer, h *history, offset uint64, arena Memory) error {
	e.pick(OpFlush, arena.Size(), *h)
	p := e.flushPath(arena.Size(), *h)
	h.note(p)
	_, err := e.move(p, dst, offset, arena)
	return err
}

// flushChunk is flush of a chunk that was filled in place.
func (e *engine) flushChunk(dst Buffer, h *history, c *chunk, size uint64) error {
	e.pick(OpFlush, size, *h)
	h.note(&paths[OpFlush][filledInPlace])
	return e.sys.uploads.send(c, size, dst, 0)
}

// flushPath is the path of size bytes of updates. Where copies went once, they go on: see history.
func (e *engine) flushPath(size uint64, h history) *path {
	return &paths[OpFlush][e.flushIndex(size, h)]
}

func (e *engine) flushIndex(size uint64, h history) int {
	switch {
	case size < chosenFrom[OpFlush]:
		return 0
	case h.copied && h.hosted:
		return filledInPlace
	case h.copied:
		return mappedChunk
	}
	return e.choosers[OpFlush].best(size, h)
}

// foresee is the path that a transfer of size bytes would take now.
func (e *engine) foresee(op Operation, size uint64, h history) (path int) {
	switch c := &e.choosers[op]; {
	case op == OpFlush:
		return e.flushIndex(size, h)
	case op == OpUpload:
		path, _ = c.foresee(size, h, e.alone())
	case !e.sharesChunk(size):
		path = c.best(size, h)
	}
	return path
}

// pick chooses a path, and has the prober measure those that it does not know, and all of them anew after
// very many transfers.
func (e *engine) pick(op Operation, size uint64, h history) (path int, measure bool) {
	c := &e.choosers[op]
	path, measure = c.pick(size, h, e.alone())
	measure = measure && h.touched // the first time memory is touched is slow
	if size < c.from {
		return path, measure
	}
	c.turns += 1 + size/turnBytes
	if c.turns >= c.probeAt && !e.prober.busy {
		c.probeAt = c.turns + probeAgain
		if c.soon == 0 || c.suspect {
			e.prober.inBackground(op)
		} else {
			e.prober.whenIdle(op)
		}
	}
	return path, measure
}

// alone reports whether a transfer that begins now has the GPU for itself, as far as this System goes.
func (e *engine) alone() bool {
	s := e.sys
	s.uploads.poll()
	s.frames.poll()
	return !e.probing && !e.prober.busy && len(s.uploads.pending) == 0 && len(s.frames.inFlight) == 0
}

// traffic is what the program has moved, and whether it is moving something.
type traffic struct {
	moved    uint64
	underway bool
}

func (s *System) traffic() traffic {
	return traffic{
		moved:    s.stats.BytesUp + s.stats.BytesDown + s.stats.Submits,
		underway: len(s.uploads.jobs) > 0 || len(s.reads.inFlight)+len(s.reads.lent) > 0 || len(s.frames.inFlight) > 0,
	}
}

// observe has the time taken until the GPU is done with everything so far.
func (e *engine) observe(op Operation, path int, size uint64, start moment) {
	e.probing = true
	e.sys.rouse()
	e.probe = probe{op, path, size, start, e.workDone(size < unhurried), e.sys.traffic().moved}
	if e.watch == nil {
		e.watch, e.late = e.watchProbe, time.NewTimer(e.patience)
	} else {
		e.late.Reset(e.patience)
	}
	go e.watch()
}

// unhurried is the size from which on the program's own transfers are measured without looks, which slow a ring down
// while it goes on.
const unhurried = 16 << 20

const (
	// looks are for as long as most measurements last,
	looks = 64
	// fewLooks for as long as most chunks of a read take to land.
	fewLooks = 6
)

// workDone tells when the GPU is done with everything so far, where that is hurried as soon as can be: then what is
// measured is the transfer, and not when the host happens to look.
func (e *engine) workDone(hurried bool) <-chan error {
	done := e.sys.queue.WorkDone()
	if hurried {
		e.look(looks)
	}
	return done
}

func (e *engine) look(times int) {
	if e.sys.looker != nil {
		e.sys.looker.Look(times)
	}
}

// defaultPatience is how long a transfer may take before its path counts as hung.
const defaultPatience = 2 * time.Second

// watchProbe waits for the probe. The lock is not held.
func (e *engine) watchProbe() {
	p := e.probe
	for {
		select {
		case err := <-p.done:
			e.late.Stop()
			e.conclude(p, err)
			return
		case <-e.late.C:
			e.giveUp(p)
		case <-e.sys.closed:
			e.late.Stop()
			return
		}
	}
}

func (e *engine) conclude(p probe, err error) {
	took := p.start.age()
	e.sys.mu.Lock()
	defer e.sys.mu.Unlock()
	e.probing = false
	e.look(0)
	now := e.sys.traffic()
	alone := now.moved == p.moved && !now.underway
	if err == nil && (alone || e.choosers[p.op].improves(p.path, p.size, took)) {
		e.learn(p.op, p.path, p.size, took)
	}
}

func (e *engine) giveUp(p probe) {
	e.sys.mu.Lock()
	defer e.sys.mu.Unlock()
	e.hang(p.op, p.path, p.size)
}

// hang leaves a path alone that does not come to an end.
func (e *engine) hang(op Operation, path int, size uint64) {
	e.choosers[op].hang(path, size)
	if l := &e.sys.logger; l.enabled(LevelWarn) {
		l.log(LevelWarn, "a transfer hangs", text("operation", op.String()), text("path", paths[op][path].name), count("bytes", size))
	}
}

// learn takes a measurement, and logs where it changes the choice.
func (e *engine) learn(op Operation, path int, size uint64, took time.Duration) {
	c := &e.choosers[op]
	before := c.best(size, history{})
	c.learn(path, size, took)
	after := c.best(size, history{})
	if l := &e.sys.logger; before != after && l.enabled(LevelInfo) {
		l.log(LevelInfo, "another path is faster", text("operation", op.String()), text("path", c.paths[after].name),
			count("bytes", size), count("megabytes per second", int64(c.rate(after, size)/1e6)))
	}
}

// scratchSize is the piece in which a stream is read.
const scratchSize = 4 << 20

func (e *engine) takeScratch() []byte {
	if p, ok := e.scratch.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, scratchSize)
}

func (e *engine) giveScratch(p []byte) { e.scratch.Put(&p) }

// cut chooses how a read is cut that is sent now, alone or among others.
func (e *engine) cut(x *reading, alone bool) cut {
	if e.sharesChunk(x.size) {
		return cut{piece: e.sys.options.ChunkSize, depth: ringDepth, path: -1}
	}
	i, measure := e.choosers[OpReadback].pick(x.size, history{}, alone && x.tellsOfPath())
	p := &paths[OpReadback][i]
	most := e.sys.budget.limit / uint64(p.depth) &^ 255
	return cut{min(p.piece, most), p.depth, i, measure}
}

// sharesChunk reports whether a read of size bytes is not cut for itself, but goes into what chunks there are.
func (e *engine) sharesChunk(size uint64) bool {
	return size <= e.sys.options.ChunkSize/4 || e.fixedChunks
}

// manyReads at a time are worth knowing what a copy costs.
const manyReads = 48

// expectReads has the cost of a copy measured, once, if there are many reads at a time.
func (e *engine) expectReads(n int) {
	if n >= manyReads && e.copyCost == 0 && !e.copyAsked {
		e.copyAsked = e.prober.inBackground(OpReadback)
	}
}

// nearby is how many bytes between two ranges are better copied along than left out by another copy.
func (e *engine) nearby() uint64 {
	if e.copyCost == 0 {
		return 4096
	}
	rate := e.choosers[OpReadback].rate(0, 1<<20)
	return min(max(uint64(rate*e.copyCost.Seconds()), 256), 256<<10)
}
