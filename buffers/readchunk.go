package buffers

import "time"

// reading is one read that was asked for.
type reading struct {
	belt     *readBelt
	owner    *readbackCore
	src      Buffer        // or, where it is nil,
	region   TextureRegion // rows of texels
	offset   uint64        // in src
	size     uint64        // of all
	rowBytes uint64        // size, where it is a buffer that is read
	dst      Memory
	recorded uint64 // bytes that copies are recorded or submitted for
	sent     uint64 // bytes that copies are submitted for
	landed   uint64 // bytes that have arrived in dst
	released bool   // may be sent
	done     bool   // settled: nothing touches dst any more
	claimed  bool   // somebody waits
	settled  chan error
	turn     uint64

	piece   uint64 // that it is cut into; 0 until it is first recorded
	path    int    // of the engine, or -1
	measure bool
	started time.Time
}

// readPart is a piece of a read in a chunk: rows of rowBytes, pitch apart from at on.
type readPart struct {
	reading   *reading
	turn      uint64
	at, pitch uint64
	dst       uint64 // where in the reading's memory
	rowBytes  uint64
	rows      uint64
}

// readCopy is a range of a buffer that is copied into a chunk.
type readCopy struct {
	src        Buffer
	start, end uint64 // in src
	at         uint64 // in the chunk
}

// room is how many bytes are free.
func (c *chunk) room() uint64 { return c.size() - c.tail }

// least is the smallest room in which a piece of x makes sense.
func (x *reading) least() uint64 {
	if x.src != nil {
		return min(x.size-x.recorded+8, 256)
	}
	return rowPitch(x.rowBytes) + 256
}

// addRange adds a piece of a buffer, widened to whole words, and returns how many bytes of x it is.
func (c *chunk) addRange(x *reading, nearby uint64) uint64 {
	first := x.offset + x.recorded
	start := first &^ 3
	skip := first - start
	if cp := c.near(x.src, start, nearby); cp != nil {
		at := cp.at + start - cp.start
		n := min(x.size-x.recorded, c.size()-at-skip)
		cp.end = max(cp.end, (first+n+3)&^3)
		c.tail = max(c.tail, cp.at+cp.end-cp.start)
		c.addPart(x, at+skip, n)
		return n
	}
	n := min(x.size-x.recorded, c.room()-skip)
	c.copies = append(c.copies, readCopy{x.src, start, (first + n + 3) &^ 3, c.tail})
	c.addPart(x, c.tail+skip, n)
	c.tail += (skip + n + 3) &^ 3
	return n
}

// near is the last copy of the chunk, where the range of src from start on touches it, or nearly, and
// there is room to widen it.
func (c *chunk) near(src Buffer, start, nearby uint64) *readCopy {
	if len(c.copies) == 0 {
		return nil
	}
	last := &c.copies[len(c.copies)-1]
	if last.src != src || start < last.start || start > last.end+nearby || last.at+start-last.start+256 > c.size() {
		return nil
	}
	return last
}

// addRows adds rows of one layer of a texture, and returns how many bytes of x they are.
func (c *chunk) addRows(x *reading) uint64 {
	pitch := rowPitch(x.rowBytes)
	at := (c.tail + 255) &^ 255
	row := x.recorded / x.rowBytes
	left := uint64(x.region.Extent.Height) - row%uint64(x.region.Extent.Height)
	rows := min(left, (c.size()-at)/pitch)
	c.parts = append(c.parts, readPart{x, x.turn, at, pitch, x.recorded, x.rowBytes, rows})
	c.tail = at + rows*pitch
	return rows * x.rowBytes
}

func (c *chunk) addPart(x *reading, at, n uint64) {
	c.parts = append(c.parts, readPart{x, x.turn, at, n, x.recorded, n, 1})
}

// encode records the copies of the chunk, and returns a part that one was for where it is refused.
func (c *chunk) encode(e Encoder) (*readPart, error) {
	for _, cp := range c.copies {
		if err := e.CopyBufferToBuffer(cp.src, cp.start, c.buffer, cp.at, cp.end-cp.start); err != nil {
			return c.partOf(cp.src), err
		}
	}
	for i := range c.parts {
		p := &c.parts[i]
		if p.reading.src != nil {
			continue
		}
		layout := TexelLayout{Offset: p.at, BytesPerRow: uint32(p.pitch), RowsPerImage: uint32(p.rows)}
		if err := e.CopyTextureToBuffer(p.rowsOf(), c.buffer, layout); err != nil {
			return p, err
		}
	}
	return nil, nil
}

func (c *chunk) partOf(src Buffer) *readPart {
	for i := range c.parts {
		if c.parts[i].reading.src == src {
			return &c.parts[i]
		}
	}
	panic("buffers: a copy without a read")
}

// rowsOf is the region of the texture that the part is.
func (p *readPart) rowsOf() TextureRegion {
	region := p.reading.region
	row := uint32(p.dst / p.rowBytes)
	region.Origin.Layer += row / region.Extent.Height
	region.Origin.Y += row % region.Extent.Height
	region.Extent.Height, region.Extent.Layers = uint32(p.rows), 1
	return region
}

// land copies the part to where it belongs.
func (p *readPart) land(c *chunk, err error) {
	x := p.reading
	if x.turn != p.turn || x.done {
		return
	}
	for row := uint64(0); row < p.rows && err == nil; row++ {
		err = readMapped(c.buffer, x.dst.Slice(p.dst+row*p.rowBytes, p.rowBytes), p.at+row*p.pitch)
	}
	if err != nil {
		x.belt.settle(x, err)
		return
	}
	x.landed += p.rows * p.rowBytes
	if x.landed == x.size {
		x.belt.sys.stats.BytesDown += x.size
		if x.measure {
			x.belt.sys.engine.learn(OpReadback, x.path, x.size, time.Since(x.started))
		}
		x.belt.settle(x, nil)
	}
}
