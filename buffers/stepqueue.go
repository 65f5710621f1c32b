package buffers

// stepQueue does step by step, on a device whose Queue is no ChunkQueue, what one does at once. It notifies
// nobody: maps settle elsewhere.
type stepQueue struct {
	device Device
	batch  [1]Encoder
}

// ChunkQueueOf is the device's own ChunkQueue, or one made of steps.
func ChunkQueueOf(device Device) ChunkQueue {
	if q, ok := device.Queue().(ChunkQueue); ok {
		return q
	}
	return &stepQueue{device: device}
}

func (q *stepQueue) FillChunk(chunk MappableBuffer, m Memory, dst Buffer, offset uint64, notify func() bool) (<-chan error, error) {
	if err := writeMapped(chunk, m, 0); err != nil {
		return nil, err
	}
	return q.SendChunk(chunk, m.Size(), dst, offset, notify)
}

func (q *stepQueue) SendChunk(chunk MappableBuffer, size uint64, dst Buffer, offset uint64, _ func() bool) (<-chan error, error) {
	if err := chunk.Unmap(); err != nil {
		return nil, err
	}
	e, err := q.device.CreateEncoder("upload")
	if err == nil {
		err = e.CopyBufferToBuffer(chunk, 0, dst, offset, size)
	}
	if err == nil {
		err = q.submit(e)
	}
	if err != nil {
		return nil, err
	}
	return chunk.MapAsync(MapWrite, 0, chunk.Size()), nil
}

func (q *stepQueue) FetchChunk(chunk MappableBuffer, size uint64, copies []ChunkCopy, _ func(error) bool) (mapped <-chan error, refused int, err error) {
	e, err := q.device.CreateEncoder("readback")
	if err != nil {
		return nil, -1, err
	}
	for i := range copies {
		c := &copies[i]
		if err := e.CopyBufferToBuffer(c.Src, c.Offset, chunk, c.At, c.Size); err != nil {
			return nil, i, err
		}
	}
	if err := q.submit(e); err != nil {
		return nil, -1, err
	}
	return chunk.MapAsync(MapRead, 0, size), -1, nil
}

func (q *stepQueue) WorkDoneThen(func() bool) <-chan error { return q.device.Queue().WorkDone() }

func (q *stepQueue) submit(e Encoder) error {
	q.batch[0] = e
	err := q.device.Queue().Submit(q.batch[:]...)
	q.batch[0] = nil
	return err
}
