//go:build js && wasm

package webgpu

import (
	"errors"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// queue is the device's GPUQueue.
type queue struct {
	device     *Device
	bridge     *jsbridge.Queue
	completion jsbridge.Completion       // completeWork, made once
	judged     jsbridge.Completion       // completeScope, made once
	commands   []*jsbridge.CommandBuffer // scratch of Submit
	waits      waits
}

var _ gpu.Queue = (*queue)(nil)

func (q *queue) init(d *Device) {
	q.device, q.bridge = d, d.bridge.Queue()
	q.completion, q.judged = q.completeWork, q.completeScope
}

// WriteBuffer copies m, a Go slice or a [Data]. The browser has taken it when WriteBuffer returns.
func (q *queue) WriteBuffer(dst gpu.Buffer, offset uint64, m gpu.Memory) error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.writable(dst, offset, m.Size())
	if err != nil {
		return err
	}
	return d.translated("write", b.Label(), q.writeBuffer(b, offset, m))
}

func (d *Device) writable(dst gpu.Buffer, offset, size uint64) (*buffer, error) {
	if err := d.alive("write", dst.Label()); err != nil {
		return nil, err
	}
	b, err := d.own("write", dst)
	if err != nil {
		return nil, err
	}
	return b, gpu.CheckWrite(locked{b}, offset, size)
}

func (q *queue) writeBuffer(b *buffer, offset uint64, m gpu.Memory) error {
	if p, ok := m.Bytes(); ok {
		return q.bridge.WriteBuffer(b.bridge, offset, p)
	}
	data, at, size, err := dataOf("write", b.Label(), m)
	if err != nil {
		return err
	}
	if data.made {
		return q.bridge.WriteArrayBuffer(b.bridge, offset, data.v, at, size)
	}
	return q.bridge.WriteBufferFrom(b.bridge, offset, data.v, at, size)
}

// WriteTexture copies rows of texels from m, a Go slice or a [Data].
func (q *queue) WriteTexture(dst gpu.TextureRegion, m gpu.Memory, layout gpu.TexelLayout) error {
	const op = "write texture"
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	t, err := d.ownTexture(op, dst.Texture)
	if err != nil {
		return err
	}
	if err := gpu.CheckTextureWrite(m.Size(), layout, dst); err != nil {
		return err
	}
	return d.translated(op, t.Label(), q.writeTexture(t, dst, m, layout))
}

func (q *queue) writeTexture(t *texture, dst gpu.TextureRegion, m gpu.Memory, layout gpu.TexelLayout) error {
	to, size := t.copyInfo(dst), extent3D(dst.Extent)
	if p, ok := m.Bytes(); ok {
		return q.bridge.WriteTexture(to, p, copyLayout(layout, dst), size)
	}
	data, at, _, err := dataOf("write texture", t.Label(), m)
	if err != nil {
		return err
	}
	layout.Offset += at
	return q.bridge.WriteTextureFrom(to, data.v, copyLayout(layout, dst), size)
}

// Submit finishes the encoders, adopted ones too, and hands them over.
func (q *queue) Submit(encoders ...gpu.Encoder) error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("submit", ""); err != nil {
		return err
	}
	if err := d.checkSubmit(encoders); err != nil {
		return err
	}
	if err := q.submit(encoders); err != nil {
		return err
	}
	d.retireAll(encoders)
	return nil
}

// SubmitScoped opens and closes the scope within this call: scopes are a stack of the device's, and the page has its
// own.
func (q *queue) SubmitScoped(encoders ...gpu.Encoder) (verdict <-chan error, err error) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("submit", ""); err != nil {
		return nil, err
	}
	if err := d.checkSubmit(encoders); err != nil {
		return nil, err
	}
	if err := d.bridge.PushErrorScope(jsbridge.FilterValidation); err != nil {
		return nil, d.translated("submit", "", err)
	}
	err = q.submit(encoders)
	w := q.waits.take()
	if lost := d.bridge.PopErrorScopeThen(w.token, q.judged); err == nil && lost != nil {
		err = d.translated("submit", "", lost)
	}
	if err != nil {
		return nil, err
	}
	d.retireAll(encoders)
	q.waits.pending = append(q.waits.pending, w)
	return w.channel, nil
}

func (d *Device) retireAll(encoders []gpu.Encoder) {
	for _, e := range encoders {
		d.retire(e.(*encoder))
	}
}

// completeScope runs when the browser reports the error, if any, that a scope of SubmitScoped caught.
func (q *queue) completeScope(token uint64, err error) error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(err, jsbridge.ErrOperation) {
		err = d.lossOf("submit", "", err) // nothing else makes a scope fail (measured in Chromium)
	}
	q.waits.settle(token, d.translated("submit", "", err))
	return nil
}

func (d *Device) checkSubmit(encoders []gpu.Encoder) error {
	for i, given := range encoders {
		e, ok := given.(*encoder)
		if !ok || e.device != d {
			return gpu.NewError("submit", "", gpu.ErrWrongDevice, "the encoder belongs to another device")
		}
		for _, earlier := range encoders[:i] {
			if earlier == given {
				return e.refuse("submit", "the encoder is named twice")
			}
		}
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) submit(encoders []gpu.Encoder) error {
	defer func() {
		clear(q.commands)
		q.commands = q.commands[:0]
	}()
	for _, given := range encoders {
		e := given.(*encoder)
		if err := e.finish(); err != nil {
			return q.device.translated("submit", e.label, err)
		}
		q.commands = append(q.commands, e.commands)
	}
	return q.device.translated("submit", "", q.bridge.Submit(q.commands...))
}

// Flush has Chromium hand earlier writes on to its GPU process: by itself it does so when the task ends.
func (q *queue) Flush() {
	q.device.mu.Lock()
	defer q.device.mu.Unlock()
	_ = q.submit(nil) // whatever fails fails again with what follows
}

// WorkDone settles when the GPU is done with everything submitted so far.
func (q *queue) WorkDone() <-chan error { return q.WorkDoneThen(nil) }

// WorkDoneThen is WorkDone that notifies.
func (q *queue) WorkDoneThen(notify func()) <-chan error {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("work done", ""); err != nil {
		return failed(err)
	}
	w := q.waits.take()
	if err := q.bridge.WorkDoneThen(jsbridge.Followup{Token: w.token, Then: q.completion, Quiet: notify != nil}); err != nil {
		return failed(translate("work done", "", err))
	}
	w.notify = notify
	q.waits.pending = append(q.waits.pending, w)
	return w.channel
}

// completeWork runs when the browser settles a promise of WorkDone. It rejects only those of a device that crashed
// (measured in Chromium).
func (q *queue) completeWork(token uint64, err error) error {
	if notify := q.settleWork(token, err); notify != nil {
		notify()
	}
	return nil
}

func (q *queue) settleWork(token uint64, err error) (notify func()) {
	d := q.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		err = d.lossOf("work done", "", err)
	}
	return q.waits.settle(token, err)
}
