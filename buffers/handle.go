package buffers

import (
	"runtime"
	"strconv"
)

// holding is what one buffer made by a System holds. The System knows the holding and the caller the
// buffer, so that a buffer nobody destroyed can be found out and freed by the garbage collector.
type holding struct {
	sys     *System
	kind    Kind
	label   string
	bytes   uint64
	free    func() // frees the GPU memory; called once, with the lock held
	freed   bool
	site    [6]uintptr
	cleanup runtime.Cleanup

	next, previous *holding // among those of the System that are not freed
}

// hold counts a new buffer. The lock is not held.
func (s *System) hold(kind Kind, label string, bytes uint64, free func()) *holding {
	h := &holding{sys: s, kind: kind, label: label, bytes: bytes, free: free}
	runtime.Callers(3, h.site[:])
	s.mu.Lock()
	s.stats.Kinds[kind].add(bytes)
	h.link()
	s.mu.Unlock()
	if l := &s.logger; l.enabled(LevelDebug) {
		l.log(LevelDebug, "buffer created", text("kind", kind.String()), text("label", label), count("bytes", bytes))
	}
	return h
}

// handle is what a buffer that the caller holds has of its holding. It is unreachable when that buffer is.
type handle struct{ *holding }

// watch returns a handle of h: when it is collected and h was not destroyed, h is freed and reported.
func watch(h *holding) *handle {
	owner := &handle{h}
	h.cleanup = runtime.AddCleanup(owner, (*holding).leaked, h)
	return owner
}

// resize follows a buffer that changed its size.
func (h *holding) resize(bytes uint64) {
	k := &h.sys.stats.Kinds[h.kind]
	k.Bytes -= h.bytes
	k.grow(bytes)
	h.bytes = bytes
}

// destroy frees what is held, once. The lock is not held.
func (h *holding) destroy() {
	h.sys.mu.Lock()
	defer h.sys.mu.Unlock()
	h.release()
}

func (h *holding) release() {
	if h.freed {
		return
	}
	h.freed = true
	h.cleanup.Stop()
	h.unlink()
	h.free()
	h.sys.stats.Kinds[h.kind].remove(h.bytes)
	h.sys.uploads.work() // those to the buffer end
	h.sys.wake()
}

func (h *holding) link() {
	if h.next = h.sys.holdings; h.next != nil {
		h.next.previous = h
	}
	h.sys.holdings = h
}

func (h *holding) unlink() {
	if h.previous == nil {
		h.sys.holdings = h.next
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
		return NewError(op, h.label, ErrDestroyed, "")
	}
	return h.sys.usable(op, h.label)
}

// leaked is called after the buffer was collected without a Destroy.
func (h *holding) leaked() {
	h.destroy()
	h.sys.mu.Lock()
	h.sys.stats.Leaks++
	h.sys.mu.Unlock()
	h.sys.logger.log(LevelWarn, "buffer was never destroyed",
		text("kind", h.kind.String()), text("label", h.label), count("bytes", h.bytes), text("created", h.createdAt()))
}

// createdAt is the first frame outside of this package, as file:line.
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
