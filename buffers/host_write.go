package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// AllowWrite checks a write of size bytes at offset that the host makes itself next, in pieces of at most piece bytes, and
// counts it. follows says that another write or upload has just ended. If there is a chunk, the first piece fills it, the
// next ones go through chunks of [Embedder.LendWrite], and by queue writes of the host's own API if that has none. Else all go
// by queue writes. piece is 0 if the write would be refused: then WriteMemory says why. It is 0, too, for an upload, which
// mayWait, that finds no chunk. What an upload finds no further chunk for is left to UploadMemory.
func (Embedder) AllowWrite(b *DeviceBuffer, offset, size uint64, follows, mayWait bool) (piece uint64, chunk *host.Chunk) {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if size == 0 || b.held.check("write") != nil || gpu.CheckWrite(b.Unwrap(), offset, size) != nil {
		return 0, nil
	}
	h, e := b.history(), b.core.engine
	if size < chosenFrom[OpBurst] {
		e.touch(h)
		s.stats.BytesUp += size
		return size, nil
	}
	p := e.leave(size, *h, follows)
	if piece = p.PieceOf(size); p.Mapped {
		chunk = e.lend(piece, !mayWait)
	}
	if p.Mapped && chunk == nil {
		if mayWait {
			return 0, nil
		}
		p = &paths[OpBurst][queueWrites]
		piece = p.PieceOf(size)
	}
	h.Note(p)
	s.stats.BytesUp += size
	return piece, chunk
}

// MayWrite reports whether bytes may be written to b now.
func (Embedder) MayWrite(b *DeviceBuffer) bool {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.held.check("write") == nil && gpu.CheckWrite(b.Unwrap(), 0, 0) == nil
}

// AllowShared is AllowWrite for uploads that share a chunk, if mapped is set. They count as one. MayWrite says whether each may be
// written to, and AddCopy has to tell of copies into their buffers.
func (Embedder) AllowShared(s *System, u host.Together) (mapped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usable("upload", "") != nil {
		return false
	}
	if u.Begins {
		s.engine.row.begin()
	}
	h := choice.History{Touched: u.Touched, Copied: u.Copied}
	op, path := s.engine.takeMeasured(u.Size, h, u.Follows || u.Begins)
	mapped, moved := paths[op][path].Mapped, u.Size
	if !mapped {
		moved = u.Whole
	}
	s.stats.BytesUp += moved
	s.engine.moved(op, path, moved, moved > 0)
	if mapped && u.Size > 0 {
		s.stats.BytesUp += u.More
		s.engine.movedMore(op, path, u.Size, u.More)
	}
	return mapped
}

// CountMade is how many buffers were made so far, for ConfirmMade.
func (Embedder) CountMade(s *System) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.created
}

// ConfirmMade takes note that the host knows of the first so many buffers whether there was memory for them.
func (Embedder) ConfirmMade(s *System, made uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.confirm(min(made, s.created))
}

// AddCopy takes note that the host copies into b.
func (Embedder) AddCopy(b *DeviceBuffer) {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	b.history().Note(&paths[OpBurst][smallRing])
}

// LendWrite lends a chunk for size bytes that the host writes; nil if there is none without a wait. hasToWin says that the host
// makes a queue write then, which may be better than a new chunk.
func (Embedder) LendWrite(s *System, size uint64, hasToWin bool) *host.Chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usable("write", "") != nil {
		return nil
	}
	return s.engine.lend(size, hasToWin)
}

// lend lends a chunk to the host. Without one the transfer is not what was to be measured.
func (e *engine) lend(size uint64, hasToWin bool) *host.Chunk {
	c := e.chunk(size, hasToWin)
	if c == nil {
		e.meter.spoil()
		return nil
	}
	return e.writes.toHost(c)
}

// Vouched reports whether the GPU buffer is known to be there, and nobody but the System can destroy it.
func (Embedder) Vouched(b *DeviceBuffer) bool {
	s := b.held.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vouches(b.behind())
}
