package buffers

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// largestBlock is the size in bytes of the largest blocks that a texture has. Its texels begin at a multiple of it.
//
// See https://www.w3.org/TR/webgpu/#texture-format-caps.
const largestBlock = 16

// hold is memory of the GPU that keeps what reads are to bring until there is a chunk for it.
type hold struct {
	currentBuffer
	readings  int // that are copied from it
	idleSince moment
}

// readHolds are the holds of a readBelt. Together they have at most as many bytes as the budget of mappable memory.
type readHolds struct {
	shared *shared
	idle   []*hold
	bytes  uint64
	late   []heldRead      // scratch of readBelt.hold,
	copies []gpu.ChunkCopy // so are these
}

// heldRead is a reading that goes into a hold.
type heldRead struct {
	reading *reading
	turn    uint64
	group   int
	at      uint64 // in the hold
}

func (r *heldRead) isOpen() bool { return r.reading.turn == r.turn && !r.reading.done }

func (h *hold) since() moment { return h.idleSince }

func (h *hold) size() uint64 { return h.Size() }

// room is how many bytes a new hold may have.
func (p *readHolds) room() uint64 {
	used := p.bytes
	for _, h := range p.idle {
		used -= h.Size()
	}
	return min(p.shared.budget.limit-min(p.shared.budget.limit, used), p.shared.limits.MaxBufferSize) &^ 3
}

// take returns a hold of at least size bytes, which are within room.
func (p *readHolds) take(size uint64) (*hold, error) {
	if i := bestFit(p.idle, size); i >= 0 {
		h := p.idle[i]
		p.idle = remove(p.idle, i)
		return h, nil
	}
	size = min(chunkSize(size), p.room())
	if p.bytes+size > p.shared.budget.limit {
		p.trim(latest)
	}
	b, err := p.shared.createBuffer(&Descriptor{Label: "read copy", Size: size, Usage: UsageCopySrc | UsageCopyDst})
	if err != nil {
		return nil, err
	}
	p.bytes += size
	h := &hold{}
	h.Buffer, h.serial = b.Buffer, b.serial
	return h, nil
}

// leave is called when a reading needs the hold no more; nil is none. What is submitted later may use it again: the
// GPU goes in order.
func (p *readHolds) leave(h *hold) {
	if h == nil {
		return
	}
	if h.readings--; h.readings > 0 {
		return
	}
	if p.shared.lost != nil || !h.Valid() {
		p.drop(h)
		return
	}
	h.idleSince = now()
	p.idle = append(p.idle, h)
	p.shared.tend()
}

func (p *readHolds) drop(h *hold) {
	p.bytes -= h.Size()
	h.Destroy()
}

func (p *readHolds) trim(before moment) (oldest moment) {
	p.idle, oldest = trim(p.idle, before, p.drop)
	return oldest
}

// hold copies readings that were sent and found no room into memory of the GPU's, as many as one hold takes. It
// reports whether there were any.
func (b *readBelt) hold() (any bool) {
	late, size := b.late()
	if len(late) == 0 {
		return false
	}
	h, err := b.holds.take(size)
	if err != nil {
		b.failHeld(late, err)
		return true
	}
	copies := b.holds.copiesOf(late)
	defer clear(copies) // which name buffers of the program's
	verdicts, refused, err := b.shared.steps.Gather(h.Buffer, copies)
	b.shared.stats.Submits++
	switch {
	case err == nil:
		b.goOnFrom(h, late, verdicts)
	case refused >= 0 && h.Failure() == nil:
		b.holds.leave(h)
		b.refuse(sourceOf(late, &copies[refused]), err)
	default:
		b.holds.drop(h) // in no known state
		b.failHeld(late, err)
	}
	return true
}

// late lists the readings to hold, and how many bytes they need. One that there is no room for is settled.
func (b *readBelt) late() (late []heldRead, size uint64) {
	room := b.holds.room()
	late = b.holds.late[:0]
	defer func() { b.holds.late = late }()
	for _, x := range b.queue {
		if x.done || !x.released || x.recorded == x.size || x.hold != nil || !b.readable(x) {
			continue
		}
		at, n := size, x.heldSize()
		if x.src == nil {
			at = (size + largestBlock - 1) / largestBlock * largestBlock
		}
		switch {
		case at+n <= room:
			x.group = b.groupOf(x)
			late = append(late, heldRead{x, x.turn, x.group, at})
			size = at + n
		case len(late) > 0:
			return late, size
		default:
			b.settle(x, b.holds.refuse(x.name, n))
		}
	}
	return late, size
}

// refuse is the error of a read that there is no memory for at its moment.
func (p *readHolds) refuse(label string, n uint64) error {
	return gpu.NewError("read", label, ErrBudget, "no mappable memory is free, and a copy of "+gpu.Decimal(n)+
		" bytes on the GPU would exceed the budget of "+gpu.Decimal(p.shared.budget.limit))
}

// heldSize is how many bytes of a hold the rest of x takes.
func (x *reading) heldSize() uint64 {
	left := x.size - x.recorded
	if x.src == nil {
		return left / x.rowBytes * x.pitch
	}
	return (x.skip() + left + 3) &^ 3
}

// skip is how far into a word the rest of a range begins.
func (x *reading) skip() uint64 { return (x.offset + x.recorded - x.from) % 4 }

// copiesOf are the copies of the readings into a hold, one after the other.
func (p *readHolds) copiesOf(late []heldRead) []gpu.ChunkCopy {
	p.copies = p.copies[:0]
	for i := range late {
		p.copies = late[i].reading.appendCopies(p.copies, late[i].at)
	}
	return p.copies
}

// appendCopies adds the copies of the rest of x to a place of a hold.
func (x *reading) appendCopies(copies []gpu.ChunkCopy, at uint64) []gpu.ChunkCopy {
	if x.src != nil {
		return append(copies, gpu.ChunkCopy{Src: x.src, Offset: x.offset + x.recorded - x.from - x.skip(), Size: x.heldSize(), At: at, Group: x.group})
	}
	for done := x.recorded; done < x.size; {
		rows := x.rowsOfLayer(done, x.size/x.rowBytes)
		copies = append(copies, x.copyRows(done, rows, at))
		at += rows * x.pitch
		done += rows * x.rowBytes
	}
	return copies
}

// sourceOf is a reading that a copy is for.
func sourceOf(late []heldRead, copied *gpu.ChunkCopy) *reading {
	for i := range late {
		if x := late[i].reading; x.reads(copied) {
			return x
		}
	}
	panic("buffers: a copy without a read")
}

// goOnFrom has the readings go on from the hold, where each begins at its place.
func (b *readBelt) goOnFrom(h *hold, late []heldRead, verdicts []gpu.Verdict) {
	h.readings = len(late)
	for i := range late {
		x := late[i].reading
		skip := uint64(0)
		if x.src != nil {
			skip = x.skip()
		}
		x.src, x.via, x.hold, x.offset, x.from = h.Buffer, h.Buffer, h, late[i].at+skip, x.recorded
	}
	for _, v := range verdicts {
		for i := range late {
			if late[i].group == v.Group {
				late[i].reading.unjudged++
			}
		}
	}
	if len(verdicts) > 0 {
		b.shared.rouse()
		go b.judge(slices.Clone(late), verdicts)
	}
}

// judge waits for what the GPU says of the copies into a hold. The lock is not held.
func (b *readBelt) judge(held []heldRead, verdicts []gpu.Verdict) {
	for _, v := range verdicts {
		err := <-v.Settled
		b.shared.mu.Lock()
		b.judged(held, v.Group, err)
		b.shared.mu.Unlock()
	}
}

// judged takes a verdict, and what the chunks have brought that waited for it.
func (b *readBelt) judged(held []heldRead, group int, err error) {
	for i := range held {
		r := &held[i]
		if r.group != group || !r.isOpen() {
			continue
		}
		r.reading.unjudged--
		if err != nil {
			b.settle(r.reading, r.reading.refusal(err))
		}
	}
	waiting := b.unjudged
	b.unjudged = nil
	for _, c := range waiting {
		if c.isUnjudged() {
			b.unjudged = append(b.unjudged, c)
		} else {
			b.empty(c, nil)
		}
	}
	b.dequeue()
	b.shared.wake()
	b.pump()
}

// failHeld ends readings that cannot be held.
func (b *readBelt) failHeld(late []heldRead, err error) {
	for i := range late {
		b.settle(late[i].reading, late[i].reading.withoutMemory(err))
	}
}
