package memory

import "github.com/gpubuffers/gpubuffers/buffers"

// faults are failures to come, by the number of the map or creation, from 1.
type faults struct {
	maps, creations uint64
	failMap         map[uint64]error
	failCreate      map[uint64]bool
}

// mapping counts a map and returns what it fails with.
func (f *faults) mapping() error {
	f.maps++
	return f.failMap[f.maps]
}

// creation counts a creation and returns what it fails with.
func (f *faults) creation(label string) error {
	f.creations++
	if f.failCreate[f.creations] {
		return outOfMemory(label)
	}
	return nil
}

// FailMap makes the nth map from now on fail with err; 1 is the next. A map that was cancelled before
// it fails settles with the cancellation alone.
func (d *Device) FailMap(n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults.failMap == nil {
		d.faults.failMap = map[uint64]error{}
	}
	d.faults.failMap[d.faults.maps+uint64(n)] = err
}

// FailCreate makes the nth creation from now on run out of memory; 1 is the next. With LateErrors the
// buffer is returned, and the error arrives by OnError.
func (d *Device) FailCreate(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults.failCreate == nil {
		d.faults.failCreate = map[uint64]bool{}
	}
	d.faults.failCreate[d.faults.creations+uint64(n)] = true
}

// Report makes OnError hear of err, after the work submitted so far.
func (d *Device) Report(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loss == notLost {
		d.enqueue(&task{report: err}, 0)
	}
}

// Loss is a way to lose a device. The two differ in what becomes of a mapped range, as measured in
// Chrome.
type Loss uint8

const (
	notLost Loss = iota
	// Destroyed: a mapped range is gone at once.
	Destroyed
	// Crashed: a mapped range stays readable and writable until it is unmapped.
	Crashed
)

func (l Loss) String() string {
	switch l {
	case Destroyed:
		return "the device was destroyed"
	case Crashed:
		return "the GPU process crashed"
	}
	return "not lost"
}

// Lose loses the device, whatever it is doing, held or not: everything pending settles with
// ErrDeviceLost, and every later call fails with it.
func (d *Device) Lose(how Loss) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loss != notLost || how == notLost {
		return
	}
	d.loss = how
	for t := d.timeline.first; t != nil; t = t.next {
		if t.settled != nil {
			d.channels.settle(t.settled, d.lossOf("work done", ""))
		}
	}
	d.timeline.clear()
	for b := range d.buffers {
		b.lose()
	}
	d.bytes = 0
	close(d.lost)
}

func (b *Buffer) lose() {
	if b.pending != nil {
		lost := b.device.lossOf("map", b.Label())
		b.settle(b.life.EndMap(b, b.pending.token, lost))
	}
	if b.device.loss == Destroyed && b.life.State() == buffers.Mapped {
		b.life.Unmap(b) // cannot fail: it is mapped
		b.mapped = nil
	}
}

// LostReason is nil until the device is lost.
func (d *Device) LostReason() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.alive("device", d.options.Label)
}

// alive returns an error where the device is lost.
func (d *Device) alive(op, label string) error {
	if d.loss == notLost {
		return nil
	}
	return d.lossOf(op, label)
}

func (d *Device) lossOf(op, label string) error {
	return buffers.NewError(op, label, buffers.ErrDeviceLost, "the device is lost: "+d.loss.String())
}

// orLost is err, or the loss of the device where that is its cause.
func (d *Device) orLost(op, label string, err error) error {
	if lost := d.alive(op, label); lost != nil {
		return lost
	}
	return err
}
