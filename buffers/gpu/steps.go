package gpu

// Steps does a ChunkQueue's work step by step, on a device whose Queue is none. It notifies nobody: maps settle
// elsewhere.
type Steps struct {
	Device Device
	batch  [1]Encoder
	groups []copyGroup // scratch of record
}

// copyGroup is recorded copies that share a submit.
type copyGroup struct {
	group   int
	encoder Encoder
}

// Verdict is the GPU's answer to the copies of a group.
type Verdict struct {
	Group   int
	Settled <-chan error
}

// ChunkQueueOf is the device's own ChunkQueue, or one made of steps.
func ChunkQueueOf(device Device) ChunkQueue {
	if q, ok := device.Queue().(ChunkQueue); ok {
		return q
	}
	return &Steps{Device: device}
}

func (q *Steps) FillChunk(chunk MappableBuffer, m Memory, dst Buffer, offset uint64, notify func()) (<-chan error, error) {
	if err := WriteMapped(chunk, m, 0); err != nil {
		return nil, err
	}
	return q.SendChunk(chunk, m.Size(), dst, offset, notify)
}

func (q *Steps) SendChunk(chunk MappableBuffer, size uint64, dst Buffer, offset uint64, _ func()) (<-chan error, error) {
	if err := chunk.Unmap(); err != nil {
		return nil, err
	}
	e, err := q.Device.CreateEncoder("upload")
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

func (q *Steps) FetchChunk(chunk MappableBuffer, size uint64, copies []ChunkCopy, l Landing) (mapped <-chan error, refused int, err error) {
	verdicts, refused, err := q.Gather(chunk, copies)
	if err != nil {
		return nil, refused, err
	}
	mapped = chunk.MapAsync(MapRead, 0, size)
	if len(verdicts) > 0 {
		mapped = judged(mapped, verdicts, l)
	}
	return mapped, -1, nil
}

// judged settles as mapped does, after l took every verdict that is an error.
func judged(mapped <-chan error, verdicts []Verdict, l Landing) <-chan error {
	settled := make(chan error, 1)
	go func() {
		err := <-mapped
		for _, v := range verdicts {
			if refusal := <-v.Settled; refusal != nil {
				l.Refused(v.Group, refusal)
			}
		}
		settled <- err
	}()
	return settled
}

// Gather makes the copies into dst, each group in a submit of its own. If a copy is refused at once, refused is its
// index, and nothing was submitted.
func (q *Steps) Gather(dst Buffer, copies []ChunkCopy) (verdicts []Verdict, refused int, err error) {
	defer func() {
		clear(q.groups)
		q.groups = q.groups[:0]
	}()
	if refused, err = q.record(dst, copies); err != nil {
		return nil, refused, err
	}
	for _, g := range q.groups {
		if g.group == Vouched {
			err = q.submit(g.encoder)
		} else {
			verdicts, err = q.submitScoped(g, verdicts)
		}
		if err != nil {
			return verdicts, -1, err
		}
	}
	return verdicts, -1, nil
}

// record records the copies. Consecutive copies of one group share an encoder.
func (q *Steps) record(dst Buffer, copies []ChunkCopy) (refused int, err error) {
	for i := range copies {
		c := &copies[i]
		if i == 0 || c.Group != copies[i-1].Group {
			e, err := q.Device.CreateEncoder("readback")
			if err != nil {
				return -1, err
			}
			q.groups = append(q.groups, copyGroup{c.Group, e})
		}
		if err := c.record(q.groups[len(q.groups)-1].encoder, dst); err != nil {
			return i, err
		}
	}
	return -1, nil
}

func (c *ChunkCopy) record(e Encoder, dst Buffer) error {
	if c.Src != nil {
		return e.CopyBufferToBuffer(c.Src, c.Offset, dst, c.At, c.Size)
	}
	return e.CopyTextureToBuffer(c.Rows, dst, TexelLayout{Offset: c.At, BytesPerRow: c.Pitch, RowsPerImage: c.Rows.Extent.Height})
}

func (q *Steps) WorkDoneThen(func()) <-chan error { return q.Device.Queue().WorkDone() }

func (q *Steps) submit(e Encoder) error {
	q.batch[0] = e
	err := q.Device.Queue().Submit(q.batch[:]...)
	q.batch[0] = nil
	return err
}

func (q *Steps) submitScoped(g copyGroup, verdicts []Verdict) ([]Verdict, error) {
	q.batch[0] = g.encoder
	settled, err := q.Device.Queue().SubmitScoped(q.batch[:]...)
	q.batch[0] = nil
	if err != nil {
		return verdicts, err
	}
	return append(verdicts, Verdict{g.group, settled}), nil
}
