package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// Range is Size bytes from Offset on.
type Range struct{ Offset, Size uint64 }

func (r Range) end() uint64 { return r.Offset + r.Size }

// rangeCosts tell how to write ranges (measured: docs/performance.md).
type rangeCosts struct {
	write uint64 // how many more bytes of a short queue write take as long as a further write
	long  uint64 // bytes of a long write that take as long as one byte of short ones
}

func (s *shared) rangeCosts() rangeCosts {
	if s.isGPU {
		return rangeCosts{write: 4 << 10, long: 1}
	}
	return rangeCosts{write: 2 << 10, long: 2}
}

// WriteRanges writes what has changed in p, which is what the program has of the buffer from offset on: some ranges of it,
// best in order. The bytes between two ranges are written too if that takes less time than another write. Offset, and offset
// and size of each range, must be multiples of 4. If one is wrong, nothing is written. Else it is as Write.
func (b *DeviceBuffer) WriteRanges(offset uint64, p []byte, ranges []Range) error {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := b.held.check("write"); err != nil {
		return err
	}
	dst := b.Unwrap()
	if err := gpu.CheckWrite(dst, offset, 0); err != nil {
		return err
	}
	for _, r := range ranges {
		if r.Offset > uint64(len(p)) || r.Size > uint64(len(p))-r.Offset {
			return gpu.NewError("write", b.Label(), ErrRange, gpu.Decimal(r.Size)+" bytes at "+gpu.Decimal(r.Offset)+" exceed the "+gpu.Decimal(uint64(len(p)))+" of the data")
		}
		if err := gpu.CheckWrite(dst, offset+r.Offset, r.Size); err != nil {
			return err
		}
	}
	write := func(r Range) error {
		return b.core.engine.write(dst, b.history(), offset+r.Offset, Bytes(p[r.Offset:r.end()]))
	}
	return named(s.rangeCosts().eachSpan(ranges, write), "write", b.Label())
}

// eachSpan passes on spans that cover ranges, until one fails: all as one if that takes less time.
func (c rangeCosts) eachSpan(ranges []Range, write func(Range) error) error {
	all, cost := Range{}, uint64(0)
	_ = c.joined(ranges, func(r Range) error {
		if cost += c.write + r.Size; all.Size == 0 {
			all = r
		}
		first := min(all.Offset, r.Offset)
		all = Range{first, max(all.end(), r.end()) - first}
		return nil
	})
	if all.Size > 0 && cost > all.Size/c.long {
		return write(all)
	}
	return c.joined(ranges, write)
}

// joined passes on ranges, those as one of which the next begins at most the bytes of a write behind the last. It leaves out empty
// ones, and ends with the first error.
func (c rangeCosts) joined(ranges []Range, write func(Range) error) error {
	var span Range
	for _, r := range ranges {
		if r.Size == 0 {
			continue
		}
		if span.Size > 0 && r.Offset >= span.Offset && r.Offset <= span.end()+c.write {
			span.Size = max(span.end(), r.end()) - span.Offset
			continue
		}
		if span.Size > 0 {
			if err := write(span); err != nil {
				return err
			}
		}
		span = r
	}
	if span.Size == 0 {
		return nil
	}
	return write(span)
}
