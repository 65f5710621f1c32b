package model

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// World is the small world on a GPU in memory.
type World struct {
	device    *memory.Device
	held      bool
	systems   [systems]*buffers.System
	buffers   [bufferSlots]buffers.Buffer
	staging   [stagingSlots]stager
	readbacks [pairs]*buffers.ReadbackBuffer
	textures  [pairs]*memory.Texture
	dynamics  [pairs]*buffers.DynamicBuffer
	hosts     [pairs]*memory.HostBytes // that uploads of an actor come from
	updates   [pairs]*buffers.Allocation
	frames    [systems]*buffers.Frame
	encoders  [pairs]buffers.Encoder
	contexts  [pairs]context.Context
	cancels   [pairs]context.CancelFunc
}

func open(a Args) (*World, error) {
	cost := memory.Fixed(time.Duration(a[Latency]) * time.Millisecond)
	w := &World{device: memory.Open(memory.Options{LateErrors: a[LateErrors] == 1, Notifies: a[Notifies] == 1, Write: cost, Copy: cost, Map: cost})}
	for i := range w.systems {
		s, err := buffers.Open(w.device, buffers.Options{Budget: uint64(a[Budget]), OnBudget: buffers.BudgetPolicy(a[Policy]),
			ChunkSize: uint64(a[ChunkSize]), MaxFramesInFlight: a[Frames]})
		if err != nil {
			return nil, err
		}
		w.systems[i] = s
	}
	for i := range w.contexts {
		w.contexts[i], w.cancels[i] = context.WithCancel(context.Background())
	}
	w.arm(a[Fault], a[Point])
	if a[Held] == 1 {
		w.hold(true)
	}
	return w, nil
}

var skipped = Result{Skipped: true}

func failed(err error) Result { return Result{Code: codeOf(err)} }

func codeOf(err error) string {
	switch {
	case err == nil:
		return ""
	case buffers.Code(err) != "":
		return buffers.Code(err)
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return err.Error()
}

func (w *World) bytes(o Op) []byte { return pattern(o.Args[Seed], o.Args[Size]) }

func (w *World) destroyBuffer(slot int) {
	if w.buffers[slot] != nil {
		w.buffers[slot].Destroy()
	}
}

func frameEncoder(f *buffers.Frame) (buffers.Encoder, error) {
	if f == nil {
		return nil, buffers.NewError("encode", "", buffers.ErrState, "there is no frame")
	}
	return f.Encoder()
}

// fail has the creation that follows run out of memory, where an operation says so.
func (w *World) fail(o Op) {
	if o.Args[Fails] == 1 {
		w.device.FailCreate(1)
	}
}

// record records into the encoder of an operation.
func (w *World) record(o Op, f func(buffers.Encoder) error) Result {
	e, err := w.encoder(o.Args[Encoder])
	if err != nil {
		return failed(err)
	}
	return failed(f(e))
}

func (w *World) encoder(slot int) (e buffers.Encoder, err error) {
	if slot >= pairs {
		return frameEncoder(w.frames[slot-pairs])
	}
	if w.encoders[slot] == nil {
		w.encoders[slot], err = w.device.CreateEncoder("")
	}
	return w.encoders[slot], err
}

// list is the encoders of an operation that there are.
func (w *World) list(o Op) (list []buffers.Encoder) {
	for _, slot := range encoderLists[o.Args[Encoders]] {
		if w.encoders[slot] != nil {
			list = append(list, w.encoders[slot])
		}
	}
	return list
}

// submitted forgets encoders that were submitted: the device may give them out again.
func (w *World) submitted(o Op, err error) Result {
	if err == nil {
		for _, slot := range encoderLists[o.Args[Encoders]] {
			w.encoders[slot] = nil
		}
	}
	return failed(err)
}

func (w *World) look() *Seen {
	seen := &Seen{Sizes: [deviceSlots]int{-1, -1}}
	for i := range seen.Sizes {
		if b := w.buffers[i]; b != nil && b.State() != buffers.Destroyed {
			seen.Sizes[i] = int(b.Size())
		}
	}
	for i, s := range w.systems {
		seen.Stats[i] = s.Stats()
	}
	return seen
}

// running is an operation that goes on.
type running struct {
	call   *call
	result chan Result
}

// Run performs a program on a GPU in memory, in virtual time, and compares it with the model.
func Run(t *testing.T, p Program) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	_, err = runIn(t, p)
	return err
}

func runIn(t *testing.T, p Program) (did outcome, err error) {
	synctest.Test(t, func(t *testing.T) { did, err = run(p) })
	return did, err
}

// outcome is what a program did, besides being right.
type outcome struct {
	idle  int          // the place of the first operation after the prelude that did nothing, or -1
	ends  []string     // of operations, in their order
	calls memory.Calls // on the device, those of the end included
}

// run performs a program.
func run(p Program) (did outcome, err error) {
	before := runtime.NumGoroutine()
	w, err := open(p.World)
	if err != nil {
		return did, err
	}
	s := &session{World: w, model: newModel(p.World), idle: -1}
	err = s.perform(p.Ops)
	did.idle = s.idle
	defer func() { did.ends = s.ends }()
	if err == nil {
		err = s.finish()
	}
	did.calls = w.device.Calls()
	w.close()
	synctest.Wait()
	if err == nil && runtime.NumGoroutine() != before {
		err = leftRunning()
	}
	return did, err
}

// leftRunning is the error of goroutines of the product that run in this bubble.
func leftRunning() error {
	all := make([]byte, 1<<20)
	stacks := strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n")
	bubble := regexp.MustCompile(`synctest bubble \d+`).FindString(stacks[0])
	for _, stack := range stacks[1:] {
		if strings.Contains(stack, bubble+"]") && strings.Contains(stack, "gpubuffers/buffers") {
			return fmt.Errorf("a goroutine is left:\n%s", stack)
		}
	}
	return nil
}

func (w *World) close() {
	for _, cancel := range w.cancels {
		cancel()
	}
	for _, s := range w.systems {
		s.Destroy()
	}
	w.device.Destroy()
}

// session is a program that is performed.
type session struct {
	*World
	model   *Model
	running []running
	ends    []string
	nothing bool // the last operation did nothing
	idle    int  // the first after the prelude that did nothing, or -1
}

func (s *session) perform(ops []Op) error {
	for i, op := range ops {
		if err := s.do(op); err != nil {
			return fmt.Errorf("operation %d: %w", i, err)
		}
		if s.nothing && s.idle < 0 && i >= len(prelude) {
			s.idle = i - len(prelude)
		}
	}
	return nil
}

// do performs an operation and waits until nothing moves any more.
func (s *session) do(op Op) error {
	result := make(chan Result, 1)
	go func() { result <- s.attempt(op) }()
	synctest.Wait()
	var r *Result
	select {
	case now := <-result:
		r = &now
	default:
	}
	if op.Kind.Name == "sleep" && r == nil {
		now := <-result
		r = &now
		synctest.Wait()
	}
	if r != nil && r.keep != nil {
		r.keep()
	}
	s.nothing = r != nil && (r.Skipped || r.Code != "" && !s.model.faults)
	s.model.losing = !s.model.lost && s.device.LostReason() != nil
	if r != nil {
		s.ends = append(s.ends, op.Kind.Name+" "+r.Code)
	}
	if err := s.model.Begin(op, r); err != nil {
		return err
	}
	if r == nil {
		s.running = append(s.running, running{s.model.Begun(), result})
	}
	if s.model.losing {
		s.model.lose()
	}
	return s.settle()
}

// attempt performs an operation, and takes a panic for a result.
func (s *session) attempt(op Op) (r Result) {
	defer func() {
		if v := recover(); v != nil {
			r = Result{Code: fmt.Sprintf("panic: %v\n%s", v, debug.Stack())}
		}
	}()
	return op.Kind.Run(s.World, op)
}

// settle hands the results of operations that went on to the model, and compares what is seen.
func (s *session) settle() error {
	left := s.running[:0]
	for _, x := range s.running {
		select {
		case r := <-x.result:
			if r.keep != nil {
				r.keep()
			}
			s.ends = append(s.ends, x.call.Kind.Name+" "+r.Code)
			if err := s.model.End(x.call, r); err != nil {
				return err
			}
		default:
			left = append(left, x)
		}
	}
	s.running = left
	if err := s.model.Check(s.look()); err != nil {
		return err
	}
	if err := s.model.Overdue(); err != nil {
		return err
	}
	return s.nudge()
}

// nudge has all that wait try once more. Who can go on now has slept.
func (s *session) nudge() error {
	if len(s.running) == 0 {
		return nil
	}
	for _, system := range s.systems {
		if b, err := system.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 4}); err == nil {
			b.Destroy() // which frees nothing, but wakes
		}
	}
	synctest.Wait()
	for _, x := range s.running {
		if len(x.result) > 0 {
			return fmt.Errorf("%v: it slept, though it could go on", x.call.Op)
		}
	}
	return nil
}

// finish brings a world to its end: nothing waits, and nothing is left.
func (s *session) finish() error {
	if err := s.perform(finale); err != nil {
		return fmt.Errorf("finale: %w", err)
	}
	if err := s.model.AtRest(s.look()); err != nil {
		return err
	}
	if err := s.perform(ending); err != nil {
		return fmt.Errorf("ending: %w", err)
	}
	if left := s.device.Buffers(); len(left) > 0 && !s.model.lost {
		return fmt.Errorf("buffers are left: %q", left)
	}
	return nil
}

func newModel(world Args) *Model {
	m := &Model{world: world, held: world[Held] == 1, faults: world[Fault] != 0}
	m.doubt = world[Fault] == failsCreation && world[LateErrors] == 1
	for i := range m.systems {
		m.systems[i] = &system{pool: storage{state: buffers.Ready}}
	}
	return m
}
