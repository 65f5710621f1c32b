package buffers

// Operation is a kind of transfer for which the engine chooses a path.
type Operation uint8

const (
	// OpUpload is a write to a device buffer, or a stream into one.
	OpUpload Operation = iota
	// OpFlush moves a frame's updates of a DynamicBuffer.
	OpFlush
	// OpReadback is a read.
	OpReadback

	opCount
)

var opNames = [opCount]string{"upload", "flush", "readback"}

func (o Operation) String() string {
	if o < opCount {
		return opNames[o]
	}
	return "unknown operation"
}

// path is a way to move bytes.
type path struct {
	name string
	// piece is how many bytes go at a time.
	piece uint64
	// above is the size up to which a path of smaller pieces does the same.
	above uint64
	// below is the size from which on one of larger pieces is better; 0 is none.
	below uint64
	// depth is how many pieces are on their way at a time, where something waits for them.
	depth int
	// copied says that it is for buffers that copies went into, else it is for all, or, where there is one
	// for those, for the others.
	copied bool
	// mapped says that they go through mapped chunks, and else by queue writes.
	mapped bool
	// inPlace says that the host fills the chunk, so that nothing is copied into it.
	inPlace bool
}

const (
	// smallest is the size of the smallest transfers of which something is learned.
	smallest = 256 << 10

	maxPaths = 4
	// manyPieces is from where on what each piece costs tells more than how soon the first is on its way.
	manyPieces = 64 << 20
	// inOnePiece is for what is never cut.
	inOnePiece = 1 << 62
)

// chosenFrom are the sizes from which on a choice is made. Below them a queue write is at least as good as any
// other path. On a discrete GPU frames in flight of 64 KiB take 0.06 ms by queue writes and 0.07 ms through a
// mapped ring, those of 256 KB 0.55 and 0.16 ms; on a CPU adapter it is 0.10 and 0.35 ms, and 0.12 each
// (measured, without the fill). A transfer that is waited for gains less by a ring.
var chosenFrom = [opCount]uint64{OpUpload: smallest, OpFlush: 128 << 10, OpReadback: smallest}

// Of the paths of uploads.
const (
	queueWrites       = 0
	smallRing         = 1
	copiedQueueWrites = 3
)

// Of those of flushes that go through mapped chunks.
const (
	mappedChunk   = 1
	filledInPlace = 2
)

// paths lists what there is to choose from, the default first.
//
// Queue writes are cut into 4 MiB: from there on Chromium moves them through shared memory of their own,
// and larger ones cost the making of more of it.
var paths = [opCount][]path{
	OpUpload: {
		{name: "queue write", piece: 4 << 20},
		{name: "mapped ring, 2 MiB chunks", piece: 2 << 20, below: manyPieces, depth: 4, mapped: true},
		{name: "mapped ring, 4 MiB chunks", piece: 4 << 20, above: 4 << 20, depth: 4, mapped: true},
		{name: "queue write where copies went", piece: 4 << 20, copied: true},
	},
	OpFlush: {
		{name: "queue write", piece: inOnePiece},
		{name: "mapped chunk", piece: inOnePiece, mapped: true},
		{name: "mapped chunk, filled in place", piece: inOnePiece, mapped: true, inPlace: true},
	},
	OpReadback: {
		{name: "mapped ring, 4 MiB chunks", piece: 4 << 20, depth: 6, mapped: true},
		{name: "mapped ring, 1 MiB chunks", piece: 1 << 20, below: manyPieces, depth: 12, mapped: true},
		{name: "mapped ring, 16 MiB chunks", piece: 16 << 20, above: 4 << 20, depth: 4, mapped: true},
	},
}

// suits reports whether p is a path for size bytes to such a buffer, and differs from the same path with
// smaller pieces.
func (p *path) suits(size uint64, h history) bool {
	if p.mapped && p.inPlace != h.hosted {
		return false
	}
	return size > p.above && (p.below == 0 || size < p.below) && (p.mapped || p.copied == h.copied || p.piece == inOnePiece)
}

// leastRing is how many bytes of chunks there may be for transfers that do not wait, at least.
const leastRing = 32 << 20

// ring is how many bytes of chunks there may be for a transfer of size bytes that does not wait: for each frame that
// a program keeps in flight a chunk.
func (p *path) ring(size uint64) uint64 {
	if p.piece == inOnePiece {
		return max(leastRing, pacedFrames*chunkSize(size))
	}
	return max(leastRing, 2*size)
}

// history is what became of a buffer before, and what its bytes come from, as far as paths depend on it.
type history struct {
	// touched: something was written to it, so that its memory is there.
	touched bool
	// copied: a copy went into it. What only queue writes went into, Chromium writes to directly where the
	// GPU's memory is the CPU's; from the first copy on it goes by way of memory that it makes for the
	// purpose: with SwiftShader 16 MiB take 47 ms instead of 3 (measured).
	copied bool
	// hosted: where they go through a mapped chunk, the host fills it.
	hosted bool
}

// inPlace is the same history for bytes that the host writes.
func (h history) inPlace() history {
	h.hosted = true
	return h
}

// note takes note of a transfer along p.
func (h *history) note(p *path) {
	h.touched = true
	h.copied = h.copied || p.mapped
}

// copies is how often a byte is copied on its way, as Chromium does it.
// https://dawn.googlesource.com/dawn/+/refs/heads/main/docs/dawn/buffers.md
func (p *path) copies(op Operation) int {
	switch {
	case op == OpReadback:
		return 3 // on the GPU, to memory shared between processes, out of it
	case p.inPlace:
		return 2 // to the GPU's process, on the GPU
	case p.mapped:
		return 3 // into memory shared between processes, to the GPU's process, on the GPU
	}
	return 3 // into the command stream or shared memory, to a staging buffer, on the GPU
}
