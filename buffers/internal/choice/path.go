// Package choice picks the fastest of several paths for a transfer, by what was measured of them. It knows sizes and
// times, and nothing of what is moved.
package choice

const (
	// Smallest is the size of the smallest transfers of which something is learned.
	Smallest = 256 << 10
	// OnePiece is for what is never cut.
	OnePiece = 1 << 62
	// MaxPaths is how many there may be to choose from.
	MaxPaths = 4
)

// Path is a way to move bytes.
type Path struct {
	Name string
	// Piece is how many bytes go at a time.
	Piece uint64
	// Above is the size up to which a path of smaller pieces does the same.
	Above uint64
	// Below is the size from which on one of larger pieces is better; 0 is none.
	Below uint64
	// Depth is how many pieces are on their way at a time, if something waits for them.
	Depth int
	// Copied says that it is for buffers that copies went into, else it is for all, or, if there is one
	// for those, for the others.
	Copied bool
	// Mapped says that they go through mapped chunks, and else by queue writes.
	Mapped bool
	// InPlace says that the host fills the chunk, so that nothing is copied into it.
	InPlace bool
}

// suits reports whether p is a path for size bytes to such a buffer, and differs from the same path with
// smaller pieces.
func (p *Path) suits(size uint64, h History) bool {
	if p.Mapped && p.InPlace != h.Hosted {
		return false
	}
	return size > p.Above && (p.Below == 0 || size < p.Below) && (p.Mapped || p.Copied == h.Copied || p.Piece == OnePiece)
}

// History is what became of a buffer before, and what its bytes come from, as far as paths depend on it.
type History struct {
	// Touched: something was written to it, so that its memory is there.
	Touched bool
	// Copied: a copy went into it. What only queue writes went into, Chromium writes to directly if the
	// GPU's memory is the CPU's; from the first copy on it goes by way of memory that it makes for the
	// purpose: with SwiftShader 16 MiB take 47 ms instead of 3 (measured).
	Copied bool
	// Hosted: where they go through a mapped chunk, the host fills it.
	Hosted bool
}

// InPlace is the same history for bytes that the host writes.
func (h History) InPlace() History {
	h.Hosted = true
	return h
}

// Note takes note of a transfer along p.
func (h *History) Note(p *Path) {
	h.Touched = true
	h.Copied = h.Copied || p.Mapped
}
