package buffers

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// chunk is a pooled mappable buffer. What its lists are, it is: see uploadPool and readBelt.
type chunk struct {
	buffer    MappableBuffer
	settled   <-chan error // of the map that is pending
	notifies  bool         // upload: so does its queue when that has settled
	asked     moment       // when that map was asked for
	belt      *readBelt    // readback: takes the chunk when its map settled
	idleSince moment
	handed    bool    // upload: the host has its mapped memory, and may write to it until the unmap
	encoder   Encoder // that its copies are recorded in
	turn      uint64  // how often it was lent
	tail      uint64  // readback: bytes filled
	parts     []readPart
	copies    []gpu.ChunkCopy
	refusals  []refusal
	serial    uint64 // of the latest creation when its map was asked for: see System.confirm
}

// pooled is memory that lies idle in a pool between its uses.
type pooled interface {
	size() uint64
	since() moment // when it was used last
}

func (c *chunk) size() uint64  { return c.buffer.Size() }
func (c *chunk) since() moment { return c.idleSince }

// wasIdle reports whether the chunk was used before: memory that is new costs more than a transfer.
func (c *chunk) wasIdle() bool { return c.idleSince != 0 }

// newChunk makes a chunk, whose bytes are reserved, and adds it to all that a pool has.
func (s *System) newChunk(all *[]*chunk, d *Descriptor, stats *PoolStats) (*chunk, error) {
	b, err := s.createMapped(d)
	if err != nil {
		return nil, err
	}
	stats.Misses++
	stats.Chunks++
	stats.Bytes += d.Size
	if s.logger.enabled(LevelDebug) {
		s.logger.log(LevelDebug, d.Label+" created", count("bytes", d.Size), count("chunks", stats.Chunks))
	}
	c := &chunk{buffer: b}
	*all = append(*all, c)
	return c, nil
}

// dropChunk destroys a chunk of all that a pool has, and returns the others. What is not among them was destroyed
// before.
func (s *System) dropChunk(all []*chunk, c *chunk, stats *PoolStats) []*chunk {
	i := slices.Index(all, c)
	if i < 0 {
		return all
	}
	stats.Chunks--
	stats.Bytes -= c.size()
	c.buffer.Destroy()
	s.budget.release(c.size())
	return remove(all, i)
}

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
func (c *chunk) fits(need uint64) bool { return fits(c.size(), need) }

func fits(size, need uint64) bool { return size >= need && size <= max(2*need, 16<<10) }

// bestFit is the index of the smallest chunk that fits, or -1. Of several it is the last, which was used last: caches
// know its memory, and the others grow old and are destroyed.
func bestFit[T pooled](list []T, need uint64) int {
	best := -1
	for i, c := range list {
		if fits(c.size(), need) && (best < 0 || c.size() <= list[best].size()) {
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
