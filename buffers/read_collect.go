package buffers

// readCollector waits for chunks in flight, if the backend does not notify that they have landed.
type readCollector struct {
	shared  *shared
	landed  func(*chunk, error)
	landing chan *chunk
	collect func() // collectAll, made once
	running bool   // a goroutine collects
}

// add has a goroutine wait for a chunk too. The channel has room for the most chunks there can be.
func (r *readCollector) add(c *chunk) {
	r.shared.wakeHost()
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

// collectAll waits for the chunks in flight, in the order of their submits, in which the GPU finishes them too. The
// lock is not held.
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

// toCollect returns the next chunk. If there is none, it returns nil and the goroutine ends.
func (r *readCollector) toCollect() *chunk {
	select {
	case c := <-r.landing:
		return c
	default:
		r.running = false
		return nil
	}
}
