package buffers

import (
	"context"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// Calibration is the measurements of an engine, to be kept for the engine of a later program on the same adapter. It is
// plain data.
type Calibration struct {
	Rates []Rate
	// CopyCost is the time that one more copy in a submit takes; 0 if it was not measured.
	CopyCost time.Duration
}

// Rate is how fast one path was for transfers of about one size.
type Rate struct {
	Operation      string
	Path           string
	Size           uint64 // the smallest of its class
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
	// BytesPerSecond is the engine's estimate for the path; 0 if it knows nothing yet. For OpFlush the time of the
	// program's thread counts twice, since the thread fills the next frame meanwhile.
	BytesPerSecond float64
	// Alternatives are the other paths for this size that were measured.
	Alternatives []Rate
}

// Destination is a buffer that the engine moves bytes into: a [*DeviceBuffer] by writes and uploads, a [*DynamicBuffer]
// by flushes.
type Destination interface {
	// historyFor returns the history for a transfer of size bytes. The lock is held.
	historyFor(size uint64) choice.History
}

func (e *engine) explain(op Operation, size uint64, dst Destination) Explanation {
	if op >= opCount {
		return Explanation{Operation: op, Size: size, Reason: "there is no such operation"}
	}
	h := choice.History{Hosted: e.shared.options.HostWrites}
	if dst != nil {
		h = dst.historyFor(size)
	}
	h.Hosted = h.Hosted && op.flushes()
	c, chosen := &e.choosers[op], e.ask(op, size, &h)
	known := max(size, choice.Smallest)
	p := &paths[op][chosen]
	x := Explanation{Operation: op, Size: size, Path: p.Name, Copies: copiesOf(p, op), BytesPerSecond: c.Rate(chosen, known)}
	for i := range paths[op] {
		if i != chosen && c.Rate(i, known) > 0 {
			x.Alternatives = append(x.Alternatives, Rate{op.String(), paths[op][i].Name, choice.Floor(known), c.Rate(i, known)})
		}
	}
	x.Reason = e.reason(op, chosen, size, h)
	return x
}

func (e *engine) reason(op Operation, chosen int, size uint64, h choice.History) string {
	c, harmless := &e.choosers[op], h
	harmless.Effect = choice.Harmless
	switch {
	case op == OpReadback && e.reads.fixedChunks:
		return "a chunk size was asked for"
	case op == OpReadback && e.reads.sharesChunk(size):
		return "small reads share a chunk and one map"
	case size < chosenFrom[op]:
		return "below " + gpu.Decimal(chosenFrom[op]) + " bytes a queue write is never slower"
	case op.flushes() && h.Copied && e.effectOfCopies() != choice.Harmless:
		return "copies went into the buffer before, and may spoil it for queue writes"
	case op == OpFrame && e.effectOfCopies() != choice.Harmless:
		return "copies may spoil the buffer for queue writes"
	case c.Best(size, h) != chosen:
		return "it is tried, since it may be the fastest"
	case c.Best(size, harmless) != chosen:
		return "copies may spoil the buffer for queue writes"
	case c.Rate(chosen, size) == 0:
		return "nothing was measured yet: this is where it starts"
	}
	return "the fastest of those measured on this device"
}

func (e *engine) loadRate(r Rate) {
	for op := range e.choosers {
		for i := range paths[op] {
			if Operation(op).String() == r.Operation && paths[op][i].Name == r.Path && r.Size >= choice.Smallest && r.BytesPerSecond > 0 {
				e.choosers[op].Load(i, r.Size, r.BytesPerSecond)
			}
		}
	}
}

// calibrate locks. It waits for a bout in the background to end.
func (e *engine) calibrate(ctx context.Context) error {
	b, err := e.beginCalibration(ctx)
	if err != nil {
		return err
	}
	defer b.finish()
	if err := b.read(ctx, 4, 0); err != nil { // the very first is slow
		return err
	}
	b.end, b.left = now()+moment(probeTime), probeBytes
	if err := b.run(ctx, func(s probeStep) bool { return !s.later }); err != nil {
		return err
	}
	return b.copies(ctx)
}

// beginCalibration locks.
func (e *engine) beginCalibration(ctx context.Context) (*probing, error) {
	for {
		e.shared.mu.Lock()
		b, err := e.prober.begin()
		background := e.prober.background
		e.shared.mu.Unlock()
		if background == nil || reasonOf(err) != ErrBusy {
			return b, err
		}
		select {
		case <-background:
		case <-e.shared.closed: // begin says why
		case <-ctx.Done():
			return nil, &Error{Op: "probe", Reason: ErrBusy, Detail: "the paths are being measured", Cause: causeOf(ctx)}
		}
	}
}

func (e *engine) calibration() Calibration {
	c := Calibration{CopyCost: e.reads.copyCost}
	for op := range e.choosers {
		e.choosers[op].Rates(func(i int, floor uint64, rate float64) {
			c.Rates = append(c.Rates, Rate{Operation(op).String(), paths[op][i].Name, floor, rate})
		})
	}
	return c
}

func (e *engine) load(c Calibration) {
	e.reads.copyCost = max(c.CopyCost, 0)
	knowsBursts := slices.ContainsFunc(c.Rates, func(r Rate) bool { return r.Operation == OpBurst.String() })
	for _, r := range c.Rates {
		e.loadRate(r)
		if r.Operation == OpUpload.String() && !knowsBursts { // it is of an engine that did not tell them apart
			r.Operation = OpBurst.String()
			e.loadRate(r)
		}
	}
}
