package memory

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// notifier is the Queue of a Device that Notifies.
type notifier struct{ *Queue }

var _ gpu.ChunkQueue = notifier{}

// silent is a Device that notifies nobody.
type silent struct{ *Device }

func (d silent) Queue() gpu.Queue { return &d.queue }

func (q notifier) steps() gpu.ChunkQueue { return gpu.ChunkQueueOf(silent{q.device}) }

// SendChunk takes the steps of one, and notifies when the map has settled.
func (q notifier) SendChunk(chunk gpu.MappableBuffer, size uint64, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	mapped, err := q.steps().SendChunk(chunk, size, dst, offset, nil)
	return then(mapped, err, notify)
}

// FillChunk takes the steps of one, and notifies when the map has settled.
func (q notifier) FillChunk(chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	mapped, err := q.steps().FillChunk(chunk, m, dst, offset, nil)
	return then(mapped, err, notify)
}

// then settles as settled does, and calls notify afterwards.
func then(settled <-chan error, err error, notify func()) (<-chan error, error) {
	if err != nil || notify == nil {
		return settled, err
	}
	told := make(chan error, 1)
	go func() {
		told <- <-settled
		notify()
	}()
	return told, nil
}

// FetchChunk takes the steps of one, and calls l when the map has settled.
func (q notifier) FetchChunk(chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy, l gpu.Landing) (<-chan error, int, error) {
	mapped, refused, err := q.steps().FetchChunk(chunk, size, copies, l)
	if err != nil {
		return nil, refused, err
	}
	go func() { l.Landed(<-mapped) }()
	return nil, -1, nil
}

// WorkDoneThen is WorkDone, and notifies when the GPU is done, unless the device is lost.
func (q notifier) WorkDoneThen(notify func()) <-chan error {
	if notify == nil {
		return q.WorkDone()
	}
	done, _ := then(q.WorkDone(), nil, func() {
		if q.device.LostReason() == nil {
			notify()
		}
	})
	return done
}
