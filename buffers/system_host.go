package buffers

// RemindOfFrame has the log tell of reads that still wait for the open frame in a second, lest somebody waits for one
// before the submit. A [Read] that is waited for does so by itself.
func (s *System) RemindOfFrame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.remind()
}

// FlushReads sends the reads that were asked for of all ReadbackBuffers, ahead of the next submit. It
// reports whether all of them are with the GPU, so that maps are going to settle.
func (s *System) FlushReads() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.sendAll(true)
	return len(s.reads.queue) == 0 && len(s.reads.inFlight)+len(s.reads.lent) > 0
}

// FrameThen is for a host that must not wait: it reports whether BeginFrame would wait for the GPU, and then
// has room called, once, when it no longer would. Like the methods of a [Sink] room must be short, and call
// nothing of the System. Where the backend cannot tell it reports false.
func (s *System) FrameThen(room func()) (waits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.frames
	if busy, _ := f.isBusy(true); !busy || f.notify == nil {
		return false
	}
	f.waiting = append(f.waiting, room)
	return true
}

// UploadThen is UploadMemory for a host that must not wait: done is called once, with the outcome, before
// UploadThen returns or later. Like the methods of a [Sink] it must be short, and call nothing of the System.
// m must stay as it is until then.
func (s *System) UploadThen(dst Buffer, offset uint64, m Memory, done func(error)) {
	s.engine.uploadThen(dst, offset, m, done)
}
