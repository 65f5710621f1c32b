package buffers

// Embedder is what only a host needs that embeds this package for programs of another language, as the JavaScript module
// does: calls that must not wait, memory and native objects that the host fills and keeps by itself, and a garbage
// collector besides Go's. Its methods are those of the types that they name, and are called like them. Everything that
// it has called must be short, and call nothing of the System.
type Embedder struct{}

// Sizes are what a host must know that reads and writes by itself, in bytes: the smallest reads and the smallest writes for
// which the engine chooses a path, and the piece that queue writes are cut into. Smaller writes go by the queue.
func (Embedder) Sizes() (reads, writes, piece uint64) {
	return chosenFrom[OpReadback], chosenFrom[OpBurst], paths[OpUpload][queueWrites].Piece
}

// FrameThen is for a host that must not wait: it reports whether BeginFrame would wait for the GPU, and then
// calls ready, once, when it no longer would. Like the methods of a [host.Sink] ready must be short, and call
// nothing of the System. The error says why BeginFrame would fail, or that the backend cannot tell when it would not wait.
func (Embedder) FrameThen(s *System, ready func()) (waits bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.frames
	busy, err := f.isBusy(true)
	if !busy || err != nil {
		return false, err
	}
	if f.notify == nil {
		return false, f.refuse(nil)
	}
	f.waiting = append(f.waiting, ready)
	return true, nil
}

// RemindOfFrame has the log tell of reads that still wait for the open frame in a second, lest somebody waits for one
// before the submit. A [Read] that is waited for does so by itself.
func (Embedder) RemindOfFrame(s *System) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.queue.remind()
}

// FlushReads sends the reads that were asked for of all ReadbackBuffers, ahead of the next submit.
func (Embedder) FlushReads(s *System) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.sendAll(true)
}

// Leaked says that the host's own garbage collector has found that nothing refers to b any more: it is destroyed and
// reported, with the place where the host made it, if that is known.
func (Embedder) Leaked(b Held, created string) { b.holds().leaked(created) }

// Release is Destroy for a host that has the GPU's buffers of b, and may go on using them: they are left to it, and
// to its garbage collector. They count nowhere any more.
func (Embedder) Release(b Held) {
	h := b.holds()
	h.shared.mu.Lock()
	defer h.shared.mu.Unlock()
	h.end(released)
}

// CountPassed counts DeviceBuffers that the host made and destroyed by itself. At the most they were so many at a time, of
// so many bytes, with others of the host's that are told next.
func (Embedder) CountPassed(s *System, passed, most, bytes uint64) {
	s.shared.mu.Lock()
	defer s.shared.mu.Unlock()
	s.shared.stats.Kinds[KindDevice].pass(passed, most, bytes)
}
