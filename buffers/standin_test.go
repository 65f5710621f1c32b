package buffers_test

import (
	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// standIn is a GPU in memory whose methods a test may replace. Each function is handed the receiver of the method that
// it replaces, and is that method until a test sets it.
//
// Its queue has the abilities that a test asks for, which are nil until then: it is a ChunkQueue with fillChunk or
// fetchChunk, a ChunkRelay with relay too, a Poller with poller, and a Flusher with flush.
type standIn struct {
	*memory.Device
	lost          func(*memory.Device) <-chan struct{}
	made          func() // is called when a buffer of either kind was
	createEncoder func(*memory.Device, string) (gpu.Encoder, error)
	writeBuffer   func(gpu.Queue, gpu.Buffer, uint64, gpu.Memory) error
	submit        func(gpu.Queue, ...gpu.Encoder) error
	submitScoped  func(gpu.Queue, ...gpu.Encoder) (<-chan error, error)
	workDone      func(gpu.Queue) <-chan error

	fillChunk  func(gpu.ChunkQueue, gpu.MappableBuffer, gpu.Memory, gpu.Buffer, uint64, func()) (<-chan error, error)
	fetchChunk func(gpu.ChunkQueue, gpu.MappableBuffer, uint64, []gpu.ChunkCopy, gpu.Landing) (<-chan error, int, error)
	relay      relayer
	poller     gpu.Poller
	flush      func()
}

// relayer is what a ChunkRelay adds to a ChunkQueue.
type relayer interface {
	Relay(m gpu.Memory, piece uint64, dst gpu.Buffer, offset uint64) bool
	EndRelay() uint64
}

func newStandIn(options memory.Options) *standIn {
	return &standIn{
		Device:        memory.Open(options),
		lost:          (*memory.Device).Lost,
		made:          func() {},
		createEncoder: (*memory.Device).CreateEncoder,
		writeBuffer:   gpu.Queue.WriteBuffer,
		submit:        gpu.Queue.Submit,
		submitScoped:  gpu.Queue.SubmitScoped,
		workDone:      gpu.Queue.WorkDone,
	}
}

func (d *standIn) Lost() <-chan struct{} { return d.lost(d.Device) }

func (d *standIn) CreateBuffer(desc *gpu.Descriptor) (gpu.Buffer, error) {
	defer d.made()
	return d.Device.CreateBuffer(desc)
}

func (d *standIn) CreateMappableBuffer(desc *gpu.Descriptor) (gpu.MappableBuffer, error) {
	defer d.made()
	return d.Device.CreateMappableBuffer(desc)
}

func (d *standIn) CreateEncoder(label string) (gpu.Encoder, error) {
	return d.createEncoder(d.Device, label)
}

func (d *standIn) Queue() gpu.Queue {
	q := standInQueue{d.Device.Queue(), d}
	chunks := standInChunks{q, gpu.ChunkQueueOf(d.Device)}
	switch {
	case d.relay != nil:
		return struct {
			standInChunks
			relayer
		}{chunks, d.relay}
	case d.fillChunk != nil || d.fetchChunk != nil:
		return chunks
	case d.flush != nil:
		return flushing{q}
	case d.poller != nil:
		return struct {
			standInQueue
			gpu.Poller
		}{q, d.poller}
	default:
		return q
	}
}

type standInQueue struct {
	gpu.Queue
	device *standIn
}

func (q standInQueue) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	return q.device.writeBuffer(q.Queue, dst, offset, m)
}

func (q standInQueue) Submit(encoders ...gpu.Encoder) error {
	return q.device.submit(q.Queue, encoders...)
}

func (q standInQueue) SubmitScoped(encoders ...gpu.Encoder) (<-chan error, error) {
	return q.device.submitScoped(q.Queue, encoders...)
}

func (q standInQueue) WorkDone() <-chan error { return q.device.workDone(q.Queue) }

type flushing struct{ standInQueue }

func (q flushing) Flush() { q.device.flush() }

type standInChunks struct {
	standInQueue
	gpu.ChunkQueue
}

func (q standInChunks) FillChunk(chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
	if q.device.fillChunk == nil {
		return q.ChunkQueue.FillChunk(chunk, m, dst, offset, notify)
	}
	return q.device.fillChunk(q.ChunkQueue, chunk, m, dst, offset, notify)
}

func (q standInChunks) FetchChunk(chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy, l gpu.Landing) (<-chan error, int, error) {
	if q.device.fetchChunk == nil {
		return q.ChunkQueue.FetchChunk(chunk, size, copies, l)
	}
	return q.device.fetchChunk(q.ChunkQueue, chunk, size, copies, l)
}

// embedder calls what only a host needs.
var embedder buffers.Embedder
