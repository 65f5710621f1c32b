package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// engine moves bytes to device memory. It alone chooses the path of uploads, flushes and reads, by measurements on the
// device at hand.
type engine struct {
	shared    *shared
	writes    *writeBelt
	program   program // the other traffic
	choosers  [opCount]choice.Chooser
	prober    prober
	meter     meter
	row       row
	kept      keptWrites
	effect    effect
	unsure    int // transfers, see isUnsure,
	unsureDue int // and how many end that
	reads     readGuide
	scratch   scratch
	hangAfter time.Duration // until a path counts as hung
}

func (e *engine) init(s *shared, writes *writeBelt, reads *readBelt, p program, fixedChunks bool) {
	e.shared, e.writes, e.program, e.hangAfter, e.unsureDue = s, writes, p, hangAfter, unsureFor
	e.kept.shared, e.kept.touched, e.row.ended = s, now()-moment(settling), now()-moment(together)
	e.meter.engine, e.reads.engine, e.reads.fixedChunks = e, e, fixedChunks
	e.prober.init(e, reads)
	for op := range e.choosers {
		e.choosers[op].Init(paths[op], chosenFrom[op])
		if s.isGPU && Operation(op) != OpFrame { // such a frame may be as soon done by a queue write
			e.choosers[op].Presume()
		}
	}
}

// write moves m to dst ahead of everything submitted later. It never waits: bytes that find no mapped memory go by a
// queue write.
func (e *engine) write(dst Buffer, h *choice.History, offset uint64, m Memory) error {
	if m.Size() < chosenFrom[OpBurst] {
		return e.queueWrite(dst, h, offset, m)
	}
	op, taken := e.takeUpload(m.Size(), *h, e.row.follows())
	p := &paths[op][taken.Path]
	if taken.Measure {
		e.meter.begin(op, taken.Path)
	}
	wholly, err := e.move(p, dst, offset, m, true)
	h.Note(p)
	if err == nil {
		e.shared.stats.BytesUp += m.Size()
	}
	e.moved(op, taken.Path, m.Size(), wholly && err == nil)
	return err
}

// queueWrite moves m by one queue write.
func (e *engine) queueWrite(dst Buffer, h *choice.History, offset uint64, m Memory) error {
	e.touch(h)
	err := e.kept.write(dst, offset, m)
	if err == nil {
		e.shared.stats.BytesUp += m.Size()
	}
	return err
}

// move moves m along a path, and reports whether the path took all of it. Without a chunk the rest goes by queue writes.
func (e *engine) move(p *choice.Path, dst Buffer, offset uint64, m Memory, hasToWin bool) (wholly bool, err error) {
	wholly = true
	piece := p.PieceOf(m.Size())
	for done := uint64(0); done < m.Size(); {
		n := min(piece, m.Size()-done)
		var c *chunk
		if p.Mapped && wholly {
			c = e.chunk(n, hasToWin)
		}
		switch {
		case c == nil:
			wholly = wholly && !p.Mapped
			err = e.kept.write(dst, offset+done, m.Slice(done, n))
		case p.InPlace: // as if filled
			err = e.writes.send(c, n, dst, offset+done)
		default:
			err = e.writes.fill(c, m.Slice(done, n), dst, offset+done)
		}
		if err != nil {
			return false, err
		}
		done += n
	}
	return wholly, nil
}

// chunk is one for size bytes, nil if that would take a wait. hasToWin says that a queue write does as well: then none is made as
// long as mapped paths are only presumed to be faster. On a discrete GPU to make one for each of 64 writes of 192 KiB takes 320
// us each, and queue writes 78; of 1 MiB 702 and 506 (measured).
func (e *engine) chunk(size uint64, hasToWin bool) *chunk {
	if hasToWin && e.choosers[OpBurst].Rate(smallRing, size) == 0 && e.choosers[OpUpload].Rate(smallRing, size) == 0 {
		e.writes.poll()
		return e.writes.fromIdle(size)
	}
	return e.writes.lendNow(size)
}

// ask returns the path that a transfer of size bytes would take now, and completes the history by which it was chosen.
func (e *engine) ask(op Operation, size uint64, h *choice.History) (path int) {
	switch c := &e.choosers[op]; {
	case op.flushes():
		path, _ = e.flushPath(op, size, h)
		return path
	case op == OpUpload || op == OpBurst:
		h.Effect = e.effectOfCopies()
		return c.Ask(size, *h, e.isMeasurable(op)).Path
	case !e.reads.sharesChunk(size):
		return c.Best(size, *h)
	}
	return 0
}

// flushPath is the best path of size bytes of updates, and reports whether there is a choice. Copies that may spoil slots for
// queue writes (see choice.History) are made only if frames overlap. Then no slot is without copies for long, since a slot
// that they went into stays with them.
func (e *engine) flushPath(op Operation, size uint64, h *choice.History) (path int, chooses bool) {
	spoils := e.effectOfCopies() != choice.Harmless
	switch {
	case size < chosenFrom[op], spoils && !h.Copied && op == OpFrame:
		return queueWrites, false
	case spoils && h.Copied && h.Hosted:
		return filledInPlace, false
	case spoils && h.Copied:
		return mappedChunk, false
	}
	h.Effect = choice.Harmless
	return e.choosers[op].Best(size, *h), true
}

// takeUpload chooses the path of a write or an upload.
func (e *engine) takeUpload(size uint64, h choice.History, follows bool) (Operation, choice.Choice) {
	if !follows {
		e.row.length, e.row.touches = 0, false
	}
	e.row.length++
	if e.row.touches { // the program may have waited for memory itself
		e.kept.touched = now()
	}
	op := OpBurst
	if e.row.length == 1 {
		op = OpUpload
	}
	if size < chosenFrom[op] {
		return op, choice.Choice{}
	}
	h.Effect = e.effectOfCopies()
	if p, measured := e.meter.path(op); measured && e.suitsRow(p, size, h) {
		e.count(op, size)
		return op, choice.Choice{Path: p}
	}
	return op, e.take(op, size, h)
}

// suitsRow reports whether a transfer can take the path that is being measured by its row. A first copy into a buffer that it
// may spoil is left to where it is the choice.
func (e *engine) suitsRow(path int, size uint64, h choice.History) bool {
	p := &paths[OpBurst][path]
	return p.Suits(size, h) && (h.Copied || h.Effect == choice.Harmless || !p.Mapped || e.choosers[OpBurst].Best(size, h) == path)
}

// effect is what copies do to buffers, as it followed from so many lessons. To work it out takes longer than all else that a
// write asks of the engine.
type effect struct {
	is      choice.Effect
	lessons [2]uint
}

// effectOfCopies is that, or what is likely as long as nobody knows: to spoil a buffer takes a processor that stands in for a GPU.
func (e *engine) effectOfCopies() choice.Effect {
	if is := e.knownEffect(); is != choice.Unknown || !e.shared.isGPU {
		return is
	}
	return choice.Harmless
}

func (e *engine) knownEffect() choice.Effect {
	lessons := [2]uint{e.choosers[OpUpload].Lessons(), e.choosers[OpBurst].Lessons()}
	if e.effect.lessons != lessons {
		e.effect = effect{e.findEffect(), lessons}
	}
	return e.effect.is
}

// findEffect tells whether copies spoil buffers here, by many queue writes to a buffer that copies went into, and to one
// that has seen none. To a spoiled one they took 2.3 to 10 times as long (measured), and else about as long. On a busy page a
// clean one may have been measured slow alone, so what fewer bytes took counts too: more are never slower.
func (e *engine) findEffect() choice.Effect {
	c := &e.choosers[OpUpload]
	clean, copied := c.Measured(queueWrites, 4*probeSize), c.Measured(copiedQueueWrites, 4*probeSize)
	if clean == 0 || copied == 0 {
		return choice.Unknown
	}
	clean = max(clean, c.AtLeast(queueWrites, 4*probeSize), e.choosers[OpBurst].AtLeast(queueWrites, 4*probeSize))
	switch {
	case copied > clean*4/5:
		return choice.Harmless
	case copied < clean/2:
		return choice.Spoiling
	}
	return choice.Unknown
}

// moved is called when a write or an upload took a path.
func (e *engine) moved(op Operation, path int, size uint64, wholly bool) {
	e.row.end()
	e.meter.add(op, path, size, wholly)
}

// movedMore is called when size further bytes take the path of those before them, as many at a time as each.
func (e *engine) movedMore(op Operation, path int, each, size uint64) {
	for size > 0 {
		n := min(each, size)
		size -= n
		e.row.length++
		e.count(op, n)
		e.meter.add(op, path, n, true)
	}
}

// isMeasurable reports whether a transfer that begins now can be measured: one that is alone if it has the GPU to itself,
// as far as this System knows, and a burst from its second transfer on.
func (e *engine) isMeasurable(op Operation) bool {
	switch {
	case e.prober.busy, op == OpFlush: // the times of frames that overlap do, too: only the prober measures their paths
		return false
	case op == OpBurst:
		return e.row.length == 2 && e.meter.canTurn()
	}
	return !e.meter.running && e.program.idle()
}

// leave chooses the path of a transfer that the caller makes at once: the host, or uploads that share it.
func (e *engine) leave(size uint64, h choice.History, follows bool) *choice.Path {
	op, path := e.takeMeasured(size, h, follows)
	e.moved(op, path, size, true)
	return &paths[op][path]
}

// takeMeasured chooses the path of a transfer that the caller makes at once, and has it measured if that is due.
func (e *engine) takeMeasured(size uint64, h choice.History, follows bool) (op Operation, path int) {
	op, taken := e.takeUpload(size, h, follows)
	if taken.Measure {
		e.meter.begin(op, taken.Path)
	}
	return op, taken.Path
}

// bestTogether is the path that is known to be best for transfers of size bytes together.
func (e *engine) bestTogether(size uint64, h choice.History) (path int) {
	if size < chosenFrom[OpBurst] {
		return queueWrites
	}
	h.Effect = e.effectOfCopies()
	return e.choosers[OpBurst].Best(size, h)
}

// take chooses a path.
func (e *engine) take(op Operation, size uint64, h choice.History) choice.Choice {
	if op.uploads() {
		e.touch(&h)
	}
	taken := e.choosers[op].Take(size, h, e.isMeasurable(op))
	taken.Measure = taken.Measure && h.Touched && (!op.uploads() || e.kept.touched.age() >= settling)
	e.count(op, size)
	return taken
}

// touch is called before memory is written to.
func (e *engine) touch(h *choice.History) {
	if !h.Touched {
		h.Touched, e.kept.touched, e.row.touches = true, now(), true
	}
}

// count has the prober measure unknown paths, and all of them anew after very many transfers.
func (e *engine) count(op Operation, size uint64) {
	c := &e.choosers[op]
	due := c.Probe(size, e.prober.busy)
	if due == choice.NotDue && !c.AwaitsFirst() && e.isUnsure(op, size) {
		due = choice.DueNow
	}
	switch due {
	case choice.DueNow:
		if e.prober.inBackground(op) {
			e.meter.spoil() // what goes on beside it says little
		}
	case choice.DueWhenIdle:
		before := c.Probes()
		e.prober.whenIdle(op, func() bool { return c.Probes() == before }, func(bool) {})
	}
}

// unsureFor is the number of transfers after which what copies do to buffers is measured, if nobody knows. If that does not
// tell, it is measured again after four times as many, and so on.
const unsureFor = 16

// isUnsure counts the transfers of which nobody knows whether a copy would do harm, and reports whether that is to end.
func (e *engine) isUnsure(op Operation, size uint64) bool {
	if !op.isToldBy(OpBurst) || size < chosenFrom[op] || e.prober.busy || e.knownEffect() != choice.Unknown {
		return false
	}
	e.unsure++
	if e.unsure < e.unsureDue {
		return false
	}
	e.unsureDue *= 4
	return true
}

// traffic is the program's moved bytes and submits, and whether a transfer is under way.
type traffic struct {
	moved    uint64
	underway bool
}

// program is the traffic besides the transfer being measured.
type program interface {
	// idle reports whether the GPU has none of it.
	idle() bool
	traffic() traffic
}

// polls last as long as most measurements.
const polls = 64

// workDone settles when the GPU is done with everything so far. The host polls for that, so that the transfer is measured
// and not the host's next poll.
func (e *engine) workDone() <-chan error {
	done := e.shared.queue.WorkDone()
	e.shared.poll(polls)
	return done
}

// hangAfter is how long a transfer may take before its path counts as hung.
const hangAfter = 2 * time.Second

// hang marks a path whose transfer does not end.
func (e *engine) hang(op Operation, path int, size uint64) {
	e.choosers[op].Hang(path, size)
	if l := &e.shared.logger; l.enabled(LevelWarn) {
		l.log(LevelWarn, "a transfer hangs", text("operation", op.String()), text("path", paths[op][path].Name), count("bytes", size))
	}
}

// learn takes a measurement, and logs if it changes the choice.
func (e *engine) learn(op Operation, path int, size uint64, took time.Duration) {
	c := &e.choosers[op]
	before := c.Best(size, choice.History{})
	c.Learn(path, size, took)
	after := c.Best(size, choice.History{})
	if l := &e.shared.logger; before != after && l.enabled(LevelInfo) {
		l.log(LevelInfo, "another path is faster", text("operation", op.String()), text("path", paths[op][after].Name),
			count("bytes", size), count("megabytes per second", int64(c.Rate(after, size)/1e6)))
	}
}
