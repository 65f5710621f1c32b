package buffers

import "github.com/gpubuffers/gpubuffers/buffers/internal/choice"

// flushing is how the updates of one frame go to the GPU.
type flushing struct {
	op      Operation
	path    int
	measure bool
	began   moment // with the first update,
	before  uint64 // bytes that had gone up by then
	moved   uint64 // bytes
}

// planFlush chooses the path of size bytes of updates.
func (e *engine) planFlush(f *flushing, size uint64, h choice.History) {
	var chooses bool
	if f.path, chooses = e.flushPath(f.op, size, &h); !chooses {
		e.count(f.op, size)
		return
	}
	taken := e.take(f.op, size, h)
	f.path, f.measure = taken.Path, taken.Measure
}

// flush moves the bytes of an arena to offset of dst.
func (e *engine) flush(f *flushing, dst Buffer, h *choice.History, offset uint64, arena Memory) error {
	p := &paths[OpFlush][f.path]
	if p.InPlace { // there was no chunk to fill
		p, f.measure = &paths[OpFlush][mappedChunk], false
	}
	wholly, err := e.move(p, dst, offset, arena, false)
	h.Note(p)
	f.measure = f.measure && wholly
	f.moved += arena.Size()
	return err
}

// flushChunk flushes a chunk that was filled in place.
func (e *engine) flushChunk(f *flushing, dst Buffer, h *choice.History, c *chunk, size uint64) error {
	h.Note(&paths[OpFlush][filledInPlace])
	f.moved += size
	return e.writes.send(c, size, dst, 0)
}

// flushed is called after the submit of the updates.
func (e *engine) flushed(f *flushing) {
	if f.measure && !e.meter.running && !e.prober.busy {
		e.meter.observe(f.op, f.path, f.moved, f.began.age(), f.before)
	}
}
