package model

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// GPU is the device that a world is on.
type GPU interface {
	buffers.Device
	// Adopt gives another owner of a buffer that the device has made.
	Adopt(buffers.Buffer) buffers.Buffer
	NewTexture(gpu.TextureInfo) (buffers.Texture, error)
	DestroyTexture(buffers.Texture)
	// NewHost makes memory that is not Go's.
	NewHost([]byte) Host
	Lose(how int)
	Sleep(time.Duration)
	// Rest lets it do all that it was given, and the world tidy up, as a long sleep does.
	Rest(*World)
	// Settle waits until all that still moves waits for the GPU.
	Settle()
}

// Host is memory that its owner may take away.
type Host interface {
	buffers.Host
	gpu.Detacher
}

// World is the small world, and performs operations by Go's API.
type World struct {
	gpu       GPU
	held      bool // the GPU in memory stands still
	systems   [systems]*buffers.System
	buffers   [bufferSlots]buffers.Buffer
	staging   [stagingSlots]stager
	readbacks [pairs]*buffers.ReadbackBuffer
	textures  [pairs]buffers.Texture
	dynamics  [pairs]*buffers.DynamicBuffer
	hosts     [pairs]Host // that uploads of an actor come from
	updates   [pairs]*buffers.Allocation
	frames    [systems]*buffers.Frame
	encoders  [pairs]buffers.Encoder
	contexts  [pairs]context.Context
	cancels   [pairs]context.CancelFunc
	uploads   [pairs]*upload
	running   []running
}

// Open makes an empty world.
func Open(gpu GPU, a Args) (*World, error) {
	w := &World{gpu: gpu}
	for i := range w.systems {
		s, err := buffers.Open(gpu, buffers.Options{Budget: uint64(a[Budget]), OnBudget: buffers.BudgetPolicy(a[Policy]),
			ChunkSize: uint64(a[ChunkSize]), MaxFramesInFlight: a[Frames]})
		if err != nil {
			return nil, err
		}
		w.systems[i] = s
	}
	for i := range w.contexts {
		w.contexts[i], w.cancels[i] = context.WithCancel(context.Background())
	}
	return w, nil
}

// Close ends the world and its device.
func (w *World) Close() {
	for _, cancel := range w.cancels {
		cancel()
	}
	for _, s := range w.systems {
		s.Destroy()
	}
	w.gpu.Destroy()
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
		return nil, gpu.NewError("encode", "", buffers.ErrState, "there is no frame")
	}
	return f.Encoder()
}

// fail makes the next creation run out of memory if an operation says so.
func (w *World) fail(o Op) {
	if o.Args[Fails] == 1 {
		w.memory().FailCreate(1)
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
		w.encoders[slot], err = w.gpu.CreateEncoder("")
	}
	return w.encoders[slot], err
}

// list is those of an operation's encoders that exist.
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

// running is an operation that goes on.
type running struct {
	op     int
	result chan Result
}

// Perform performs operations in turn, and gives the step of each.
func (w *World) Perform(ops []Op) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for i, op := range ops {
			if !yield(w.step(i, op)) {
				return
			}
		}
	}
}

func (w *World) step(i int, op Op) (s Step) {
	result := make(chan Result, 1)
	go func() { result <- w.attempt(op) }()
	w.gpu.Settle()
	if name := op.Kind.Name; name == "sleep" || name == "lose" { // they take as long as they take
		result <- <-result
		w.gpu.Settle()
	}
	if s.Result = w.poll(result); s.Result == nil {
		w.running = append(w.running, running{i, result})
	}
	for again := true; again; { // an object that one has made can end others
		s.Seen = w.look()
		w.gpu.Settle()
		ended := w.ended()
		s.Ended, again = append(s.Ended, ended...), len(ended) > 0
	}
	s.Lost = w.gpu.LostReason() != nil
	return s
}

// attempt performs an operation, and takes a panic for a result.
func (w *World) attempt(op Op) (r Result) {
	defer func() {
		if v := recover(); v != nil {
			r = Result{Code: fmt.Sprintf("panic: %v\n%s", v, debug.Stack())}
		}
	}()
	return op.Kind.Run(w, op)
}

// poll is the result if it is there, or nil.
func (w *World) poll(result chan Result) *Result {
	select {
	case r := <-result:
		if r.keep != nil {
			r.keep()
		}
		return &r
	default:
		return nil
	}
}

// ended are the operations that went on and have ended since.
func (w *World) ended() (ended []Ended) {
	w.running = slices.DeleteFunc(w.running, func(x running) bool {
		r := w.poll(x.result)
		if r != nil {
			ended = append(ended, Ended{x.op, *r})
		}
		return r != nil
	})
	return ended
}

// Going is how many operations go on.
func (w *World) Going() (n int) {
	for _, x := range w.running {
		n += 1 - len(x.result)
	}
	return n
}

// Trim does for both systems what time does.
func (w *World) Trim() {
	for _, s := range w.systems {
		s.Trim()
	}
}

func (w *World) look() *Seen {
	seen := new(Seen)
	for i := range seen.Sizes {
		seen.Sizes[i] = -1
		if b := w.buffers[i]; b != nil && b.State() != buffers.Destroyed {
			seen.Sizes[i] = int(b.Size())
		}
	}
	for i, s := range w.systems {
		seen.Stats[i] = countsOf(s.Stats())
	}
	return seen
}

func countsOf(st buffers.Stats) Counts {
	c := Counts{Mappable: st.Mappable, Held: st.Held, BytesUp: st.BytesUp, BytesDown: st.BytesDown, Submits: st.Submits, MapsPending: st.MapsPending}
	c.Kinds, c.LatencyMax = st.Kinds, st.MapLatency.Max
	return c
}

// embedder has the calls that only a host needs.
var embedder buffers.Embedder
