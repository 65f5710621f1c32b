package buffers

// chunk is a pooled mappable buffer. What its lists are, it is: see uploadPool and readBelt.
type chunk struct {
	buffer    MappableBuffer
	settled   <-chan error     // of the map that is pending
	notifies  bool             // upload: so does its queue when that has settled
	asked     moment           // when that map was asked for
	landed    func(error) bool // readback: takes the chunk when its map settled
	idleSince moment
	handed    bool    // upload: the host has its mapped memory, and may write to it until the unmap
	encoder   Encoder // that its copies are recorded in
	turn      uint64  // how often it was lent
	tail      uint64  // readback: bytes filled
	parts     []readPart
	copies    []ChunkCopy
	batch     [1]Encoder
}

func (c *chunk) size() uint64 { return c.buffer.Size() }

// chunkSize rounds up so that chunks fit more than one request: to a quarter of the power of two below.
func chunkSize(need uint64) uint64 {
	step := uint64(4 << 10)
	for step*8 < need {
		step *= 2
	}
	return (need + step - 1) / step * step
}

// fits reports whether the chunk holds need bytes and is at most twice as large: a mapped chunk is copied whole at its
// unmap, so a much larger one costs more than a new one.
func (c *chunk) fits(need uint64) bool { return c.size() >= need && c.size() <= max(2*need, 16<<10) }

// bestFit is the index of the smallest chunk that fits, or -1. Of several it is the last, which was used last: caches
// know its memory, and the others grow old and are destroyed.
func bestFit(chunks []*chunk, need uint64) int {
	best := -1
	for i, c := range chunks {
		if c.fits(need) && (best < 0 || c.size() <= chunks[best].size()) {
			best = i
		}
	}
	return best
}

// remove takes chunk i out of the list, keeping the order.
func remove[T any](list []T, i int) []T {
	copy(list[i:], list[i+1:])
	var zero T
	list[len(list)-1] = zero
	return list[:len(list)-1]
}

func bytesOf(chunks []*chunk) (n uint64) {
	for _, c := range chunks {
		n += c.size()
	}
	return n
}
