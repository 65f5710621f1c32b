package buffers

import (
	"context"
	"time"
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
	// BytesPerSecond is what the engine believes the path to reach; 0 where it knows nothing yet.
	BytesPerSecond float64
	// Alternatives are the other paths for this size that were measured.
	Alternatives []Rate
}

// Explain says which path a transfer of size bytes would take now.
func (s *System) Explain(op Operation, size uint64) Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op >= opCount {
		return Explanation{Operation: op, Size: size, Reason: "there is no such operation"}
	}
	c := &s.engine.choosers[op]
	best := 0
	if size >= smallest {
		best = c.best(size)
	}
	x := Explanation{Operation: op, Size: size, Path: c.paths[best].name, Copies: c.paths[best].copies(op), BytesPerSecond: c.rate(best, max(size, smallest))}
	for i := range c.paths {
		if i != best && c.rate(i, max(size, smallest)) > 0 {
			x.Alternatives = append(x.Alternatives, Rate{op.String(), c.paths[i].name, classFloor(classOf(max(size, smallest))), c.rate(i, max(size, smallest))})
		}
	}
	x.Reason = c.reason(op, best, size, &s.engine)
	return x
}

func (c *chooser) reason(op Operation, best int, size uint64, e *engine) string {
	switch {
	case op == OpReadback && size <= e.sys.options.ChunkSize/4:
		return "small reads share a chunk and one map"
	case op == OpReadback && e.fixedChunks:
		return "Options.ChunkSize says so"
	case size < smallest:
		return "below " + number(smallest) + " bytes a queue write is never slower"
	case c.rate(best, size) == 0:
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
			}
		}
	}
}

// What a calibration may cost.
const (
	calibrationTime  = 50 * time.Millisecond
	calibrationBytes = 32 << 20
)

// calibrationSizes are what it measures with, the most telling first.
var calibrationSizes = [...]uint64{1 << 20, 4 << 20}

// Calibrate measures the paths on buffers of its own: for at most 50 ms and 32 MiB, as far as it gets.
// What it finds out, transfers would find out too, in their course.
func (s *System) Calibrate(ctx context.Context) error {
	scope := s.NewScope()
	defer scope.Destroy()
	size := calibrationSizes[len(calibrationSizes)-1]
	dst, err := scope.NewDeviceBuffer(Descriptor{Label: "calibration", Size: size, Usage: UsageStorage})
	if err != nil {
		return err
	}
	reader, err := scope.NewReadbackBuffer(ReadbackDescriptor{Label: "calibration"})
	if err != nil {
		return err
	}
	c := calibrator{sys: s, dst: dst, reader: reader, data: make([]byte, size), left: calibrationBytes}
	if err := reader.Read(ctx, dst, 0, c.data[:4]); err != nil { // the first of all is slow
		return err
	}
	c.end = time.Now().Add(calibrationTime)
	return c.run(ctx)
}

type calibrator struct {
	sys    *System
	dst    *DeviceBuffer
	reader *ReadbackBuffer
	data   []byte
	end    time.Time
	left   uint64
}

func (c *calibrator) run(ctx context.Context) error {
	for _, size := range calibrationSizes {
		for range enough {
			for i := range paths[OpUpload] {
				if paths[OpUpload][i].suits(size) && c.affords(size) {
					if err := c.upload(ctx, i, size); err != nil {
						return err
					}
				}
			}
			if c.affords(size) {
				if err := c.reader.Read(ctx, c.dst, 0, c.data[:size]); err != nil {
					return err
				}
			}
		}
	}
	return c.copies(ctx)
}

// affords takes size bytes from what may be moved, or reports that time or bytes are used up.
func (c *calibrator) affords(size uint64) bool {
	if size > c.left || !time.Now().Before(c.end) {
		return false
	}
	c.left -= size
	return true
}

func (c *calibrator) upload(ctx context.Context, path int, size uint64) error {
	start := time.Now()
	wholly, done, err := c.send(path, size)
	if err == nil {
		err = await(ctx, done)
	}
	if err != nil || !wholly {
		return err
	}
	s := c.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.learn(OpUpload, path, size, time.Since(start))
	return nil
}

// send moves size bytes along a path.
func (c *calibrator) send(path int, size uint64) (wholly bool, done <-chan error, err error) {
	s := c.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("calibrate", ""); err != nil {
		return false, nil, err
	}
	wholly, err = s.engine.move(&paths[OpUpload][path], c.dst.Unwrap(), 0, Bytes(c.data[:size]))
	return wholly, s.queue.WorkDone(), err
}

// copies measures what one more copy in a submit costs.
func (c *calibrator) copies(ctx context.Context) error {
	const many = 32
	c.sys.setCopyCost(0) // or the reads would be merged
	var took [2]time.Duration
	for range enough {
		for i, n := range [2]int{1, many + 1} {
			if !c.affords(0) {
				return nil
			}
			d, err := c.copyTimes(ctx, n)
			if err != nil {
				return err
			}
			if took[i] == 0 || d < took[i] {
				took[i] = d
			}
		}
	}
	c.sys.setCopyCost(max(took[1]-took[0], 0) / many)
	return nil
}

func (s *System) setCopyCost(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.copyCost = d
}

// copyTimes is how long n reads of 4 bytes take that are too far apart to be merged.
func (c *calibrator) copyTimes(ctx context.Context, n int) (time.Duration, error) {
	const apart = 64 << 10
	reads := make([]Read, n)
	start := time.Now()
	for i := range reads {
		var err error
		if reads[i], err = c.reader.Start(c.dst, uint64(i)*apart, Bytes(c.data[4*i:4*i+4])); err != nil {
			return 0, err
		}
	}
	c.reader.Flush()
	for _, r := range reads {
		if err := r.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func await(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
