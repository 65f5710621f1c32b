package buffers

import "github.com/gpubuffers/gpubuffers/buffers/internal/choice"

// Operation is a kind of transfer for which the engine chooses a path.
type Operation uint8

const (
	// OpUpload is a write to a device buffer, or a stream into one, that follows no other at once.
	OpUpload Operation = iota
	// OpFlush moves the updates of a frame while the GPU has an earlier one: frames overlap.
	OpFlush
	// OpReadback is a read.
	OpReadback
	// OpBurst is a write or an upload that follows another at once. How soon the GPU answers does not matter then.
	OpBurst
	// OpFrame moves the updates of a frame if the GPU has no earlier one. The program may be waiting for each.
	OpFrame

	opCount
)

var opNames = [opCount]string{"upload", "flush", "readback", "burst", "frame"}

// flushes reports whether it moves the updates of a frame.
func (o Operation) flushes() bool { return o == OpFlush || o == OpFrame }

// isToldBy reports whether measurements of the other operation tell of it, or of what copies do to buffers.
func (o Operation) isToldBy(other Operation) bool {
	return o == other || other.uploads() && (o.uploads() || o == OpFrame)
}

// uploads reports whether it is a write or an upload.
func (o Operation) uploads() bool { return o == OpUpload || o == OpBurst }

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
//
// In a burst a chunk for each write is better from 128 KiB on: on a discrete GPU 64 writes of 192 KiB take 89 us each, and
// 181 by queue writes. Those of 64 KiB take 72 us and 77 (measured).
var chosenFrom = [opCount]uint64{OpUpload: 256 << 10, OpFlush: 128 << 10, OpReadback: 256 << 10, OpBurst: 128 << 10,
	OpFrame: 128 << 10}

// Paths of uploads.
const (
	queueWrites       = 0
	smallRing         = 1
	largeRing         = 2
	copiedQueueWrites = 3
)

// Paths of flushes through mapped chunks.
const (
	mappedChunk   = 1
	filledInPlace = 2
)

// uploadPaths are those of writes and uploads.
//
// Queue writes are cut into 4 to 8 MiB. From 4 MiB on Chromium moves them through shared memory of their own, in half of the
// time that as many shorter bytes take. Larger ones have to make more of it.
var uploadPaths = [...]choice.Path{
	queueWrites:       {Name: "queue write", Piece: 4 << 20},
	smallRing:         {Name: "mapped ring, 2 MiB chunks", Piece: 2 << 20, Below: manyPieces, Depth: 4, Mapped: true},
	largeRing:         {Name: "mapped ring, 4 MiB chunks", Piece: 4 << 20, Above: 4 << 20, Depth: 4, Mapped: true},
	copiedQueueWrites: {Name: "queue write where copies went", Piece: 4 << 20, Copied: true},
}

// burstPaths are the same in a burst. A write of 3 MiB is one piece there: what follows it fills the next chunk meanwhile, and a
// submit for each 2 MiB of it takes longer (on a discrete GPU 914 us each, and 761 by one; measured).
var burstPaths = func() (paths [len(uploadPaths)]choice.Path) {
	paths = uploadPaths
	paths[smallRing].Whole = paths[largeRing].Piece
	return paths
}()

var flushPaths = [...]choice.Path{
	queueWrites:   {Name: "queue write", Piece: choice.OnePiece},
	mappedChunk:   {Name: "mapped chunk", Piece: choice.OnePiece, Mapped: true},
	filledInPlace: {Name: "mapped chunk, filled in place", Piece: choice.OnePiece, Mapped: true, InPlace: true},
}

// paths lists the paths to choose from, the default first.
var paths = [opCount][]choice.Path{
	OpUpload: uploadPaths[:],
	OpBurst:  burstPaths[:],
	OpFlush:  flushPaths[:],
	OpFrame:  flushPaths[:],
	OpReadback: {
		{Name: "mapped ring, 4 MiB chunks", Piece: 4 << 20, Depth: 6, Mapped: true},
		{Name: "mapped ring, 1 MiB chunks", Piece: 1 << 20, Below: manyPieces, Depth: 12, Mapped: true},
		{Name: "mapped ring, 16 MiB chunks", Piece: 16 << 20, Above: 4 << 20, Depth: 4, Mapped: true},
	},
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
