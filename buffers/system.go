package buffers

import (
	"context"
	"runtime"
	"sync"
	"time"
	"weak"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Options of a System. The zero value is good for most programs.
type Options struct {
	// Budget is the most bytes of mappable memory, pools included; 0 means 256 MiB.
	Budget uint64
	// OnBudget says what happens when the budget is used up.
	OnBudget BudgetPolicy
	// ChunkSize is the most bytes of a chunk that short reads share, and the piece that a longer read is cut
	// into: a multiple of 256. 0 means 4 MiB, or a quarter of the budget if that is less, and pieces as the engine
	// finds them fastest. No chunk has less than 4 KiB.
	ChunkSize uint64
	// MaxFramesInFlight is how many frames may be with the GPU before BeginFrame waits. 0 means 3, which keep it busy,
	// and up to 8 while the oldest is there for less than 8 ms, or for a context that has ended.
	MaxFramesInFlight int
	// IdleAge is how long memory may lie idle in a pool, or in a slot of a DynamicBuffer, before it is destroyed,
	// whether or not the System is called meanwhile: at the latest after twice that. 0 means 5 seconds.
	IdleAge time.Duration
	// HostWrites says that it is the host who writes the updates of dynamic buffers: where there is one to
	// [DynamicBuffer.Mapped].
	HostWrites bool
	// Changed is for a host that keeps the native objects of buffers. It is called when one may have been replaced,
	// or found to be of no use, by itself. Like the methods of a [Sink] it must be short, and call nothing of the
	// System.
	Changed func()
	// Roused is for a host whose calls return before other goroutines have run: it is called when a goroutine or a timer
	// was started, or a goroutine told something, so that the host has them run. Like the methods of a [Sink] it must be
	// short, and call nothing of the System.
	Roused func()
	// Log hears of what the System does, from LogLevel up; nil costs nothing.
	Log      LogFunc
	LogLevel Level
}

func (o Options) withDefaults() Options {
	o.Budget = orDefault(o.Budget, 256<<20)
	o.ChunkSize = orDefault(o.ChunkSize, min(4<<20, max(o.Budget/4&^255, 256)))
	o.MaxFramesInFlight = orDefault(o.MaxFramesInFlight, mostFrames)
	o.IdleAge = orDefault(o.IdleAge, 5*time.Second)
	return o
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (o *Options) validate() error {
	switch {
	case o.ChunkSize%256 != 0:
		return gpu.NewError("open", "", ErrAlignment, "chunk size "+gpu.Decimal(o.ChunkSize)+" is not a multiple of 256")
	case chunkSize(o.ChunkSize) > o.Budget:
		return gpu.NewError("open", "", ErrBudget, "a chunk of "+gpu.Decimal(chunkSize(o.ChunkSize))+" bytes exceeds the budget "+gpu.Decimal(o.Budget))
	case o.MaxFramesInFlight < 1:
		return gpu.NewError("open", "", ErrRange, "fewer than one frame in flight")
	}
	return nil
}

// System makes the five buffers on one device, and owns what they share: pools, the byte budget,
// frames, statistics and logging. Its methods may be called from several goroutines.
//
// A System that nobody destroys is collected when the program holds neither it nor anything that it made: its
// goroutines and timers last only as long as something is under way, or idle memory is to be destroyed.
//
// The lock is never held while something is waited for. Methods of unexported types are called with it
// held, unless they say otherwise.
type System struct {
	device  Device
	queue   Queue
	chunks  gpu.ChunkQueue
	steps   gpu.Steps      // what a ChunkQueue does not do at once
	relay   gpu.ChunkRelay // queue, where it is one; or nil
	looker  gpu.Looker     // the same
	limits  Limits
	options Options
	*reporter
	cleanup runtime.Cleanup

	mu         sync.Mutex
	waiters    waiters
	budget     budget
	uploads    uploadPool
	reads      readBelt
	frames     frameRing
	engine     engine
	dynamics   []*dynamicRing
	upkeep     upkeep
	holdings   *holding  // first of those that are not freed
	retired    []Buffer  // replaced by a Grow: see retire
	retirals   uint64    // how often those were destroyed
	batch      []Encoder // scratch of Submit
	stats      Stats
	lost       error         // not nil: every call fails with it
	closed     chan struct{} // closed when lost is set
	deviceLost <-chan struct{}
	created    uint64 // buffers of the device, for how new one is
	confirmed  uint64 // so many of these are known to be valid, or not: see confirm
}

// Open returns a System on device. The device stays the caller's: destroy the System first.
func Open(device Device, options Options) (*System, error) {
	asked := options
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	s := &System{
		device:     device,
		queue:      device.Queue(),
		chunks:     gpu.ChunkQueueOf(device),
		limits:     device.Limits(),
		options:    options,
		reporter:   &reporter{logger{options.Log, options.LogLevel}, make(chan error, 64), options.Changed},
		closed:     make(chan struct{}),
		deviceLost: device.Lost(),
	}
	s.budget = budget{sys: s, limit: options.Budget, policy: options.OnBudget}
	s.steps.Device = device
	s.uploads.sys, s.reads.sys, s.reads.holds.sys = s, s, s
	s.upkeep.init(device)
	s.frames.init(s, asked.MaxFramesInFlight)
	if _, steps := s.chunks.(*gpu.Steps); !steps {
		s.uploads.notify, s.frames.notify = s.uploads.cameBack, s.frames.landed
	}
	s.relay, _ = s.queue.(gpu.ChunkRelay)
	s.looker, _ = s.queue.(gpu.Looker)
	s.reads.sources = map[Buffer]int{}
	s.engine.init(s, asked.ChunkSize != 0)
	device.OnError(s.reporter.report)
	s.cleanup = runtime.AddCleanup(s, func(closed chan struct{}) { close(closed) }, s.closed)
	go watchLoss(device, s.closed, weak.Make(s))
	return s, nil
}

// Device is the device that the System was opened on.
func (s *System) Device() Device { return s.device }

// Limits are the device's.
func (s *System) Limits() Limits { return s.limits }

// Errors delivers what the device reports later than the call that caused it, as [*Error] with
// operation and label where the backend knows them. When 64 are unread, further ones are only logged.
func (s *System) Errors() <-chan error { return s.errors }

// reporter is what of a System its device knows, which may outlive it.
type reporter struct {
	logger  logger
	errors  chan error
	changed func() // Options.Changed
}

func (r *reporter) report(err error) {
	r.logger.log(LevelError, "the device reported an error", text("error", err.Error()))
	if r.changed != nil {
		r.changed()
	}
	select {
	case r.errors <- err:
	default:
	}
}

// Stats is a snapshot.
func (s *System) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames.poll()
	s.uploads.poll()
	st := s.stats
	st.Budget, st.Mappable = s.budget.limit, s.budget.used
	st.Uploads, st.Reads = s.uploads.stats, s.reads.stats
	st.Uploads.IdleBytes, st.Reads.IdleBytes = bytesOf(s.uploads.idle), bytesOf(s.reads.idle)
	st.MapsPending += len(s.uploads.pending)
	st.Held = s.reads.holds.bytes
	st.FramesInFlight = len(s.frames.inFlight)
	return st
}

// Trim destroys at once all memory that lies idle.
func (s *System) Trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(latest)
}

// Destroy gives back what the System holds, all of it before it returns. Everything pending settles with
// [ErrDestroyed], later calls fail with it, and buffers that were made and not destroyed are: the log warns of them, and
// lists them from [LevelInfo] up.
func (s *System) Destroy() {
	s.close(gpu.NewError("use", "", ErrDestroyed, "the system is destroyed"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logAlive()
	for s.holdings != nil {
		s.holdings.release()
	}
}

// watchLoss settles everything that waits when the device is lost. It keeps no System alive.
func watchLoss(device Device, closed <-chan struct{}, system weak.Pointer[System]) {
	select {
	case <-device.Lost():
	case <-closed:
		return
	}
	if s := system.Value(); s != nil {
		s.close(device.LostReason())
	}
}

// close makes every later call fail with reason.
func (s *System) close(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil {
		return
	}
	s.lost = reason
	s.cleanup.Stop()
	alive := s.alive()
	level := LevelWarn
	if alive == 0 && reasonOf(reason) == ErrDestroyed {
		level = LevelInfo
	}
	s.logger.log(level, "system closed", text("reason", Text(reason)), count("alive", alive))
	s.reads.fail(reason)
	s.uploads.destroy()
	s.frames.callWaiting()
	s.engine.prober.destroy()
	s.upkeep.end()
	dynamics := s.dynamics
	s.dynamics = nil
	for _, d := range dynamics {
		d.free(destroyed)
	}
	s.destroyRetired()
	close(s.closed)
	s.rouse()
	s.wake()
}

// usable is the error of every call on a System whose device is lost, or that is destroyed. It is called in
// so many places that its code would tell in a module's size.
//
//go:noinline
func (s *System) usable(op, label string) error {
	lost := s.lost
	select {
	case <-s.deviceLost: // watchLoss may not know yet
		if lost == nil {
			lost = s.device.LostReason()
		}
	default:
		if lost == nil {
			return nil
		}
	}
	return &Error{Op: op, Label: label, Reason: reasonOf(lost), Cause: lost}
}

func reasonOf(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Reason
	}
	return ErrDeviceLost
}

// createMapped makes a mappable buffer whose bytes are reserved in the budget already, and gives them
// back where that fails.
func (s *System) createMapped(d *Descriptor) (MappableBuffer, error) {
	b, err := s.device.CreateMappableBuffer(d)
	if err != nil {
		s.budget.release(d.Size)
		return nil, err
	}
	s.stats.Peak = max(s.stats.Peak, s.budget.used)
	return b, nil
}

// reserve takes n bytes of the budget, destroying idle chunks where it must.
func (s *System) reserve(n uint64) bool {
	if s.budget.reserve(n) {
		return true
	}
	s.uploads.trim(latest)
	s.reads.trim(latest)
	return s.budget.reserve(n)
}

// rouse is called whenever a goroutine or a timer is started, or a goroutine told something.
func (s *System) rouse() {
	if s.options.Roused != nil {
		s.options.Roused()
	}
}

// memoryFreed has the caller wait from now on, and returns a function that waits, without the lock, until it makes
// sense to try again to reserve memory. It has to be called, once.
func (s *System) memoryFreed() func(context.Context) error { return s.join(&s.uploads).wait }

// answered waits for what the GPU answers, until ctx ends or the System does. The lock is not held.
func (s *System) answered(ctx context.Context, op, label string, answer <-chan error) error {
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return gpu.CausedBy(op, label, ctx.Err())
	case <-s.closed:
		return s.usable(op, label)
	}
}
