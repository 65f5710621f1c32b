package memory

import "math/bits"

// store keeps byte slices for reuse, by capacity, a power of two.
type store struct {
	free [bits.UintSize + 1][][]byte
}

// get returns n bytes of any content.
func (s *store) get(n uint64) []byte {
	if n == 0 {
		return nil
	}
	class := bits.Len64(n - 1)
	free := s.free[class]
	if len(free) == 0 {
		return make([]byte, n, 1<<class)
	}
	p := free[len(free)-1]
	s.free[class] = free[:len(free)-1]
	return p[:n]
}

func (s *store) put(p []byte) {
	if cap(p) == 0 {
		return
	}
	class := bits.Len64(uint64(cap(p)) - 1)
	s.free[class] = append(s.free[class], p)
}
