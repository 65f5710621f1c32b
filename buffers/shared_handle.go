package buffers

import (
	"runtime"
	"strconv"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// holding is the memory of one buffer made by a System. The System refers to the holding and the caller to the buffer,
// so that the garbage collector can find and free a buffer that nobody destroyed.
type holding struct {
	shared  *shared
	kind    Kind
	label   string
	bytes   uint64
	free    func(fate) // frees all of it; called once
	freed   bool
	site    [6]uintptr
	cleanup runtime.Cleanup

	next, previous *holding // among those of the System that are not freed
}

// fate is how a buffer ends.
type fate uint8

const (
	destroyed fate = iota
	dropped        // nobody destroyed it: borrowed memory goes too
	released       // its other owner keeps the GPU's buffers
)

// handle is a buffer's link to its holding. When it is collected and the holding was not destroyed, the holding is
// freed and reported.
type handle struct{ *holding }

// hold counts a buffer. The lock has been held since the buffer was made: so the end of the System comes before the
// making of a buffer, or frees it.
func (s *shared) hold(kind Kind, label string, bytes uint64, free func(fate)) *handle {
	owner := &handle{&holding{shared: s, kind: kind, label: label, bytes: bytes, free: free}}
	owner.begin()
	return owner
}

// begin is hold for a handle and a holding that are parts of others.
func (owner *handle) begin() {
	h := owner.holding
	h.shared.stats.Kinds[h.kind].add(h.bytes)
	h.link()
	if h.shared.logger.enabled(LevelDebug) {
		h.log(LevelDebug, "buffer created", "")
	}
	if h.shared.options.HostCollects {
		return
	}
	runtime.Callers(4, h.site[:])
	h.cleanup = runtime.AddCleanup(owner, func(h *holding) { h.leaked(h.createdAt()) }, h)
}

// resize records a buffer's new size.
func (h *holding) resize(bytes uint64) {
	k := &h.shared.stats.Kinds[h.kind]
	k.Bytes -= h.bytes
	k.grow(bytes)
	h.bytes = bytes
}

// destroy frees the memory, once. The lock is not held.
func (h *holding) destroy() {
	h.shared.mu.Lock()
	defer h.shared.mu.Unlock()
	h.release()
}

func (h *holding) release() { h.end(destroyed) }

func (h *holding) end(f fate) {
	if h.freed {
		return
	}
	h.freed = true
	h.cleanup.Stop()
	h.unlink()
	h.free(f)
	h.shared.stats.Kinds[h.kind].remove(h.bytes)
	h.shared.freed()
	h.shared.wake()
}

func (h *holding) link() {
	if h.next = h.shared.holdings; h.next != nil {
		h.next.previous = h
	}
	h.shared.holdings = h
}

func (h *holding) unlink() {
	if h.previous == nil {
		h.shared.holdings = h.next
	} else {
		h.previous.next = h.next
	}
	if h.next != nil {
		h.next.previous = h.previous
	}
	h.next, h.previous = nil, nil
}

// check is the error of every call on a destroyed buffer, or on one whose device is lost.
func (h *holding) check(op string) error {
	if h.freed {
		return gpu.NewError(op, h.label, ErrDestroyed, "")
	}
	return h.shared.usable(op, h.label)
}

// leaked frees a buffer that nobody can destroy any more. The lock is not held.
func (h *holding) leaked(created string) {
	h.shared.mu.Lock()
	defer h.shared.mu.Unlock()
	if h.freed { // freed since it was collected
		return
	}
	h.end(dropped)
	h.shared.stats.Leaks++
	h.log(LevelWarn, "buffer was never destroyed", created)
}

// log logs the buffer, and where it was made if that is known.
func (h *holding) log(level Level, message, created string) {
	fields := []Field{text("kind", h.kind.String()), label("label", h.label), count("bytes", h.bytes)}
	if created != "" {
		fields = append(fields, text("created", created))
	}
	h.shared.logger.log(level, message, fields...)
}

// mostListed bounds how many buffers are listed when a System is destroyed.
const mostListed = 32

// alive counts the buffers that are not destroyed.
func (s *shared) alive() (n int) {
	for h := s.holdings; h != nil; h = h.next {
		n++
	}
	return n
}

// logAlive lists them, the newest first.
func (s *shared) logAlive() {
	listed := 0
	for h := s.holdings; h != nil && listed < mostListed; h = h.next {
		listed++
		h.log(LevelInfo, "destroyed with its system", "")
	}
	if more := s.alive() - listed; more > 0 {
		s.logger.log(LevelInfo, "further buffers were destroyed with their system", count("count", more))
	}
}

// Held is a buffer that a System has made, of any kind.
type Held interface{ holds() *holding }

// createdAt is the first stack frame outside of this package, as file:line.
func (h *holding) createdAt() string {
	frames := runtime.CallersFrames(h.site[:])
	for {
		frame, more := frames.Next()
		if !more || !isOwn(frame.Function) {
			return frame.File + ":" + strconv.Itoa(frame.Line)
		}
	}
}

func isOwn(function string) bool {
	const own = "github.com/gpubuffers/gpubuffers/buffers."
	return len(function) >= len(own) && function[:len(own)] == own
}
