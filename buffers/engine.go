package buffers

import (
	"sync"
	"time"
)

// engine moves bytes to device memory, and is the one place where the path is chosen: for uploads,
// flushes and reads, by what is measured on the device in hand.
//
// One transfer at a time is measured, from its start to the moment when the GPU is done with it.
type engine struct {
	sys      *System
	choosers [opCount]chooser
	probes   chan probe
	probing  bool
	copyCost time.Duration // of one more copy in a submit; 0 where it was not measured
	scratch  sync.Pool     // of *[]byte, through which streams go
	patience time.Duration // until a path counts as hung
	// fixedChunks says that reads are cut as [Options].ChunkSize says.
	fixedChunks bool
}

// probe is a transfer that is being measured.
type probe struct {
	op    Operation
	path  int
	size  uint64
	start time.Time
	done  <-chan error
}

func (e *engine) init(s *System, fixedChunks bool) {
	e.sys, e.fixedChunks, e.patience = s, fixedChunks, defaultPatience
	for op := range e.choosers {
		e.choosers[op].paths = paths[op]
	}
}

// write moves m to dst ahead of everything submitted later. It never waits: what finds no mapped memory
// goes by a queue write.
func (e *engine) write(dst Buffer, offset uint64, m Memory) error {
	if m.Size() < smallest {
		return e.sys.queue.WriteBuffer(dst, offset, m)
	}
	i, measure := e.choosers[OpUpload].pick(m.Size(), !e.probing)
	start := time.Now()
	wholly, err := e.move(&paths[OpUpload][i], dst, offset, m)
	if err == nil && measure && wholly {
		e.observe(OpUpload, i, m.Size(), start)
	}
	return err
}

// move moves m along a path, and reports whether the path took all of it.
func (e *engine) move(p *path, dst Buffer, offset uint64, m Memory) (wholly bool, err error) {
	wholly = true
	for done := uint64(0); done < m.Size(); {
		n := min(p.piece, m.Size()-done)
		var c *chunk
		if p.mapped && wholly {
			c = e.sys.uploads.lendNow(n)
		}
		if c == nil {
			wholly = wholly && !p.mapped
			err = e.sys.queue.WriteBuffer(dst, offset+done, m.Slice(done, n))
		} else {
			err = e.sys.uploads.fill(c, m.Slice(done, n), dst, offset+done)
		}
		if err != nil {
			return false, err
		}
		done += n
	}
	return wholly, nil
}

// flush moves the first bytes of an arena to the beginning of dst.
func (e *engine) flush(dst Buffer, arena Memory) error {
	i, measure := e.choosers[OpFlush].pick(arena.Size(), !e.probing)
	start := time.Now()
	wholly, err := e.move(&paths[OpFlush][i], dst, 0, arena)
	if err == nil && measure && wholly {
		e.observe(OpFlush, i, arena.Size(), start)
	}
	return err
}

// observe has the time taken until the GPU is done with everything so far.
func (e *engine) observe(op Operation, path int, size uint64, start time.Time) {
	if e.probes == nil {
		e.probes = make(chan probe, 1)
		go e.watch(e.probes)
	}
	e.probing = true
	e.probes <- probe{op, path, size, start, e.sys.queue.WorkDone()}
}

// defaultPatience is how long a transfer may take before its path counts as hung.
const defaultPatience = 2 * time.Second

// watch waits for the probes. The lock is not held.
func (e *engine) watch(probes <-chan probe) {
	late := time.NewTimer(e.patience)
	defer late.Stop()
	for p := range probes {
		late.Reset(e.patience)
		select {
		case err := <-p.done:
			e.conclude(p, err)
		case <-late.C:
			e.giveUp(p)
			e.conclude(p, <-p.done)
		}
	}
}

func (e *engine) conclude(p probe, err error) {
	took := time.Since(p.start)
	e.sys.mu.Lock()
	defer e.sys.mu.Unlock()
	e.probing = false
	if err == nil {
		e.learn(p.op, p.path, p.size, took)
	}
}

func (e *engine) giveUp(p probe) {
	e.sys.mu.Lock()
	defer e.sys.mu.Unlock()
	e.choosers[p.op].hang(p.path, p.size)
	if l := &e.sys.logger; l.enabled(LevelWarn) {
		l.log(LevelWarn, "a transfer hangs", text("operation", p.op.String()), text("path", paths[p.op][p.path].name), count("bytes", p.size))
	}
}

// learn takes a measurement, and logs where it changes the choice.
func (e *engine) learn(op Operation, path int, size uint64, took time.Duration) {
	c := &e.choosers[op]
	before := c.best(size)
	c.learn(path, size, took)
	after := c.best(size)
	if l := &e.sys.logger; before != after && l.enabled(LevelInfo) {
		l.log(LevelInfo, "another path is faster", text("operation", op.String()), text("path", c.paths[after].name),
			count("bytes", size), count("megabytes per second", int64(c.rate(after, size)/1e6)))
	}
}

// scratchSize is the piece in which a stream is read.
const scratchSize = 1 << 20

func (e *engine) takeScratch() []byte {
	if p, ok := e.scratch.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, scratchSize)
}

func (e *engine) giveScratch(p []byte) { e.scratch.Put(&p) }

// close ends the measuring.
func (e *engine) close() {
	if e.probes != nil {
		close(e.probes)
		e.probes = nil
	}
}

// readPiece chooses how a read of size bytes is cut that is sent now, alone or among others. path is -1
// where there is no choice.
func (e *engine) readPiece(size uint64, alone bool) (piece uint64, path int, measure bool) {
	piece = e.sys.options.ChunkSize
	if size <= piece/4 || e.fixedChunks {
		return piece, -1, false
	}
	path, measure = e.choosers[OpReadback].pick(size, alone)
	return min(paths[OpReadback][path].piece, e.sys.budget.limit/ringDepth&^255), path, measure
}

// nearby is how many bytes between two ranges are better copied along than left out by another copy.
func (e *engine) nearby() uint64 {
	if e.copyCost == 0 {
		return 4096
	}
	rate := e.choosers[OpReadback].rate(0, 1<<20)
	return min(max(uint64(rate*e.copyCost.Seconds()), 256), 256<<10)
}
