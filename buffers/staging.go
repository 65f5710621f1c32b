package buffers

import (
	"context"
	"io"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// StagingDescriptor describes a staging buffer.
type StagingDescriptor struct {
	Label string
	// Size is the number of bytes that can be written: a multiple of 4.
	Size uint64
	// RowBytes is the length of a row of texels, or of blocks if the format is compressed. Rows are written one after
	// the other without padding; each is placed at a multiple of 256, which a texture copy needs. Size is then a
	// multiple of RowBytes. It is 0 if the bytes are for a buffer.
	RowBytes uint64
}

func (d *StagingDescriptor) validate(limits Limits) error {
	switch {
	case d.Size == 0:
		return gpu.NewError("create", d.Label, ErrRange, "size 0: a staging buffer has at least 4 bytes")
	case d.RowBytes != 0 && d.Size%d.RowBytes != 0:
		return gpu.NewError("create", d.Label, ErrAlignment, "size "+gpu.Decimal(d.Size)+" is not a multiple of the row of "+gpu.Decimal(d.RowBytes)+" bytes")
	case d.RowBytes == 0 && d.Size%4 != 0:
		return gpu.NewError("create", d.Label, ErrAlignment, "size "+gpu.Decimal(d.Size)+" is not a multiple of 4")
	case d.Size > limits.MaxBufferSize || d.padded() > limits.MaxBufferSize:
		return gpu.NewError("create", d.Label, ErrTooLarge, "size "+gpu.Decimal(d.Size)+" exceeds the device's maxBufferSize "+gpu.Decimal(limits.MaxBufferSize))
	}
	return nil
}

// padded is the number of bytes of a chunk that the staging buffer takes.
func (d *StagingDescriptor) padded() uint64 {
	if d.RowBytes == 0 {
		return d.Size
	}
	return d.Size / d.RowBytes * rowPitch(d.RowBytes)
}

// chunked is padded, rounded up to a multiple of 8, as a chunk is mapped.
func (d *StagingDescriptor) chunked() uint64 { return (d.padded() + 7) &^ 7 }

// staging is the common part of the two staging buffers: a chunk that is written, sealed and copied from.
//
// Its chunk is nil until it is armed. Sealed, the chunk belongs to the pool's sealed list; the staging
// buffer keeps it only to record further copies in the same encoder.
type staging struct {
	descriptor StagingDescriptor
	held       *handle
	core       *stagingCore
}

// stagingCore is the part that outlives the handle until it is freed.
type stagingCore struct {
	shared     *shared
	writes     *writeBelt
	chunk      *chunk
	generation uint64 // of the chunk, when it was lent
	sealed     bool
	next       uint64 // where the next Write goes
	written    uint64 // every byte before it was written, or is zero

	settled chan error // of the latest map, of a deferred staging buffer; or nil
	pending bool       // that map is
}

// arm makes the staging buffer writable, from the start.
func (c *stagingCore) arm(chunk *chunk) {
	c.disarm()
	c.chunk, c.generation, c.sealed, c.next, c.written = chunk, chunk.generation, false, 0, 0
}

// disarm gives an unused chunk back. A sealed one is the pool's already.
func (c *stagingCore) disarm() {
	if c.chunk != nil && !c.sealed {
		c.writes.giveBack(c.chunk)
	}
	c.chunk = nil
}

func (c *stagingCore) free(f fate, label string) {
	c.giveUp(label)
	if f == dropped && c.chunk != nil && !c.sealed {
		c.writes.drop(c.chunk)
		c.chunk = nil
	}
	c.disarm()
}

// submitted reports whether the sealed chunk has moved on.
func (c *stagingCore) submitted() bool {
	return c.chunk.generation != c.generation || c.chunk.encoder == nil
}

// Label returns the label that it was made with.
func (s *staging) Label() string { return s.descriptor.Label }

// Size is the number of bytes that can be written.
func (s *staging) Size() uint64 { return s.descriptor.Size }

// Written is the number of bytes that UploadTo would copy: up to the last one written.
func (s *staging) Written() uint64 {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	return s.core.written
}

// Destroy gives its memory back. Data that was not uploaded is lost; a recorded upload still takes place when its
// encoder is submitted.
func (s *staging) Destroy() { s.held.destroy() }

func (s *staging) holds() *holding { return s.held.holding }

// writable returns the error of a write now. The lock is held.
func (s *staging) writable(op string) error {
	if err := s.held.check(op); err != nil {
		return err
	}
	if s.core.chunk == nil || s.core.sealed {
		return gpu.NewError(op, s.Label(), ErrNotMapped, "")
	}
	return nil
}

// Write appends p.
func (s *staging) Write(p []byte) (int, error) {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	if err := s.write(s.core.next, Bytes(p)); err != nil {
		return 0, err
	}
	s.core.next += uint64(len(p))
	return len(p), nil
}

// WriteMemory appends memory that may be the host's.
func (s *staging) WriteMemory(m Memory) error {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	if err := s.write(s.core.next, m); err != nil {
		return err
	}
	s.core.next += m.Size()
	return nil
}

// WriteAt writes p at offset and does not move the place of the next Write. Bytes between those written before and
// offset become zero.
func (s *staging) WriteAt(p []byte, offset int64) (int, error) {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	if offset < 0 {
		return 0, gpu.NewError("write", s.Label(), ErrRange, "a negative offset")
	}
	if err := s.write(uint64(offset), Bytes(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteMemoryAt is WriteAt from memory that may be the host's.
func (s *staging) WriteMemoryAt(m Memory, offset uint64) error {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	return s.write(offset, m)
}

func (s *staging) write(offset uint64, m Memory) error {
	if err := s.writable("write"); err != nil {
		return err
	}
	if size := s.Size(); offset > size || m.Size() > size-offset {
		return gpu.NewError("write", s.Label(), ErrRange, gpu.Decimal(m.Size())+" bytes at "+gpu.Decimal(offset)+" exceed size "+gpu.Decimal(size))
	}
	err := s.zero(offset)
	if err == nil {
		err = s.place(offset, m)
	}
	if err != nil {
		return gpu.Relabel(err, "write", s.Label())
	}
	s.core.written = max(s.core.written, offset+m.Size())
	return nil
}

// zero clears from the end of the written bytes up to offset: a pooled chunk holds its old bytes.
func (s *staging) zero(offset uint64) error {
	for c := s.core; c.written < offset; {
		n := min(offset-c.written, uint64(len(zeros)))
		if err := s.place(c.written, Bytes(zeros[:n])); err != nil {
			return err
		}
		c.written += n
	}
	return nil
}

// place copies m into the chunk, row by row if rows are padded.
func (s *staging) place(offset uint64, m Memory) error {
	b, row := s.core.chunk.buffer, s.descriptor.RowBytes
	pitch := rowPitch(row)
	if row == pitch {
		return gpu.WriteMapped(b, m, offset)
	}
	for done := uint64(0); done < m.Size(); {
		at := offset + done
		n := min(row-at%row, m.Size()-done)
		if err := gpu.WriteMapped(b, m.Slice(done, n), at/row*pitch+at%row); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// ReadFrom appends the bytes of r as they arrive, until its end or an error. More than fits is [ErrRange]; an error of
// r's is the Cause of an [*Error]. It returns at once if the buffer or the System is destroyed, or the device is lost.
// A Read that blocks then is left to itself, as [System.Upload] says.
func (s *staging) ReadFrom(r io.Reader) (int64, error) {
	x := newStream("write", s.Label(), r)
	p := make([]byte, min(64<<10, s.Size()+1))
	var total int64
	for x.err == nil {
		if err := s.core.shared.next(context.Background(), x, p, 1, s.alive); err != nil {
			return total, err
		}
		if x.n > 0 {
			if _, err := s.Write(p[:x.n]); err != nil {
				return total, err
			}
			total += int64(x.n)
		}
	}
	return total, x.failure()
}

func (s *staging) alive() error { return s.held.check("write") }

// UploadTo ends the writing and records the copy of the written bytes into encoder. It may be called again with the
// same encoder, for further destinations. The number of bytes written and dstOffset must be multiples of 4. But if the
// last word is also the last of dst, it is filled up with zeros.
//
// The memory goes round once the encoder was submitted through the System. An encoder that the caller may submit by
// other means, such as webgpu's AdoptEncoder makes, counts as submitted by the next submit. If it was not part of that,
// its memory is kept for it alone, until others need it or it was kept for [Options].IdleAge.
func (s *staging) UploadTo(encoder Encoder, dst Buffer, dstOffset uint64) error {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	if s.descriptor.RowBytes != 0 {
		return gpu.NewError("upload", s.Label(), ErrUsage, "it holds rows of texels, which go to a texture")
	}
	if err := s.uploadable(encoder); err != nil {
		return err
	}
	size, err := s.padded(Unwrap(dst), dstOffset)
	if err != nil {
		return err
	}
	if err := gpu.CheckCopy(s.core.chunk.buffer, 0, Unwrap(dst), dstOffset, size); err != nil {
		return gpu.Relabel(err, "upload", s.Label())
	}
	if err := encoder.CopyBufferToBuffer(s.core.chunk.buffer, 0, dst, dstOffset, size); err != nil {
		return err
	}
	historyOf(dst).Note(&choice.Path{Mapped: true})
	return s.seal(encoder, size)
}

// padded is the number of bytes to copy to offset of dst, after filling up the last word if no neighbour is in it. A
// sealed chunk has been filled up: nothing else sealed it.
func (s *staging) padded(dst Buffer, offset uint64) (uint64, error) {
	c := s.core
	size := c.written
	whole := roundUp4(size)
	if size == whole || offset+whole != dst.Size() {
		return size, nil
	}
	if c.sealed {
		return whole, nil
	}
	err := s.zero(whole)
	c.written = size
	return whole, err
}

// UploadToTexture is UploadTo for rows of texels, which must match the region.
func (s *staging) UploadToTexture(encoder Encoder, region TextureRegion) error {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	if err := s.uploadable(encoder); err != nil {
		return err
	}
	f, err := gpu.CheckRegion("upload", region, gpu.TextureCopyDst)
	if err != nil {
		return err
	}
	row := s.descriptor.RowBytes
	if row != f.RowBytes {
		return gpu.NewError("upload", s.Label(), ErrRange, "rows of "+gpu.Decimal(row)+" bytes, where the region has rows of "+gpu.Decimal(f.RowBytes))
	}
	if need := f.Bytes(); s.core.written < need {
		return gpu.NewError("upload", s.Label(), ErrRange, gpu.Decimal(s.core.written)+" bytes were written, where the region needs "+gpu.Decimal(need))
	}
	layout := gpu.TexelLayout{BytesPerRow: uint32(rowPitch(row)), RowsPerImage: f.Rows}
	if err := encoder.CopyBufferToTexture(s.core.chunk.buffer, layout, region); err != nil {
		return err
	}
	return s.seal(encoder, s.core.written)
}

// uploadable returns the error of an upload in encoder now.
func (s *staging) uploadable(encoder Encoder) error {
	if err := s.held.check("upload"); err != nil {
		return err
	}
	c := s.core
	switch {
	case c.chunk == nil:
		return gpu.NewError("upload", s.Label(), ErrNotMapped, "")
	case c.sealed && c.submitted():
		return gpu.NewError("upload", s.Label(), ErrState, "it was uploaded and submitted before")
	case c.sealed && c.chunk.encoder != encoder:
		return gpu.NewError("upload", s.Label(), ErrState, "it was uploaded in another encoder before")
	}
	return nil
}

// seal unmaps the chunk at the first upload.
func (s *staging) seal(encoder Encoder, size uint64) error {
	c := s.core
	c.shared.stats.BytesUp += size
	if c.sealed {
		return nil
	}
	if err := c.writes.seal(c.chunk, encoder); err != nil {
		c.chunk = nil
		return err
	}
	c.sealed = true
	return nil
}

// newStaging makes the part that both kinds share, not armed.
func newStaging(writes *writeBelt, kind Kind, d StagingDescriptor) (*staging, error) {
	s := writes.shared
	if err := d.validate(s.limits); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("create", d.Label); err != nil {
		return nil, err
	}
	core := &stagingCore{shared: s, writes: writes}
	return &staging{descriptor: d, core: core, held: s.hold(kind, d.Label, 0, func(f fate) { core.free(f, d.Label) })}, nil
}

// tryLend takes a chunk, or says why not: see [writeBelt.find].
func (s *staging) tryLend() (*chunk, error) {
	if err := s.held.check("map"); err != nil {
		return nil, err
	}
	return s.core.writes.find(s.Label(), s.descriptor.chunked(), 0)
}

// lend takes a chunk, waiting for memory as the policy of the budget says.
func (s *staging) lend(ctx context.Context) (*chunk, error) {
	for {
		c, err := s.tryLend()
		if err == errShort {
			err = s.core.writes.awaitMemory(ctx, "stage", s.Label(), s.need())
		}
		if c != nil || err != nil {
			return c, err
		}
	}
}

// need is the size of a new chunk.
func (s *staging) need() uint64 { return s.core.writes.need(s.descriptor.chunked()) }

func (c *stagingCore) settle(err error) {
	c.pending = false
	c.settled <- err
}

// giveUp settles a map that is pending, or whose success nobody has heard yet, with the error that has ended it.
func (c *stagingCore) giveUp(label string) {
	if c.chunk != nil && !c.sealed {
		select {
		case <-c.settled:
			c.pending = true
		default:
		}
	}
	if !c.pending {
		return
	}
	err := c.shared.usable("map", label)
	if err == nil {
		err = gpu.NewError("map", label, ErrMapAborted, "")
	}
	c.settle(err)
}
