package buffers

import (
	"context"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Calibration is what an engine has measured, to be kept and given to the engine of a later program on
// the same adapter. It is plain data.
type Calibration struct {
	Rates []Rate
	// CopyCost is the time that one more copy in a submit takes; 0 where it was not measured.
	CopyCost time.Duration
}

// Rate is how fast one path was for transfers of about one size.
type Rate struct {
	Operation      string
	Path           string
	Size           uint64 // the least of its class
	BytesPerSecond float64
}

// Explanation says how a transfer would go, and why.
type Explanation struct {
	Operation Operation
	Size      uint64
	Path      string
	Reason    string
	// Copies is how often each byte is copied on its way, by CPU and GPU together.
	Copies int
	// BytesPerSecond is what the engine believes the path to reach; 0 where it knows nothing yet. For OpFlush the
	// time that the program's thread is kept counts twice, since that fills the next frame meanwhile.
	BytesPerSecond float64
	// Alternatives are the other paths for this size that were measured.
	Alternatives []Rate
}

// Destination is a buffer that the engine moves bytes into: a [*DeviceBuffer] by writes and uploads, a [*DynamicBuffer]
// by flushes.
type Destination interface {
	// historyFor is what became of it before, for a transfer of size bytes. The lock is held.
	historyFor(size uint64) history
}

// Explain says which path a transfer of size bytes would take now. dst is what it goes to; nil is a buffer that is new,
// and what a read comes from tells nothing.
//
// Two things can have a transfer take another path: a Write that finds no mapped memory free goes by the queue, and a
// read that can be measured may try a path of which little is known.
func (s *System) Explain(op Operation, size uint64, dst Destination) Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op >= opCount {
		return Explanation{Operation: op, Size: size, Reason: "there is no such operation"}
	}
	h := history{hosted: s.options.HostWrites}
	if dst != nil {
		h = dst.historyFor(size)
	}
	h.hosted = h.hosted && op == OpFlush
	c, chosen := &s.engine.choosers[op], s.engine.foresee(op, size, h)
	known := max(size, smallest)
	x := Explanation{Operation: op, Size: size, Path: c.paths[chosen].name, Copies: c.paths[chosen].copies(op), BytesPerSecond: c.rate(chosen, known)}
	for i := range c.paths {
		if i != chosen && c.rate(i, known) > 0 {
			x.Alternatives = append(x.Alternatives, Rate{op.String(), c.paths[i].name, classFloor(classOf(known)), c.rate(i, known)})
		}
	}
	x.Reason = c.reason(op, chosen, size, h, &s.engine)
	return x
}

func (c *chooser) reason(op Operation, chosen int, size uint64, h history, e *engine) string {
	switch {
	case op == OpReadback && e.fixedChunks:
		return "a chunk size was asked for"
	case op == OpReadback && e.sharesChunk(size):
		return "small reads share a chunk and one map"
	case size < c.from:
		return "below " + gpu.Decimal(c.from) + " bytes a queue write is never slower"
	case op == OpFlush && h.copied:
		return "copies went into the buffer before, and spoil it for queue writes"
	case c.best(size, h) != chosen:
		return "it is tried, since it may be the fastest"
	case c.rate(chosen, size) == 0:
		return "nothing was measured yet: this is where it starts"
	}
	return "the fastest of those measured on this device"
}

// classFloor is the least size of a class.
func classFloor(class int) uint64 { return smallest << (2 * class) }

// Calibration returns what was measured so far.
func (s *System) Calibration() Calibration {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Calibration{CopyCost: s.engine.copyCost}
	for op := range s.engine.choosers {
		ch := &s.engine.choosers[op]
		for class := range ch.classes {
			for i := range ch.paths {
				if r := ch.classes[class].seen[i].rate(); r > 0 {
					c.Rates = append(c.Rates, Rate{Operation(op).String(), ch.paths[i].name, classFloor(class), r})
				}
			}
		}
	}
	return c
}

// Load takes a Calibration as if the engine had measured it. What names an operation or a path that
// there is not is passed over.
func (s *System) Load(c Calibration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.copyCost = max(c.CopyCost, 0)
	for _, r := range c.Rates {
		s.engine.load(r)
	}
}

func (e *engine) load(r Rate) {
	for op := range e.choosers {
		c := &e.choosers[op]
		for i := range c.paths {
			if Operation(op).String() == r.Operation && c.paths[i].name == r.Path && r.Size >= smallest && r.BytesPerSecond > 0 {
				seen := &c.classes[classOf(r.Size)].seen[i]
				for range enough {
					seen.add(r.BytesPerSecond)
				}
				c.probeAt = c.turns + probeAgain
			}
		}
	}
}

// Calibrate measures the paths on buffers of its own: it moves at most 36.5 MiB, and begins nothing after 50 ms.
// Where its memory is new, as it is the first time, up to 17.5 MiB go through that besides, slowly: neither those
// bytes nor their time count. The engine does the same by itself, in the
// background, as soon as something large is moved: Calibrate does it before.
//
// When ctx ends first the error is that of the context, in an [*Error].
func (s *System) Calibrate(ctx context.Context) error {
	return gpu.Relabel(s.calibrate(ctx), "calibrate", "")
}

func (s *System) calibrate(ctx context.Context) error {
	s.mu.Lock()
	b, err := s.engine.prober.begin()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	defer b.finish()
	if err := b.read(ctx, 4, 0); err != nil { // the first of all is slow
		return err
	}
	b.end, b.left = now()+moment(probeTime), probeBytes
	if err := b.run(ctx, func(s probeStep) bool { return !s.later }); err != nil {
		return err
	}
	return b.copies(ctx)
}

// copies measures what one more copy in a submit costs.
func (b *probing) copies(ctx context.Context) error {
	const many = 32
	b.sys.setCopyCost(0) // or the reads would be merged
	var took [2]time.Duration
	for range enough {
		for i, n := range [2]int{1, many + 1} {
			if !b.affords(0) {
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
	b.sys.setCopyCost(max(took[1]-took[0], 0) / many)
	return nil
}

func (s *System) setCopyCost(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.copyCost = d
}

// copyTimes is how long n reads of 4 bytes take that are too far apart to be merged.
func (b *probing) copyTimes(ctx context.Context, n int) (time.Duration, error) {
	const apart = 64 << 10
	defer b.abandon()
	r, reads := b.readback, make([]Read, n)
	start := now()
	for i := range reads {
		var err error
		if reads[i], err = r.Start(b.dst[1], uint64(i)*apart, Bytes(b.data[4*i:4*i+4])); err != nil {
			return 0, err
		}
	}
	r.Flush()
	for _, read := range reads {
		if err := read.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return start.age(), nil
}
