package buffers

import (
	"context"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Frame is one turn of the render loop:
//
//	BeginFrame -> update, stage, record, ask for reads -> Submit
//
// One frame is open at a time. It is the System's and is used again: drop it after Submit or Discard.
type Frame struct {
	frames  *frames
	open    bool
	encoder Encoder
	used    []use
}

// frames submits, in order, all that belongs to a frame, and bounds how many frames the GPU may have.
type frames struct {
	flights
	uploads  *writeBelt
	reads    *readBelt
	dynamics []*dynamicRing
	batch    []Encoder // scratch of submit
	current  Frame
	fixed    bool          // the program has set the number
	short    time.Duration // see isFull
	waiting  []func()      // see FrameThen
}

// shortFrame is half a frame of a display with 60 Hz.
const shortFrame = 8 * time.Millisecond

// init bounds the frames in flight to most; 0 leaves that to isFull. The belts exist already.
func (f *frames) init(s *shared, uploads *writeBelt, reads *readBelt, most int) {
	f.shared, f.uploads, f.reads, f.current.frames, f.fixed, f.short = s, uploads, reads, f, most != 0, shortFrame
	if uploads.isTold {
		f.notify = f.landed
	}
}

// BeginFrame opens a frame. It waits until the GPU is done with a frame, or ctx ends, if [Options].MaxFramesInFlight
// frames are with the GPU. If that is 0, it waits if eight are, or if three are, the oldest for more than 8 ms. A
// context that has ended does not wait. Then, if MaxFramesInFlight frames, or eight, are with the GPU, the error is
// [ErrBusy] around that of the context. Else the frame begins.
func (s *System) BeginFrame(ctx context.Context) (*Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		over := ctx.Err() != nil
		switch begun, err := s.frames.tryBegin(!over); {
		case begun:
			return &s.frames.current, nil
		case err != nil:
			return nil, err
		case over:
			return nil, s.frames.refuse(causeOf(ctx))
		}
		_ = s.wait(ctx, &s.frames) // the next try finds out whether ctx has ended
	}
}

func (f *frames) refuse(cause error) error {
	return &Error{Op: "begin frame", Reason: ErrBusy, Cause: cause,
		Detail: "the GPU is busy with as many frames as it may have, which is " + gpu.Decimal(uint64(len(f.inFlight)))}
}

// landed is called when the GPU is done with a followed submit. The lock is not held.
func (f *frames) landed() {
	f.shared.mu.Lock()
	defer f.shared.mu.Unlock()
	if busy, _ := f.isBusy(true); !busy {
		f.callWaiting()
	}
}

func (f *frames) callWaiting() {
	for i, ready := range f.waiting {
		f.waiting[i] = nil
		ready()
	}
	f.waiting = f.waiting[:0]
}

// TryBeginFrame is BeginFrame if that would neither wait nor fail, and else nil.
func (s *System) TryBeginFrame() *Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if begun, _ := s.frames.tryBegin(true); begun {
		return &s.frames.current
	}
	return nil
}

// tryBegin opens the frame, unless the GPU is busy.
func (f *frames) tryBegin(mayWait bool) (begun bool, err error) {
	busy, err := f.isBusy(mayWait)
	if busy || err != nil {
		return false, err
	}
	f.current.open, f.reads.queue.frameOpen = true, true
	return true, nil
}

// isBusy reports whether the GPU has its full number of frames. The error says why no frame can begin.
func (f *frames) isBusy(mayWait bool) (bool, error) {
	if err := f.shared.usable("begin frame", ""); err != nil {
		return false, err
	}
	if f.current.open {
		return false, gpu.NewError("begin frame", "", ErrState, "a frame is open: submit or discard it first, also if something failed in between")
	}
	f.poll()
	return f.isFull(mayWait), nil
}

// isFull reports whether another frame would be one too many. A caller who may wait does so from the fourth frame on,
// lest the picture lag behind. If the GPU takes little time for a frame, the lag is short. Then a wait would be for the
// notice of completion, 1 to 2 ms in Chromium.
func (f *frames) isFull(mayWait bool) bool {
	switch n := len(f.inFlight); {
	case n >= f.shared.options.MaxFramesInFlight:
		return true
	case n < pacedFrames || f.fixed || !mayWait:
		return false
	}
	return f.inFlight[0].since.age() > f.short
}

// Encoder returns the frame's own encoder, made at the first call.
func (f *Frame) Encoder() (Encoder, error) {
	f.frames.shared.mu.Lock()
	defer f.frames.shared.mu.Unlock()
	if err := f.check("encode"); err != nil {
		return nil, err
	}
	if f.encoder == nil {
		e, err := f.frames.shared.device.CreateEncoder("frame")
		if err != nil {
			return nil, err
		}
		f.encoder = e
	}
	return f.encoder, nil
}

// Use names buffers that commands recorded elsewhere refer to (in bind groups, as vertices). Submit then reports which
// of them is mapped or destroyed. access matters only to a backend that is a [gpu.AccessTracker].
func (f *Frame) Use(access Access, buffers ...Buffer) {
	f.frames.shared.mu.Lock()
	defer f.frames.shared.mu.Unlock()
	for _, b := range buffers {
		f.used = append(f.used, use{b, access})
	}
}

// use is an access of commands to a buffer.
type use struct {
	buffer Buffer
	access Access
}

// Submit ends the frame. The updates of dynamic buffers go to the GPU first, then the frame's encoder, the further
// encoders in order, and the reads asked for. If it fails, nothing was submitted, nothing is lost, and the frame is
// still open.
func (f *Frame) Submit(further ...Encoder) error {
	s := f.frames
	s.shared.mu.Lock()
	defer s.shared.mu.Unlock()
	if err := f.check("submit"); err != nil {
		return err
	}
	for _, u := range f.used {
		if err := checkSubmit(u.buffer); err != nil {
			return err
		}
	}
	f.track(further)
	if err := s.submit(f.encoder, further, true); err != nil {
		return err
	}
	f.close()
	return nil
}

// track passes the accesses that Use has named to the first encoder of the submit.
func (f *Frame) track(further []Encoder) {
	if len(f.used) == 0 {
		return
	}
	first := f.encoder
	if first == nil && len(further) > 0 {
		first = further[0]
	}
	if tracker, ok := first.(gpu.AccessTracker); ok {
		for _, u := range f.used {
			tracker.Use(u.buffer, u.access)
		}
	}
}

// Discard ends the frame without submitting. It drops the frame's commands and updates, but for updates that a submit
// within the frame has moved. Reads asked for in it are sent all the same.
func (f *Frame) Discard() {
	s := f.frames
	s.shared.mu.Lock()
	defer s.shared.mu.Unlock()
	if !f.open {
		return
	}
	if f.encoder != nil {
		s.uploads.discard(f.encoder)
	}
	for _, d := range s.dynamics {
		d.discard()
		d.submitted(s.serial, s.sentAt) // the GPU may still work on updates moved within the frame
	}
	f.close()
	s.reads.sendAll(true)
}

func (f *Frame) close() {
	clear(f.used)
	f.used, f.encoder, f.open = f.used[:0], nil, false
	f.frames.reads.queue.leaveFrame()
}

func (f *Frame) check(op string) error {
	if err := f.frames.shared.usable(op, ""); err != nil {
		return err
	}
	if !f.open {
		return gpu.NewError(op, "", ErrState, "the frame is not open")
	}
	return nil
}

// checkSubmit returns the error that a submit that uses b would have.
func checkSubmit(b Buffer) error {
	if _, err := b.State().Next(gpu.EventUse); err != nil {
		return gpu.NewError("submit", b.Label(), err, Text(err)+", and the submit uses it")
	}
	return gpu.CheckCreated("submit", b)
}

// Submit sends encoders to the GPU outside of a frame, or in the middle of one. It does what
// [Frame.Submit] does with dynamic buffers, staged data and reads. What the frame has recorded stays good: it may refer
// to updates that were moved, and to buffers that a Grow replaced.
func (s *System) Submit(encoders ...Encoder) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("submit", ""); err != nil {
		return err
	}
	return s.frames.submit(nil, encoders, false)
}

// submit is the one way to the GPU for recorded work:
//
//  1. check every encoder, so that a refusal changes nothing
//  2. move the updates of dynamic buffers, ahead of all encoders
//  3. submit
//  4. map staged chunks again, send the reads asked for, and destroy the buffers that a Grow replaced, unless an open
//     frame may refer to them
func (f *frames) submit(first Encoder, further []Encoder, isFrame bool) error {
	f.batch = f.batch[:0]
	defer func() { clear(f.batch) }()
	if first != nil {
		f.batch = append(f.batch, first)
	}
	f.batch = append(f.batch, further...)
	for _, e := range f.batch {
		if err := e.Check(); err != nil {
			return err
		}
	}
	updated, err := f.flushDynamics()
	if err != nil {
		return err
	}
	if err := f.submitBatch(); err != nil {
		return err
	}
	f.submitted(updated, isFrame)
	return nil
}

// submitBatch skips an empty submit: in a browser it costs as much as any other.
func (f *frames) submitBatch() error {
	if len(f.batch) == 0 {
		return nil
	}
	return f.shared.queue.Submit(f.batch...)
}

// submitted does the work after a submit. It follows submits of frames and of updates.
func (f *frames) submitted(updated, isFrame bool) {
	f.shared.stats.Submits++
	f.uploads.submitted(f.batch)
	f.reads.sendAll(isFrame)
	if updated || isFrame {
		f.follow()
	}
	serial := f.serial
	if f.current.open && !isFrame {
		serial = ofOpenFrame
	} else {
		f.shared.replaced.destroy()
	}
	for _, d := range f.dynamics {
		d.submitted(serial, f.sentAt)
	}
}

// flushDynamics moves every update to the GPU, ahead of the submit that follows, and reports whether there were any. It
// can be repeated after a failure.
func (f *frames) flushDynamics() (updated bool, err error) {
	for _, r := range f.dynamics {
		if r.current == nil {
			continue
		}
		updated = true
		if err := r.flush(); err != nil {
			return false, err
		}
	}
	return updated, nil
}

// idle implements program.
func (f *frames) idle() bool {
	f.poll()
	return f.uploads.isIdle() && len(f.inFlight) == 0
}

// traffic implements program.
func (f *frames) traffic() traffic {
	f.poll()
	return traffic{
		moved:    f.shared.stats.BytesUp + f.shared.stats.BytesDown + f.shared.stats.Submits,
		underway: len(f.uploads.jobs.list) > 0 || f.reads.ring.underway() || len(f.inFlight) > 0,
	}
}

// join makes a dynamic buffer part of submits, until it is freed.
func (f *frames) join(r *dynamicRing) {
	f.dynamics = append(f.dynamics, r)
	f.shared.keepers = append(f.shared.keepers, r)
	r.left = f.leave
}

func (f *frames) leave(r *dynamicRing) {
	f.dynamics = without(f.dynamics, r)
	f.shared.keepers = without(f.shared.keepers, keeper(r))
}
