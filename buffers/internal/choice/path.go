// Package choice picks the fastest of several paths for a transfer, by measurements. It knows sizes and times, and
// nothing of the bytes.
package choice

const (
	// Smallest is the size of the smallest transfers that are learned from.
	Smallest = 64 << 10
	// OnePiece is the piece of transfers that are never cut.
	OnePiece = 1 << 62
	// MaxPaths is the most paths to choose from.
	MaxPaths = 4
)

// Path is a way to move bytes.
type Path struct {
	Name string
	// Piece is the number of bytes that go at a time: of queue writes the least, see PieceOf.
	Piece uint64
	// Whole is the size up to which a transfer through mapped chunks is one piece.
	Whole uint64
	// Above is the size up to which a path of smaller pieces does the same.
	Above uint64
	// Below is the size from which a path of larger pieces is better; 0 is none.
	Below uint64
	// Depth is how many pieces are under way at a time, if the transfer waits for them.
	Depth int
	// Copied marks the variant for copy destinations. It does not matter for mapped paths, or those of one piece.
	Copied bool
	// Mapped has the bytes go through mapped chunks, else by queue writes.
	Mapped bool
	// InPlace has the host fill the chunk, so that nothing is copied into it.
	InPlace bool
}

// PieceOf is the number of bytes that go at a time of size bytes. All queue writes of a transfer are about as long: a rest that
// is shorter than Piece would go by a slower way.
func (p *Path) PieceOf(size uint64) uint64 {
	switch {
	case size <= max(p.Piece, p.Whole):
		return size
	case p.Mapped:
		return p.Piece
	}
	count := size / p.Piece
	return ((size+count-1)/count + 3) &^ 3
}

// Suits reports whether p is a path for size bytes to a buffer with history h, and differs from the same path with
// smaller pieces.
func (p *Path) Suits(size uint64, h History) bool {
	if p.Mapped && p.InPlace != h.Hosted {
		return false
	}
	return size > p.Above && (p.Below == 0 || size < p.Below) && (p.Mapped || p.Copied == h.Copied || p.Piece == OnePiece)
}

// History is the past of a buffer and the source of its bytes, as far as paths depend on them.
type History struct {
	// Touched: it was written to, so its memory exists.
	Touched bool
	// Copied: a copy went into it. If only queue writes went into a buffer, and the GPU's memory is the CPU's, Chromium
	// writes to it directly. From the first copy on it writes through memory made for the purpose: with SwiftShader 16
	// MiB take 47 ms instead of 3 (measured).
	Copied bool
	// Hosted: if they go through a mapped chunk, the host fills it.
	Hosted bool
	// Effect is what a copy into the buffer would do to later queue writes.
	Effect Effect
}

// Effect is what copies into a buffer do to later queue writes, on a device.
type Effect uint8

const (
	Unknown Effect = iota
	Harmless
	// Spoiling: they are several times as slow from then on.
	Spoiling
)

// spoilsWith reports whether a transfer along p is the first copy into the buffer, and may spoil it.
func (h *History) spoilsWith(p *Path) bool { return p.Mapped && !h.Copied && h.Effect != Harmless }

// InPlace is the same history for bytes that the host writes.
func (h History) InPlace() History {
	h.Hosted = true
	return h
}

// Note records a transfer along p.
func (h *History) Note(p *Path) {
	h.Touched = true
	h.Copied = h.Copied || p.Mapped
}
