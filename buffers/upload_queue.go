package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// uploadQueue is an upload by queue writes.
type uploadQueue struct {
	upload *Upload
	word   [4]byte      // being filled: a write cannot begin within one
	sent   uint64       // since done was asked for
	done   <-chan error // of the writes before those
}

// queueBlock is the number of bytes of queue writes after which the block before is waited for.
const queueBlock = 32 << 20

// step takes a step on a path of queue writes. Bytes that do not fill a word wait for the rest of it.
func (q *uploadQueue) step(ctx context.Context, p *choice.Path, m Memory) (uint64, error) {
	u := q.upload
	if whole := m.Size() &^ 3; u.filled == 0 && whole > 0 {
		n := p.PieceOf(whole)
		return n, q.write(ctx, m.Slice(0, n))
	}
	n := min(m.Size(), 4-u.filled)
	if err := m.Slice(0, n).CopyTo(q.word[u.filled:]); err != nil {
		return 0, err
	}
	u.filled += n
	if u.filled < 4 {
		return n, nil
	}
	u.filled = 0
	return n, q.write(ctx, Bytes(q.word[:]))
}

// write writes m. If very much is under way, it waits first.
func (q *uploadQueue) write(ctx context.Context, m Memory) error {
	if q.sent >= queueBlock {
		if err := q.await(ctx); err != nil {
			return err
		}
	}
	return q.writeNow(m)
}

// writeNow locks.
func (q *uploadQueue) writeNow(m Memory) error {
	u := q.upload
	s := u.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable("upload", u.dst.Label()); err != nil {
		return err
	}
	if err := u.engine.kept.write(u.dst, u.at, m); err != nil {
		return err
	}
	u.wrote(m.Size())
	return nil
}

// await waits for the block before the last.
func (q *uploadQueue) await(ctx context.Context) error {
	u := q.upload
	if q.done != nil {
		if err := u.shared.answered(ctx, "upload", u.dst.Label(), q.done); err != nil {
			return err
		}
	}
	q.done, q.sent = u.shared.queue.WorkDone(), 0
	return nil
}
