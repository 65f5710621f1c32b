package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// MappedRange returns the memory itself, as the backend's own object. It may be written until the upload, which then
// copies all of Size, or until the buffer is reset, unmapped or destroyed. Unwritten bytes hold what an earlier use
// left there. Rows of texels with padding between them are [ErrUsage].
func (s *staging) MappedRange() (any, error) {
	s.core.shared.mu.Lock()
	defer s.core.shared.mu.Unlock()
	const op = "mapped range"
	if err := s.writable(op); err != nil {
		return nil, err
	}
	if row := s.descriptor.RowBytes; row != rowPitch(row) {
		return nil, gpu.NewError(op, s.Label(), ErrUsage, "rows of "+gpu.Decimal(row)+" bytes have padding between them: write them")
	}
	mapper, ok := s.core.chunk.buffer.(gpu.RangeMapper)
	if !ok {
		return nil, gpu.NewError(op, s.Label(), ErrUnsupported, "this backend does not hand out mapped ranges")
	}
	mapped, err := mapper.MappedRange(0, s.Size())
	if err != nil {
		return nil, gpu.Relabel(err, op, s.Label())
	}
	s.core.written, s.core.chunk.handed = s.Size(), true
	return mapped, nil
}
