package buffers

import "github.com/gpubuffers/gpubuffers/buffers/internal/choice"

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

const (
	// manyPieces is the size from which the cost of each piece matters more than how soon the first is sent.
	manyPieces = 64 << 20
)

// chosenFrom are the smallest sizes for which a choice is made. Below them a queue write is at least as good as any
// other path. On a discrete GPU frames in flight of 64 KiB take 0.06 ms by queue writes and 0.07 ms through a mapped
// ring. Those of 256 KB take 0.55 and 0.16 ms. On a CPU adapter it is 0.10 and 0.35 ms, and 0.12 each (measured,
// without the fill). A transfer that is waited for gains less by a ring.
var chosenFrom = [opCount]uint64{OpUpload: choice.Smallest, OpFlush: 128 << 10, OpReadback: choice.Smallest}

// Paths of uploads.
const (
	queueWrites       = 0
	smallRing         = 1
	copiedQueueWrites = 3
)

// Paths of flushes through mapped chunks.
const (
	mappedChunk   = 1
	filledInPlace = 2
)

// paths lists the paths to choose from, the default first.
//
// Queue writes are cut into 4 MiB. From that size on Chromium moves them through shared memory of their own, and larger
// ones have to make more of it.
var paths = [opCount][]choice.Path{
	OpUpload: {
		{Name: "queue write", Piece: 4 << 20},
		{Name: "mapped ring, 2 MiB chunks", Piece: 2 << 20, Below: manyPieces, Depth: 4, Mapped: true},
		{Name: "mapped ring, 4 MiB chunks", Piece: 4 << 20, Above: 4 << 20, Depth: 4, Mapped: true},
		{Name: "queue write where copies went", Piece: 4 << 20, Copied: true},
	},
	OpFlush: {
		{Name: "queue write", Piece: choice.OnePiece},
		{Name: "mapped chunk", Piece: choice.OnePiece, Mapped: true},
		{Name: "mapped chunk, filled in place", Piece: choice.OnePiece, Mapped: true, InPlace: true},
	},
	OpReadback: {
		{Name: "mapped ring, 4 MiB chunks", Piece: 4 << 20, Depth: 6, Mapped: true},
		{Name: "mapped ring, 1 MiB chunks", Piece: 1 << 20, Below: manyPieces, Depth: 12, Mapped: true},
		{Name: "mapped ring, 16 MiB chunks", Piece: 16 << 20, Above: 4 << 20, Depth: 4, Mapped: true},
	},
}

// ringOf bounds the bytes of chunks for a transfer of size bytes that does not wait: one chunk for each frame that a
// program keeps in flight.
func ringOf(p *choice.Path, size uint64) uint64 {
	if p.Piece == choice.OnePiece {
		return max(leastRing, pacedFrames*chunkSize(size))
	}
	return max(leastRing, 2*size)
}

// copiesOf counts the copies of a byte on its way, as Chromium makes them.
// https://dawn.googlesource.com/dawn/+/refs/heads/main/docs/dawn/buffers.md
func copiesOf(p *choice.Path, op Operation) int {
	switch {
	case op == OpReadback:
		return 3 // on the GPU, to memory shared between processes, out of it
	case p.InPlace:
		return 2 // to the GPU's process, on the GPU
	case p.Mapped:
		return 3 // into memory shared between processes, to the GPU's process, on the GPU
	}
	return 3 // into the command stream or shared memory, to a staging buffer, on the GPU
}
