package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// heldRead is a reading that goes into a hold.
type heldRead struct {
	reading    *reading
	generation uint64
	group      int
	at         uint64 // in the hold
}

func (r *heldRead) isOpen() bool { return r.reading.generation == r.generation && !r.reading.done }

// copiesOf returns the copies of the readings into a hold, one after the other.
func (q *readQueue) copiesOf(late []heldRead) []gpu.ChunkCopy {
	q.copies = q.copies[:0]
	for i := range late {
		q.copies = late[i].reading.appendCopies(q.copies, late[i].at)
	}
	return q.copies
}

// appendCopies adds the copies of the rest of x to place at of a hold.
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

// sourceOf returns a reading that the copy is for.
func sourceOf(late []heldRead, copied *gpu.ChunkCopy) *reading {
	for i := range late {
		if x := late[i].reading; x.reads(copied) {
			return x
		}
	}
	panic("buffers: a copy without a read")
}

// heldSize is the number of bytes that the rest of x takes in a hold.
func (x *reading) heldSize() uint64 {
	left := x.size - x.recorded
	if x.src == nil {
		return left / x.rowBytes * x.pitch
	}
	return (x.skip() + left + 3) &^ 3
}

// skip is how far into a word the rest of a range begins.
func (x *reading) skip() uint64 { return (x.offset + x.recorded - x.from) % 4 }

// largestBlock is the size in bytes of a texture's largest blocks. Its texels begin at a multiple of it.
//
// See https://www.w3.org/TR/webgpu/#texture-format-caps.
const largestBlock = 16

// late lists the readings to hold, and the bytes that they need. It settles a reading that no hold has room for.
func (q *readQueue) late() (late []heldRead, size uint64) {
	free := q.holds.free()
	late = q.held[:0]
	defer func() { q.held = late }()
	for _, x := range q.list {
		if x.done || !x.released || x.recorded == x.size || x.hold != nil || !q.readable(x) {
			continue
		}
		at, n := size, x.heldSize()
		if x.src == nil {
			at = (size + largestBlock - 1) / largestBlock * largestBlock
		}
		switch {
		case at+n <= free:
			x.group = q.groups.groupOf(x)
			late = append(late, heldRead{x, x.generation, x.group, at})
			size = at + n
		case len(late) > 0:
			return late, size
		default:
			q.settle(x, q.holds.refuse(x.name, n))
		}
	}
	return late, size
}

// failHeld ends readings that cannot be held.
func (q *readQueue) failHeld(late []heldRead, err error) {
	for i := range late {
		q.settle(late[i].reading, late[i].reading.withoutMemory(err))
	}
}
