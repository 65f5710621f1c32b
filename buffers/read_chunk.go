package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// reading is one read that was asked for.
type reading struct {
	queue      *readQueue
	owner      *readbackCore
	held       *handle       // of its ReadbackBuffer: nobody drops that while it reads
	name       string        // of the source
	src        Buffer        // or, if nil,
	region     TextureRegion // rows of texels, which
	texels     gpu.Footprint // they take
	offset     uint64        // in src, of byte from
	from       uint64        // bytes before it were sent before the rest was held
	size       uint64        // in bytes
	rowBytes   uint64        // size, if src is a buffer
	pitch      uint64        // of rows in a chunk or a hold
	dst        Memory        // or, if sink is not nil,
	sink       host.Sink     // under the number
	id         uint64
	recorded   uint64 // bytes whose copies are recorded or submitted
	sent       uint64 // bytes whose copies are submitted
	landed     uint64 // bytes that have arrived in dst
	inFrame    bool   // goes with the open frame
	released   bool   // may be sent
	done       bool   // settled: nothing touches dst any more
	claimed    bool   // somebody waits
	settled    chan error
	generation uint64

	rank     int    // of its source, while the queue is put in order
	group    int    // of its copies: see groupOf
	hold     *hold  // the one that src belongs to, or nil
	via      Buffer // the hold's buffer, also after leaving it
	unjudged int    // pending verdicts on the copies into the hold
	cut
	started moment
}

// cut says how a read is cut into pieces.
type cut struct {
	piece   uint64 // 0 until the read is first placed
	depth   int    // how many pieces may be in flight
	path    int    // of the engine, or -1
	measure bool
}

// tellsOfPath reports whether the time of x is that of its path. It is not if the rows of a texture are padded, or the
// memory they go to is made.
func (x *reading) tellsOfPath() bool {
	_, making := x.sink.(host.MakingSink)
	return x.src != nil && !making
}

// readPart is a piece of a read in a chunk: rows of rowBytes, pitch apart, from at on.
type readPart struct {
	reading    *reading
	generation uint64
	at, pitch  uint64
	dst        uint64 // where in the reading's memory
	rowBytes   uint64
	rows       uint64
	group      int
}

// isRange reports whether x is a byte range of a buffer, not rows of texels.
func (x *reading) isRange() bool { return x.src != nil && x.pitch == x.rowBytes }

// free is the number of free bytes.
func (c *chunk) free() uint64 { return c.size() - c.tail }

// least is the smallest room in which a piece of x makes sense.
func (x *reading) least() uint64 {
	if x.isRange() {
		return min(x.size-x.recorded+8, 256)
	}
	rows := uint64(1)
	if x.src == nil && x.texels.Whole {
		rows = uint64(x.texels.Rows)
	}
	return rows*x.pitch + 256
}

// add adds a piece of x and returns how many bytes of x it is.
func (c *chunk) add(x *reading, nearby uint64) uint64 {
	switch {
	case x.isRange():
		return c.addRange(x, nearby)
	case x.src == nil:
		return c.addTexels(x)
	}
	return c.addRows(x)
}

// addRange adds a piece of a buffer, widened to whole words, and returns how many bytes of x it is.
func (c *chunk) addRange(x *reading, nearby uint64) uint64 {
	first := x.offset + x.recorded - x.from
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
	n := min(x.size-x.recorded, c.free()-skip)
	c.copies = append(c.copies, gpu.ChunkCopy{Src: x.src, Offset: start, Size: (first+n+3)&^3 - start, At: c.tail, Group: x.group})
	c.addPart(x, c.tail+skip, n)
	c.tail += (skip + n + 3) &^ 3
	return n
}

// near returns the last copy of the chunk if the range of src from start on touches it, or nearly, and there is room to
// widen it.
func (c *chunk) near(src Buffer, start, nearby uint64) *gpu.ChunkCopy {
	if len(c.copies) == 0 {
		return nil
	}
	last := &c.copies[len(c.copies)-1]
	if last.Src != src || start < last.Offset || start > last.Offset+last.Size+nearby || last.At+start-last.Offset+256 > c.size() {
		return nil
	}
	return last
}

// addTexels adds rows of one layer of a texture, and returns how many bytes of x they are.
func (c *chunk) addTexels(x *reading) uint64 {
	at := (c.tail + 255) &^ 255
	rows := x.rowsOfLayer(x.recorded, (c.size()-at)/x.pitch)
	c.copies = append(c.copies, x.copyRows(x.recorded, rows, at))
	return c.addRowsAt(x, at, rows)
}

// addRows adds rows of held texels.
func (c *chunk) addRows(x *reading) uint64 {
	rows := min((x.size-x.recorded)/x.rowBytes, c.free()/x.pitch)
	first := x.offset + (x.recorded-x.from)/x.rowBytes*x.pitch
	c.copies = append(c.copies, gpu.ChunkCopy{Src: x.src, Offset: first, Size: rows * x.pitch, At: c.tail, Group: x.group})
	return c.addRowsAt(x, c.tail, rows)
}

func (c *chunk) addRowsAt(x *reading, at, rows uint64) uint64 {
	c.parts = append(c.parts, readPart{x, x.generation, at, x.pitch, x.recorded, x.rowBytes, rows, x.group})
	c.tail = at + rows*x.pitch
	return rows * x.rowBytes
}

// rowsOfLayer counts the rows of one layer from a byte of x on, at most most.
func (x *reading) rowsOfLayer(from, most uint64) uint64 {
	layer := uint64(x.texels.Rows)
	return min(layer-from/x.rowBytes%layer, most)
}

// copyRows is the copy of rows of one layer, from a byte of x on.
func (x *reading) copyRows(from, rows, at uint64) gpu.ChunkCopy {
	region, f := x.region, &x.texels
	row := uint32(from / x.rowBytes)
	region.Origin.Layer += row / f.Rows
	region.Origin.Y += row % f.Rows * f.RowHeight
	region.Extent.Height, region.Extent.Layers = uint32(rows)*f.RowHeight, 1
	return gpu.ChunkCopy{Rows: region, At: at, Pitch: uint32(x.pitch), Group: x.group}
}

func (c *chunk) addPart(x *reading, at, n uint64) {
	c.parts = append(c.parts, readPart{x, x.generation, at, n, x.recorded, n, 1, x.group})
}

// fetch submits the copies into the chunk and asks for its map. If a copy is refused, it returns a reading that the
// copy was for.
func (c *chunk) fetch(s *shared) (settled <-chan error, refused *reading, err error) {
	queue := s.chunks
	if c.hasTexels() {
		queue = &s.steps
	}
	settled, at, err := queue.FetchChunk(c.buffer, (c.tail+3)&^3, c.copies, c)
	if at >= 0 && err != nil {
		refused = c.readingOf(&c.copies[at])
	}
	return settled, refused, err
}

func (c *chunk) hasTexels() bool {
	for i := range c.copies {
		if c.copies[i].Src == nil {
			return true
		}
	}
	return false
}

func (c *chunk) readingOf(copied *gpu.ChunkCopy) *reading {
	for i := range c.parts {
		if x := c.parts[i].reading; x.reads(copied) {
			return x
		}
	}
	panic("buffers: a copy without a read")
}

// reads reports whether the source of a copy is that of x.
func (x *reading) reads(copied *gpu.ChunkCopy) bool {
	return x.src == copied.Src && (x.src != nil || x.region.Texture == copied.Rows.Texture)
}

// refusal is the GPU's error for the copies of a group.
type refusal struct {
	group int
	err   error
}

// Refused implements [Landing]. It is called once at a time, ahead of Landed.
func (c *chunk) Refused(group int, err error) { c.refusals = append(c.refusals, refusal{group, err}) }

// Landed implements [Landing].
func (c *chunk) Landed(err error) { c.landed(c, err) }

// isUnjudged reports whether the GPU has yet to confirm the source of a part of the chunk.
func (c *chunk) isUnjudged() bool {
	for i := range c.parts {
		if p := &c.parts[i]; p.open() && p.reading.unjudged > 0 {
			return true
		}
	}
	return false
}

// refusal is the error of a read whose copy the GPU refused: because of its source, or because its hold has no memory,
// which is known before.
func (x *reading) refusal(cause error) error {
	if x.via != nil && x.via.Failure() != nil {
		return x.withoutMemory(x.via.Failure())
	}
	e := &Error{Op: "read", Label: x.name, Reason: ErrValidation, Detail: "the GPU refused the copy", Cause: cause}
	if known, ok := cause.(*Error); ok {
		e.Reason, e.Cause = known.Reason, known.Cause
	}
	return e
}

// failure is the error of a read whose chunk was not mapped: it names the source, not the chunk.
func (x *reading) failure(err error) error {
	return named(gpu.MapError(err, "read", x.name), "read", x.name)
}

// withoutMemory is the error of a read for which memory of the System failed.
func (x *reading) withoutMemory(err error) error {
	return &Error{Op: "read", Label: x.name, Reason: reasonOf(err), Detail: "the memory that it needs failed", Cause: err}
}

// open reports whether the part's reading is unsettled.
func (p *readPart) open() bool { return p.reading.generation == p.generation && !p.reading.done }

// sent counts the part's bytes as submitted.
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
		err = gpu.ReadMapped(c.buffer, p.reading.dst.Slice(p.dst+row*p.rowBytes, p.rowBytes), p.at+row*p.pitch)
	}
	return err
}

// land counts the part as arrived, or ends its reading with err.
func (p *readPart) land(err error) {
	x := p.reading
	if !p.open() {
		return
	}
	if err != nil {
		x.queue.settle(x, x.failure(err))
		return
	}
	x.arrived(p.rows * p.rowBytes)
}

// arrived counts n more bytes as arrived.
func (x *reading) arrived(n uint64) {
	x.landed += n
	if x.landed < x.size {
		return
	}
	x.queue.shared.stats.BytesDown += x.size
	if x.measure {
		x.queue.guide.arrived(x)
	}
	x.queue.settle(x, nil)
}

func (x *reading) describe(src Buffer, offset, size uint64) error {
	x.name, x.src, x.offset, x.size, x.rowBytes, x.pitch = src.Label(), src, offset, size, size, size
	return checkReadable(Unwrap(src), offset, size)
}

func (x *reading) describeTexels(region TextureRegion) error {
	f, err := gpu.CheckRegion("read texture", region, gpu.TextureCopySrc)
	x.name, x.region, x.texels = region.Texture.Label(), region, f
	x.rowBytes, x.pitch, x.size = f.RowBytes, rowPitch(f.RowBytes), f.Bytes()
	return err
}

func checkReadable(src Buffer, offset, size uint64) error {
	if err := gpu.CheckUse("read", src, UsageCopySrc); err != nil {
		return err
	}
	tail := src.Size() &^ 3
	if offset <= tail && size <= tail-offset {
		return nil
	}
	if err := gpu.CheckSpan("read", src, offset, size, 1, 1); err != nil || size == 0 {
		return err
	}
	return gpu.NewError("read", src.Label(), ErrAlignment, "copies move 4 bytes, so those from "+gpu.Decimal(tail)+" on of a buffer of "+
		gpu.Decimal(src.Size())+" cannot be read")
}

// sink is the part's sink. It is nil if the part goes to memory, or nobody waits for it any more.
func (p *readPart) sink() host.Sink {
	if !p.open() {
		return nil
	}
	return p.reading.sink
}
