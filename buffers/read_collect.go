package buffers

// readCollector waits for chunks in flight, if the backend does not call when they have landed.
type readCollector struct {
	shared  *shared
	landed  func(*chunk, error)
	landing chan *chunk
	collect func() // collectAll, made once
	running bool   // a goroutine does
}

// add has a goroutine wait for a chunk too. The channel holds as many as there can be.
func (r *readCollector) add(c *chunk) {
	r.shared.rouse()
	if r.landing == nil {
		r.landing = make(chan *chunk, maxInFlight)
		r.collect = r.collectAll
	}
	if !r.running {
		r.running = true
		go r.collect()
	}
	r.landing <- c
}

// collectAll waits for the chunks in flight, if the backend does not call, in the order in which they were
// submitted, which is that in which the GPU is done with them. The lock is not held.
func (r *readCollector) collectAll() {
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	for c := r.toCollect(); c != nil; c = r.toCollect() {
		r.shared.mu.Unlock()
		err := <-c.settled
		r.shared.mu.Lock()
		r.landed(c, err)
	}
}

// toCollect is the next chunk, or nil if there is none, and the goroutine ends.
func (r *readCollector) toCollect() *chunk {
	select {
	case c := <-r.landing:
		return c
	default:
		r.running = false
		return nil
	}
}
