package buffers

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// chunk is a pooled mappable buffer. Its list is its state: see writeBelt and readRing.
type chunk struct {
	buffer     MappableBuffer
	bytes      uint64              // its size
	settled    <-chan error        // of the pending map; nil while the host has the chunk
	notifies   bool                // upload: its queue or the host notifies when that has settled
	notify     func()              // upload: what the queue calls then, made once
	lent       *host.Chunk         // upload: the chunk as the host knows it, made once
	asked      moment              // when that map was asked for
	landed     func(*chunk, error) // readback: takes the chunk when its map settled
	idleSince  moment
	handed     bool    // upload: the host may write to its mapped memory until the unmap
	encoder    Encoder // its copies are recorded in it
	generation uint64  // how often it was lent
	tail       uint64  // readback: bytes filled
	parts      []readPart
	copies     []gpu.ChunkCopy
	refusals   []refusal
	serial     uint64 // of the latest creation when its map was asked for: see shared.confirm
}

// pooled is memory that lies idle in a pool between uses.
type pooled interface {
	size() uint64
	since() moment // when it was used last
}

func (c *chunk) size() uint64  { return c.bytes }
func (c *chunk) since() moment { return c.idleSince }

// wasIdle reports whether the chunk was used before: new memory costs more than a transfer.
func (c *chunk) wasIdle() bool { return c.idleSince != 0 }

// pool keeps all chunks of a belt, and those that lie idle for their next use.
type pool struct {
	shared *shared
	made   Descriptor // of its chunks, but for the size
	all    []*chunk   // also those that are lent or awaited
	idle   []*chunk
	stats  PoolStats
}

func (p *pool) init(s *shared, made Descriptor) { p.shared, p.made = s, made }

// create makes a chunk. Its bytes are reserved already.
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
	c := &chunk{buffer: b, bytes: size}
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

// keep makes a chunk idle from since on.
func (p *pool) keep(c *chunk, since moment) {
	c.idleSince = since
	p.idle = append(p.idle, c)
	p.shared.tend()
}

// drop destroys a chunk that is in no other list, unless the end of the System has destroyed it.
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
		p.drop(p.all[0]) // settles its map, so that its waiters let go
	}
}

// poolStats returns the pool's statistics.
func (p *pool) poolStats() PoolStats {
	st := p.stats
	st.IdleBytes = bytesOf(p.idle)
	return st
}

// fits reports whether the chunk holds need bytes and is at most twice as large. The unmap copies a chunk whole, so a
// much larger one costs more than a new one.
func (c *chunk) fits(need uint64) bool { return fits(c.size(), need) }

func fits(size, need uint64) bool { return size >= need && size <= max(2*need, 16<<10) }

// bestFit is the index of the smallest chunk that fits, or -1. Among equals it is the last one used: caches know its
// memory, and the others grow old and are destroyed.
func bestFit[T pooled](list []T, need uint64) int {
	best, least, made := -1, uint64(0), chunkSize(need)
	for i := len(list) - 1; i >= 0; i-- {
		size := list[i].size()
		if fits(size, need) && (best < 0 || size < least) {
			best, least = i, size
		}
		if least == made { // none that fits is smaller
			break
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

// trim drops the entries that have been idle since before or longer, and returns when the oldest of the rest became
// idle.
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

// named is an error of a chunk's in the words of the program's operation, which knows no chunks.
func named(err error, op, label string) error {
	known, ok := err.(*Error)
	if !ok {
		return err
	}
	told := *known
	told.Op, told.Label = op, label
	return &told
}
