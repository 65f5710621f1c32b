package buffers

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// shared is the part of a System that all others need, at the bottom of the package. Belts, engine, buffers and frames
// point to it, and none of them names the System.
//
// The lock is never held during a wait. Methods of unexported types are called with it held, unless their comment says
// that they lock.
type shared struct {
	device  Device
	queue   Queue
	chunks  gpu.ChunkQueue
	steps   gpu.Steps      // for copies that a ChunkQueue does not make at once
	relay   gpu.ChunkRelay // queue, if it is one; or nil
	poller  gpu.Poller     // the same
	flusher gpu.Flusher    // the same
	isGPU   bool           // it is known that no processor stands in for one
	waker   gpu.Waker      // device, if it is one; or nil
	limits  Limits
	options Options
	*reporter

	mu sync.Mutex
	waiters
	budget budget
	pools  []keeper // the belts, with the memory that they keep
	upkeep
	holdings   *holding // first of those that are not freed
	freed      func()   // called when one was
	replaced   replaced
	stats      Stats
	lost       error         // not nil: every call fails with it
	closed     chan struct{} // closed when lost is set
	deviceLost <-chan struct{}
	descriptor Descriptor // scratch of createBuffer
	created    uint64     // count of the device's buffers: tells how new one is
	confirmed  uint64     // of the first so many it is known whether they are valid: see confirm
}

func (s *shared) init(device Device, options Options) {
	s.device, s.queue, s.chunks, s.steps.Device = device, device.Queue(), gpu.ChunkQueueOf(device), device
	s.relay, _ = s.queue.(gpu.ChunkRelay)
	s.poller, _ = s.queue.(gpu.Poller)
	s.flusher, _ = s.queue.(gpu.Flusher)
	h, tells := device.(gpu.Hardware)
	s.isGPU = tells && h.IsHardware()
	s.waker, _ = device.(gpu.Waker)
	s.limits, s.options = device.Limits(), options
	s.reporter = &reporter{logger{options.Log, options.LogLevel}, make(chan error, 64), options.Changed}
	s.closed, s.deviceLost = make(chan struct{}), device.Lost()
	s.budget = budget{freed: s.wake, limit: options.Budget, policy: options.OnBudget}
	s.waiters.lock, s.waiters.wakeHost = &s.mu, s.wakeHost
	s.upkeep.init(device, &s.mu, options.IdleAge)
}

// reporter is the part of a System that its device knows. It may outlive the System.
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

// usable is the error of every call on a System whose device is lost, or that is destroyed. It has so many callers that
// inlining it would show in a module's size.
//
//go:noinline
func (s *shared) usable(op, label string) error {
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

// wakeHost is called whenever a goroutine or a timer was started, or a goroutine became runnable.
func (s *shared) wakeHost() {
	if s.waker != nil {
		s.waker.Wake()
	}
}

// answered waits for the GPU's answer, until ctx ends or the System does. The lock is not held.
func (s *shared) answered(ctx context.Context, op, label string, answer <-chan error) error {
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return gpu.CausedBy(op, label, ctx.Err())
	case <-s.closed:
		return s.usable(op, label)
	}
}

// createMapped makes a mappable buffer. Its bytes are reserved in the budget already; if it fails, they are given back.
func (s *shared) createMapped(d *Descriptor) (MappableBuffer, error) {
	b, err := s.device.CreateMappableBuffer(d)
	if err != nil {
		s.budget.release(d.Size)
		return nil, err
	}
	s.stats.Peak = max(s.stats.Peak, s.budget.used)
	return b, nil
}

// reserve takes n bytes of the budget, destroying idle chunks if it must.
func (s *shared) reserve(n uint64) bool {
	if s.budget.reserve(n) {
		return true
	}
	for _, p := range s.pools {
		p.trim(latest)
	}
	return s.budget.reserve(n)
}

// currentBuffer is a buffer of the device, with its history.
type currentBuffer struct {
	Buffer
	history choice.History
	serial  uint64      // count of buffers created up to it: see shared.confirm
	handed  atomic.Bool // its owner is not the only one who can destroy it
}

// createBuffer makes the buffer of b and records how new it is.
func (s *shared) createBuffer(d Descriptor, b *currentBuffer) (err error) {
	s.descriptor = d
	if b.Buffer, err = s.device.CreateBuffer(&s.descriptor); err != nil {
		return err
	}
	s.created++
	b.serial = s.created
	return nil
}

// confirm is called when an answer arrived that was asked for when serial buffers had been created. Any failure of one
// of these is known by now.
func (s *shared) confirm(serial uint64) { s.confirmed = max(s.confirmed, serial) }

// vouches reports whether b is known to be there, and nobody but the System can destroy it.
func (s *shared) vouches(b *currentBuffer) bool {
	return !b.handed.Load() && b.serial <= s.confirmed
}

// poll has the host poll that often whether the GPU is done, if the host does not notify by itself.
func (s *shared) poll(times int) {
	if s.poller != nil {
		s.poller.Poll(times)
	}
}
