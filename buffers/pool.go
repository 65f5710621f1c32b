package buffers

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// chunk is a pooled mappable buffer. What its lists are, it is: see writeBelt and readRing.
type chunk struct {
	buffer     MappableBuffer
	settled    <-chan error        // of the map that is pending
	notifies   bool                // upload: so does its queue when that has settled
	asked      moment              // when that map was asked for
	landed     func(*chunk, error) // readback: takes the chunk when its map settled
	idleSince  moment
	handed     bool    // upload: the host has its mapped memory, and may write to it until the unmap
	encoder    Encoder // that its copies are recorded in
	generation uint64  // how often it was lent
	tail       uint64  // readback: bytes filled
	parts      []readPart
	copies     []gpu.ChunkCopy
	refusals   []refusal
	serial     uint64 // of the latest creation when its map was asked for: see shared.confirm
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

// pool keeps the chunks of a belt: those that lie idle for their next use, and all that there are.
type pool struct {
	shared *shared
	made   Descriptor // what its chunks are made as, but for the size
	all    []*chunk   // also those that are lent or awaited
	idle   []*chunk
	stats  PoolStats
}

func (p *pool) init(s *shared, made Descriptor) { p.shared, p.made = s, made }

// create makes a chunk, whose bytes are reserved.
func (p *pool) create(size uint64) (*chunk, error) {
	d := p.made
	d.Size = size
	b, err := p.shared.createMapped(&d)
	if err != nil {
		return nil, err
	}
	p.stats.Misses++
	p.stats.Chunks++
	p.stats.Bytes += size
	if l := &p.shared.logger; l.enabled(LevelDebug) {
		l.log(LevelDebug, d.Label+" created", count("bytes", size), count("chunks", p.stats.Chunks))
	}
	c := &chunk{buffer: b}
	p.all = append(p.all, c)
	return c, nil
}

// reuse returns the idle chunk that fits best, or nil.
func (p *pool) reuse(need uint64) *chunk {
	i := bestFit(p.idle, need)
	if i < 0 {
		return nil
	}
	c := p.idle[i]
	p.idle = remove(p.idle, i)
	p.stats.Hits++
	return c
}

// keep has a chunk lie idle from since on.
func (p *pool) keep(c *chunk, since moment) {
	c.idleSince = since
	p.idle = append(p.idle, c)
	p.shared.tend()
}

// drop destroys a chunk that is in no other list, unless the end of the System did.
func (p *pool) drop(c *chunk) {
	i := slices.Index(p.all, c)
	if i < 0 {
		return
	}
	p.stats.Chunks--
	p.stats.Bytes -= c.size()
	c.buffer.Destroy()
	p.shared.budget.release(c.size())
	p.all = remove(p.all, i)
}

func (p *pool) trim(before moment) (oldest moment) {
	p.idle, oldest = trim(p.idle, before, p.drop)
	return oldest
}

// destroy destroys every chunk, wherever it is.
func (p *pool) destroy() {
	p.idle = nil
	for len(p.all) > 0 {
		p.drop(p.all[0]) // settles its map, so that who waits for it lets go of it
	}
}

// poolStats is what the pool has done, and has.
func (p *pool) poolStats() PoolStats {
	st := p.stats
	st.IdleBytes = bytesOf(p.idle)
	return st
}

// fits reports whether the chunk holds need bytes and is at most twice as large: a mapped chunk is copied whole at its
// unmap, so a much larger one costs more than a new one.
func (c *chunk) fits(need uint64) bool { return fits(c.size(), need) }

func fits(size, need uint64) bool { return size >= need && size <= max(2*need, 16<<10) }

// bestFit is the index of the choice.Smallest chunk that fits, or -1. Of several it is the last, which was used last: caches
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

func bytesOf(chunks []*chunk) (n uint64) {
	for _, c := range chunks {
		n += c.size()
	}
	return n
}

// trim drops what lies there since then or longer, and returns since when the longest of the rest does.
func trim[T pooled](idle []T, before moment, drop func(T)) (kept []T, oldest moment) {
	kept, oldest = idle[:0], latest
	for _, c := range idle {
		if c.since() <= before {
			drop(c)
		} else {
			kept, oldest = append(kept, c), min(oldest, c.since())
		}
	}
	clear(idle[len(kept):])
	return kept, oldest
}

// need is the size of a new chunk for size bytes.
func (p *pool) need(size uint64) uint64 {
	return min(chunkSize(size), p.shared.limits.MaxBufferSize)
}
