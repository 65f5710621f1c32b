package buffers

// reading is one read that was asked for.
type reading struct {
	belt     *readBelt
	owner    *readbackCore
	src      Buffer        // or, where it is nil,
	region   TextureRegion // rows of texels
	offset   uint64        // in src
	size     uint64        // of all
	rowBytes uint64        // size, where it is a buffer that is read
	dst      Memory        // or, where sink is not nil,
	sink     Sink          // under the number
	id       uint64
	recorded uint64 // bytes that copies are recorded or submitted for
	sent     uint64 // bytes that copies are submitted for
	landed   uint64 // bytes that have arrived in dst
	released bool   // may be sent
	done     bool   // settled: nothing touches dst any more
	claimed  bool   // somebody waits
	settled  chan error
	turn     uint64

	rank int // of its source, while the queue is put in order
	cut
	started moment
}

// cut is how a read is cut into pieces.
type cut struct {
	piece   uint64 // 0 until the read is first placed
	depth   int    // how many pieces may be in flight
	path    int    // of the engine, or -1
	measure bool
}

// tellsOfPath reports whether the time that x takes is that of its path: not where the rows of a texture are padded,
// nor where the memory they go to is made.
func (x *reading) tellsOfPath() bool {
	_, making := x.sink.(MakingSink)
	return x.src != nil && !making
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
		at := cp.At + start - cp.Offset
		n := min(x.size-x.recorded, c.size()-at-skip)
		cp.Size = max(cp.Size, (first+n+3)&^3-cp.Offset)
		c.tail = max(c.tail, cp.At+cp.Size)
		c.addPart(x, at+skip, n)
		return n
	}
	n := min(x.size-x.recorded, c.room()-skip)
	c.copies = append(c.copies, ChunkCopy{x.src, start, (first+n+3)&^3 - start, c.tail})
	c.addPart(x, c.tail+skip, n)
	c.tail += (skip + n + 3) &^ 3
	return n
}

// near is the last copy of the chunk, where the range of src from start on touches it, or nearly, and
// there is room to widen it.
func (c *chunk) near(src Buffer, start, nearby uint64) *ChunkCopy {
	if len(c.copies) == 0 {
		return nil
	}
	last := &c.copies[len(c.copies)-1]
	if last.Src != src || start < last.Offset || start > last.Offset+last.Size+nearby || last.At+start-last.Offset+256 > c.size() {
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

// fetch submits the copies into the chunk and asks for its map. Where a copy is refused it returns a part
// that the copy was for.
func (c *chunk) fetch(s *System) (settled <-chan error, refused *readPart, err error) {
	size := (c.tail + 3) &^ 3
	for i := range c.parts {
		if c.parts[i].reading.src == nil {
			return c.fetchTexels(s, size)
		}
	}
	settled, at, err := s.chunks.FetchChunk(c.buffer, size, c.copies, c.landed)
	if at >= 0 && err != nil {
		refused = c.partOf(c.copies[at].Src)
	}
	return settled, refused, err
}

// fetchTexels is fetch for a chunk in which rows of textures are.
func (c *chunk) fetchTexels(s *System, size uint64) (settled <-chan error, refused *readPart, err error) {
	e, err := s.device.CreateEncoder("readback")
	if err != nil {
		return nil, nil, err
	}
	if refused, err = c.encode(e); err != nil {
		return nil, refused, err
	}
	c.batch[0] = e
	err = s.queue.Submit(c.batch[:]...)
	c.batch[0] = nil
	if err != nil {
		return nil, nil, err
	}
	return c.buffer.MapAsync(MapRead, 0, size), nil, nil
}

// encode records the copies of the chunk, and returns a part that one was for where it is refused.
func (c *chunk) encode(e Encoder) (*readPart, error) {
	for _, cp := range c.copies {
		if err := e.CopyBufferToBuffer(cp.Src, cp.Offset, c.buffer, cp.At, cp.Size); err != nil {
			return c.partOf(cp.Src), err
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

// open reports whether somebody waits for the part.
func (p *readPart) open() bool { return p.reading.turn == p.turn && !p.reading.done }

// sent takes note that the copies of the part are submitted.
func (p *readPart) sent() {
	x := p.reading
	if !p.open() {
		return
	}
	if x.sent == 0 {
		x.owner.inFlight++
	}
	x.sent += p.rows * p.rowBytes
}

// bring copies the part to the reading's memory.
func (p *readPart) bring(c *chunk) (err error) {
	for row := uint64(0); p.open() && row < p.rows && err == nil; row++ {
		err = readMapped(c.buffer, p.reading.dst.Slice(p.dst+row*p.rowBytes, p.rowBytes), p.at+row*p.pitch)
	}
	return err
}

// land takes note that the part is where it belongs, or why it is not.
func (p *readPart) land(err error) {
	x := p.reading
	if !p.open() {
		return
	}
	if err != nil {
		x.belt.settle(x, err)
		return
	}
	x.arrived(p.rows * p.rowBytes)
}

// arrived takes note that n bytes more are where they belong.
func (x *reading) arrived(n uint64) {
	x.landed += n
	if x.landed < x.size {
		return
	}
	x.belt.sys.stats.BytesDown += x.size
	if x.measure {
		x.belt.sys.engine.learn(OpReadback, x.path, x.size, x.started.age())
	}
	x.belt.settle(x, nil)
}
