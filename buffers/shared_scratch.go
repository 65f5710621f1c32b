package buffers

import "sync"

// scratchSize is the piece in which a stream is read.
const scratchSize = 4 << 20

// scratch is the memory through which streams go.
type scratch struct{ pool sync.Pool } // of *[]byte

func (c *scratch) take() []byte {
	if p, ok := c.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, scratchSize)
}

func (c *scratch) give(p []byte) { c.pool.Put(&p) }
