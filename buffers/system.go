package buffers

import (
	"runtime"
	"weak"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// System makes the five buffers on one device, and owns what they share: pools, the byte budget, frames, statistics and
// logging. Its methods may be called from several goroutines.
//
// A System that nobody destroys is collected when the program holds neither it nor anything it made. Its goroutines and
// timers last only as long as work is under way, or idle memory is to be destroyed.
type System struct {
	shared
	cleanup runtime.Cleanup
	uploads writeBelt
	reads   readBelt
	engine  engine
	frames  frames
	sharing sharedUploads
}

// Open returns a System on device. The device stays the caller's: destroy the System first.
func Open(device Device, options Options) (*System, error) {
	asked := options
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	s := &System{}
	s.shared.init(device, options)
	s.uploads.init(&s.shared)
	s.reads.init(&s.shared, &s.uploads, &s.engine.reads)
	s.engine.init(&s.shared, &s.uploads, &s.reads, &s.frames, asked.ChunkSize != 0)
	s.sharing.init(&s.engine)
	s.frames.init(&s.shared, &s.uploads, &s.reads, asked.MaxFramesInFlight)
	s.freed = s.uploads.jobs.work // ends the jobs of that buffer
	s.keepers = []keeper{&s.frames, &s.uploads, &s.reads, &s.engine.prober}
	device.OnError(s.reporter.report)
	s.cleanup = runtime.AddCleanup(s, func(closed chan struct{}) { close(closed) }, s.closed)
	go watchLoss(device, s.closed, weak.Make(s))
	return s, nil
}

// Device returns the device that the System was opened on.
func (s *System) Device() Device { return s.device }

// Limits returns the device's limits.
func (s *System) Limits() Limits { return s.limits }

// Errors delivers errors that the device reports later than the call that caused them, as [*Error] with operation and
// label if the backend knows them. When 64 are unread, further ones are only logged.
func (s *System) Errors() <-chan error { return s.errors }

// Stats returns a snapshot.
func (s *System) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames.poll()
	s.uploads.poll()
	st := s.stats
	st.Budget, st.Mappable = s.budget.limit, s.budget.used
	st.Uploads, st.Reads = s.uploads.poolStats(), s.reads.ring.poolStats()
	st.MapsPending += len(s.uploads.pending)
	st.Held = s.reads.holds.bytes
	st.FramesInFlight = len(s.frames.inFlight)
	return st
}

// Trim destroys all idle memory at once.
func (s *System) Trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(latest)
}

// Destroy gives back everything that the System holds before it returns. Pending calls settle with [ErrDestroyed], and
// later calls fail with it. It destroys the buffers that are left: the log warns of them, and lists them from
// [LevelInfo] up.
func (s *System) Destroy() {
	s.close(gpu.NewError("use", "", ErrDestroyed, "the system is destroyed"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logAlive()
	for s.holdings != nil {
		s.holdings.release()
	}
}

// watchLoss closes the System when the device is lost. It keeps no System alive.
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
	dynamics := s.frames.dynamics
	s.frames.dynamics = nil
	for _, d := range dynamics {
		d.free(destroyed)
	}
	s.replaced.destroy()
	close(s.closed)
	s.wakeHost()
	s.wake()
}
