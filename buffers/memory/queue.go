package memory

import (
	"cmp"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Queue is the Device's.
type Queue struct{ device *Device }

var _ gpu.Queue = (*Queue)(nil)

// WriteBuffer copies m now, and to the buffer when the queue gets there.
func (q *Queue) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.writable(dst, offset, m.Size())
	if err != nil {
		return err
	}
	return d.write("write", b.Label(), m, command{op: opWrite, dst: b, dstOffset: offset})
}

func (d *Device) writable(dst gpu.Buffer, offset, size uint64) (*Buffer, error) {
	if err := d.enter("write", dst.Label()); err != nil {
		return nil, err
	}
	b, err := d.own("write", dst)
	if err != nil {
		return nil, err
	}
	return b, gpu.CheckWrite(locked{b}, offset, size)
}

// WriteTexture copies m now, and to the texture when the queue gets there.
func (q *Queue) WriteTexture(dst gpu.TextureRegion, m gpu.Memory, layout gpu.TexelLayout) error {
	const op = "write texture"
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.enter(op, dst.Texture.Label()); err != nil {
		return err
	}
	texture, err := d.ownTexture(op, dst.Texture)
	if err != nil {
		return err
	}
	if err := gpu.CheckTextureWrite(m.Size(), layout, dst); err != nil {
		return err
	}
	return d.write(op, texture.label, m, command{op: opWriteTexture, texture: texture, region: dst, layout: layout})
}

// write enqueues c with a copy of m.
func (d *Device) write(op, label string, m gpu.Memory, c command) error {
	c.bytes = d.store.get(m.Size())
	if err := load(op, label, c.bytes, m); err != nil {
		d.store.put(c.bytes)
		return err
	}
	t := d.timeline.task()
	t.commands = append(t.commands, c)
	t.failure = resolve(t.commands)
	d.enqueue(t, d.options.Write.of(m.Size()))
	return nil
}

// Submit runs the encoders' commands in order, or none of them.
func (q *Queue) Submit(encoders ...gpu.Encoder) error {
	q.device.mu.Lock()
	defer q.device.mu.Unlock()
	return q.device.submit(encoders, nil)
}

// SubmitScoped is Submit, but a late refusal settles the verdict.
func (q *Queue) SubmitScoped(encoders ...gpu.Encoder) (verdict <-chan error, err error) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	settled := d.channels.take()
	if err := d.submit(encoders, settled); err != nil {
		return nil, err
	}
	return settled, nil
}

// submit enqueues the encoders' commands. Their outcome settles verdict, unless that is nil.
func (d *Device) submit(encoders []gpu.Encoder, verdict chan error) error {
	if err := d.enter("submit", ""); err != nil {
		return err
	}
	if err := d.checkSubmit(encoders); err != nil {
		return err
	}
	t := d.timeline.task()
	t.submit, t.settled = true, verdict
	for _, e := range encoders {
		t.commands = d.take(e.(*Encoder), t.commands)
	}
	t.failure = resolve(t.commands)
	if verdict != nil {
		t.failure = cmp.Or(t.failure, d.faults.scoped())
	}
	d.enqueue(t, d.cost(t.commands))
	return nil
}

func (d *Device) checkSubmit(encoders []gpu.Encoder) error {
	for i, given := range encoders {
		e, ok := given.(*Encoder)
		if !ok || e.device != d {
			return gpu.NewError("submit", "", gpu.ErrWrongDevice, "the encoder belongs to another device")
		}
		for _, earlier := range encoders[:i] {
			if earlier == given {
				return e.submittedError("submit")
			}
		}
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Device) cost(commands []command) time.Duration {
	var total time.Duration
	for i := range commands {
		total += d.options.Copy.of(commands[i].size)
	}
	return total
}

// WorkDone settles when the queue gets there.
func (q *Queue) WorkDone() <-chan error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	settled := d.channels.take()
	if err := d.enter("work done", ""); err != nil {
		d.channels.settle(settled, err)
		return settled
	}
	t := d.timeline.task()
	t.settled = settled
	d.enqueue(t, 0)
	return settled
}
