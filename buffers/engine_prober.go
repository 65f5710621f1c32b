package buffers

import (
	"context"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// prober measures the paths to the GPU with data and buffers of its own. So no experiment is made on a transfer of the
// program's, or spoils one of its buffers.
//
// It keeps its memory for the next bout, until that has lain idle for [Options].IdleAge.
type prober struct {
	shared     *shared
	engine     *engine
	reads      *readBelt
	busy       bool
	background chan struct{} // closed when a bout in the background is over; nil if there is none
	due        int           // bouts that wait for the program to be idle
	idleSince  moment
	data       []byte
	dst        [2]Buffer                        // the first takes queue writes alone, the second copies
	warm       [opCount][choice.MaxPaths]uint64 // the largest size that a path has moved
	owner      *readbackCore                    // of its own reads
	held       *handle
}

func (p *prober) init(e *engine, reads *readBelt) {
	p.shared, p.engine, p.reads = e.shared, e, reads
	p.owner, p.held = &readbackCore{maxInFlight: 2}, &handle{&holding{shared: e.shared, label: "probe"}}
}

// What probing may cost each time, but for the first touch of its memory: then each measured path moves its largest
// transfer once more. In the background it may last longer, since nobody waits: on a machine where all is new, the
// first transfers are slow.
const (
	probeTime       = 50 * time.Millisecond
	backgroundTime  = time.Second
	probeBytes      = 52 << 20 // of the steps of a calibration, at most
	backgroundBytes = 112 << 20
	probeSize       = 4 << 20 // the most at a time
)

// probing is one bout of measurements.
type probing struct {
	*prober
	left     uint64
	end      moment
	suspect  bool // a path of uploads has become slow: alone or in a burst, it is the same path
	measured [opCount][choice.MaxPaths]bool
	tried    [opCount]bool
}

// probeStep moves size bytes several times in a row along each path of an operation.
type probeStep struct {
	op     Operation
	size   uint64
	times  uint64
	rounds int
	paths  []int // or nil for all
	later  bool  // not part of a calibration
}

// probeSteps are the most telling first. Bursts come first, by a path of each kind and of several pieces: one piece alone
// tells little of how fast they follow each other. Frames follow each other too.
var probeSteps = []probeStep{
	{OpBurst, probeSize, 2, 1, []int{queueWrites, smallRing}, false},
	{OpFlush, 256 << 10, 2, 3, nil, false},
	{OpBurst, 1 << 20, 4, 2, []int{queueWrites, smallRing}, false},
	{OpBurst, 256 << 10, 8, 2, []int{queueWrites, smallRing}, false},
	{OpUpload, 1 << 20, 1, 2, []int{queueWrites, smallRing}, false},
	{OpFlush, 256 << 10, 3, 3, nil, true},
	{OpFlush, 2 << 20, 3, 2, nil, true},
	{OpBurst, probeSize, 4, 2, []int{queueWrites, copiedQueueWrites}, true}, // so many that a spoiled buffer shows
	{OpReadback, probeSize, 1, 1, nil, true},
}

// begin makes the buffers and data of a bout. The lock is held.
func (p *prober) begin() (*probing, error) {
	if err := p.shared.usable("probe", ""); err != nil {
		return nil, err
	}
	if p.busy {
		return nil, gpu.NewError("probe", "", ErrBusy, "the paths are being measured")
	}
	size := min(probeSize, p.shared.limits.MaxBufferSize)
	p.idleSince = now()
	p.shared.tend()
	for i := range p.dst {
		if p.dst[i] != nil {
			continue
		}
		b, err := p.shared.device.CreateBuffer(&Descriptor{Label: "probe", Size: size, Usage: UsageCopyDst | UsageCopySrc})
		if err != nil {
			return nil, err
		}
		p.dst[i] = b
	}
	if p.data == nil {
		p.data = make([]byte, size)
	}
	p.busy = true
	return &probing{prober: p, left: backgroundBytes, end: now() + moment(backgroundTime)}, nil
}

// finish is called when a bout is over. The lock is not held.
func (b *probing) finish() {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	b.busy, b.idleSince = false, now()
	if b.background != nil {
		close(b.background)
		b.background = nil
	}
	b.shared.tend()
	for op := range b.engine.choosers {
		b.engine.choosers[op].Probed(b.tried[op])
	}
}

// trim destroys the kept buffers and data if they have been idle since before or longer.
func (p *prober) trim(before moment) (oldest moment) {
	switch {
	case p.busy || p.dst[0] == nil:
		return latest
	case p.idleSince > before:
		return p.idleSince
	}
	p.destroy()
	p.data, p.dst = nil, [2]Buffer{}
	p.warm = [opCount][choice.MaxPaths]uint64{}
	return latest
}

// abandon ends the reads of a finished measurement.
// It locks.
func (p *prober) abandon() {
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	p.reads.abandon(p.owner)
}

// destroy ends a bout that is under way, with an error.
func (p *prober) destroy() {
	for _, b := range p.dst {
		if b != nil {
			b.Destroy()
		}
	}
}

const (
	// quiet is how long the program must move nothing before its paths are measured again.
	quiet = 20 * time.Millisecond
	// quietTries bounds the waits for that: a program that stays busy is measured all the same.
	quietTries = 50
)

// whenIdle calls inBackground once the program moves nothing, so that neither is in the other's way, if that is still wanted. It
// tells done whether a bout has begun.
func (p *prober) whenIdle(op Operation, wanted func() bool, done func(begun bool)) {
	p.due++
	p.shared.wakeHost()
	seen, tries := p.engine.program.traffic(), 0
	var timer *time.Timer
	timer = time.AfterFunc(quiet, func() {
		p.shared.mu.Lock()
		defer p.shared.mu.Unlock()
		now := p.engine.program.traffic()
		if tries++; p.shared.lost == nil && tries < quietTries && (now.underway || now != seen) {
			seen = now
			timer.Reset(quiet)
			return
		}
		p.due--
		done(wanted() && p.inBackground(op))
	})
}

// inBackground measures the paths of one operation, and reports whether it has begun.
func (p *prober) inBackground(op Operation) bool {
	b, err := p.begin()
	if err == nil {
		b.suspect = op.uploads() && p.engine.choosers[op].IsSuspect()
		p.background = make(chan struct{})
		p.shared.wakeHost()
		go func() {
			err := b.run(context.Background(), func(s probeStep) bool { return op.isToldBy(s.op) })
			if op == OpReadback && err == nil {
				err = b.copies(context.Background())
			}
			b.finish()
			if l := &p.shared.logger; err != nil && reasonOf(err) != ErrDestroyed && l.enabled(LevelWarn) {
				l.log(LevelWarn, "the paths could not be measured", text("operation", op.String()), text("error", err.Error()))
			}
		}()
	}
	return err == nil
}

// run takes the wanted steps, as far as time and bytes go.
func (b *probing) run(ctx context.Context, wanted func(probeStep) bool) error {
	for _, step := range probeSteps {
		if !wanted(step) {
			continue
		}
		b.tried[step.op] = true
		for range step.rounds {
			for i := range paths[step.op] {
				if !b.tells(step, i) {
					continue
				}
				if err := b.measure(ctx, step, i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tells reports whether a step measures a path.
func (b *probing) tells(step probeStep, i int) bool {
	p := &paths[step.op][i]
	if p.InPlace && !b.shared.options.HostWrites {
		return false
	}
	if p.Mapped && step.op != OpReadback && step.size*step.times > b.shared.budget.limit/16 { // the memory is the program's
		return false
	}
	return step.size > p.Above && (step.paths == nil || slices.Contains(step.paths, i))
}

// affords takes size bytes from those left, or reports that time or bytes are used up.
func (b *probing) affords(size uint64) bool {
	if size > b.left || now() >= b.end {
		return false
	}
	b.left -= size
	return true
}

// measure moves bytes along one path, as far as time and bytes go. The first time does not count: new memory is slow.
func (b *probing) measure(ctx context.Context, step probeStep, path int) error {
	if step.op == OpReadback {
		return b.read(ctx, step.size, path)
	}
	if warm := &b.warm[step.op][path]; *warm < step.size {
		*warm = step.size
		start, left := now(), b.left
		if err := b.transfer(ctx, step, path, func(time.Duration) {}); err != nil {
			return err
		}
		b.end, b.left = b.end+moment(start.age()), left
	}
	return b.transfer(ctx, step, path, func(took time.Duration) { b.learn(step, path, took) })
}

// learn takes a measurement. The largest pieces in a row tell of one longer upload, too.
func (b *probing) learn(step probeStep, path int, took time.Duration) {
	b.learnOf(step.op, path, step.size, took/time.Duration(step.times))
	if step.op == OpBurst && step.size == probeSize { // 8 or 16 MiB
		b.learnOf(OpUpload, path, step.times*step.size, took)
	}
}

// learnOf takes a measurement. If no path is suspect, a slow one says little: the page may have been busy with something
// else. If one of the operation is, the first measurement of a path replaces all older ones. If only one of the other kind of
// uploads is, a measurement replaces those of about its size that are more than twice as fast.
func (b *probing) learnOf(op Operation, path int, size uint64, took time.Duration) {
	c := &b.engine.choosers[op]
	switch {
	case c.IsSuspect():
		if !b.measured[op][path] {
			b.measured[op][path] = true
			c.Forget(path)
		}
	case b.suspect && !c.Improves(path, size, took/2):
		c.ForgetSize(path, size)
	case !c.Improves(path, size, took):
		return
	}
	b.engine.learn(op, path, size, took)
}

// transfer moves bytes along one path, and passes the time to learn, with the lock held.
func (b *probing) transfer(ctx context.Context, step probeStep, path int, learn func(time.Duration)) error {
	if !b.affords(step.size * step.times) {
		return nil
	}
	if err := b.shared.answered(ctx, "probe", "", b.shared.queue.WorkDone()); err != nil { // earlier work does not count
		return err
	}
	start := now()
	wholly, done, err := b.send(step, path)
	if err != nil || !wholly {
		return err
	}
	if step.op == OpFlush {
		start -= moment(start.age()) // the thread's time counts twice: it fills the next frame
	}
	return b.conclude(ctx, step, path, done, func() { learn(start.age()) })
}

// send moves the bytes of a step. The lock is not held.
func (b *probing) send(step probeStep, path int) (wholly bool, done <-chan error, err error) {
	s := b.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("probe", ""); err != nil {
		return false, nil, err
	}
	p, dst := &paths[step.op][path], b.dst[0]
	if p.Mapped || p.Copied {
		dst = b.dst[1]
	}
	b.engine.kept.untold = true // as those of a page that writes to a buffer itself: see effectOfCopies
	defer func() { b.engine.kept.untold = false }()
	for range step.times {
		if wholly, err = b.engine.move(p, dst, 0, Bytes(b.data[:step.size]), false); !wholly || err != nil {
			return false, nil, err
		}
	}
	if step.op == OpUpload { // the answer is what the program waits for
		return true, s.queue.WorkDone(), nil
	}
	done = b.engine.workDone()
	if !p.Mapped && step.times > 1 {
		err = s.queue.Submit() // empty, which ends them: see docs/rationale.md
	}
	return true, done, err
}

// conclude waits for the GPU to be done. A transfer that takes longer than hangAfter hangs.
// It locks.
func (b *probing) conclude(ctx context.Context, step probeStep, path int, done <-chan error, learn func()) error {
	e := b.engine
	late, cancel := context.WithCancel(ctx)
	defer cancel()
	defer time.AfterFunc(e.hangAfter, cancel).Stop()
	err := b.shared.answered(late, "probe", "", done)
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	switch {
	case err == nil:
		b.shared.poll(0)
		learn()
	case late.Err() != nil && ctx.Err() == nil:
		e.hang(step.op, path, step.size)
		return gpu.NewError("probe", "", ErrBusy, "a transfer hangs")
	}
	return err
}

// read makes a read, which is measured when it arrives. If the budget has no room, there is none: the memory is the program's.
func (b *probing) read(ctx context.Context, size uint64, path int) error {
	if !b.affords(size) || !b.hasRoom(size) {
		return nil
	}
	r, err := b.start(0, b.data[:size]) // the GPU clears new memory when it is read
	if err != nil {
		return err
	}
	b.reads.flush(b.owner)
	return unlessShort(r.Wait(ctx))
}

// hasRoom reports whether a chunk of size bytes can be had now.
// It locks.
func (b *probing) hasRoom(size uint64) bool {
	s := b.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.budget.has(chunkSize(size), bytesOf(b.engine.writes.idle)+bytesOf(b.reads.ring.idle))
}

// unlessShort is the error of a read but for a lack of memory, which says nothing of the path.
func unlessShort(err error) error {
	if reasonOf(err) == ErrBudget {
		return nil
	}
	return err
}

// start asks for a read into p.
func (b *probing) start(offset uint64, p []byte) (Read, error) {
	return b.reads.start(b.owner, b.held, func(x *reading) error {
		x.dst = Bytes(p)
		return x.describe(b.dst[1], offset, uint64(len(p)))
	})
}

// copies measures the cost of one more copy in a submit.
func (b *probing) copies(ctx context.Context) error {
	const many = 32
	b.engine.reads.setCopyCost(0) // or the reads would be merged
	var took [2]time.Duration
	for range 2 { // the better counts
		for i, n := range [2]int{1, many + 1} {
			if !b.affords(0) || !b.hasRoom(many*4) {
				return nil
			}
			d, err := b.copyTimes(ctx, n)
			if err != nil {
				return err
			}
			if took[i] == 0 || d < took[i] {
				took[i] = d
			}
		}
	}
	b.engine.reads.setCopyCost(max(took[1]-took[0], 0) / many)
	return nil
}

// copyTimes measures n reads of 4 bytes that are too far apart to be merged.
func (b *probing) copyTimes(ctx context.Context, n int) (time.Duration, error) {
	const apart = 64 << 10
	defer b.abandon()
	reads := make([]Read, n)
	start := now()
	for i := range reads {
		var err error
		if reads[i], err = b.start(uint64(i)*apart, b.data[4*i:4*i+4]); err != nil {
			return 0, err
		}
	}
	b.reads.flush(b.owner)
	for _, read := range reads {
		if err := read.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return start.age(), nil
}
