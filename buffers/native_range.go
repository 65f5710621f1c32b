package buffers

// RangeMapper is the ability of a MappableBuffer to hand out its mapped range as the backend's own
// object, such as a JavaScript typed array.
type RangeMapper interface {
	// MappedRange gives the part of size bytes at offset, counted from the start of the buffer, which
	// the caller may use until the unmap. It goes along with WriteAt and ReadAt.
	MappedRange(offset, size uint64) (any, error)
}

// MappedRange gives the memory itself, as the backend's own object, to be written until the upload, which then
// copies all of Size, or until the buffer is reset, unmapped or destroyed. Bytes that nobody wrote hold what an
// earlier use left there. Rows of texels with padding between them are [ErrUsage].
func (s *staging) MappedRange() (any, error) {
	s.lock()
	defer s.unlock()
	const op = "mapped range"
	if err := s.writable(op); err != nil {
		return nil, err
	}
	if row := s.descriptor.RowBytes; row != rowPitch(row) {
		return nil, NewError(op, s.Label(), ErrUsage, "rows of "+number(row)+" bytes have padding between them: write them")
	}
	mapper, ok := s.core.chunk.buffer.(RangeMapper)
	if !ok {
		return nil, NewError(op, s.Label(), ErrUnsupported, "this backend does not hand out mapped ranges")
	}
	mapped, err := mapper.MappedRange(0, s.Size())
	if err != nil {
		return nil, relabel(err, op, s.Label())
	}
	s.core.written, s.core.chunk.handed = s.Size(), true
	return mapped, nil
}
