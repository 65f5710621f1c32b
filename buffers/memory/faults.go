package memory

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Calls counts the calls on a device that can fail, by kind.
type Calls struct {
	// Creations of buffers, maps and scoped submits that were accepted, and all calls: these, refused ones, other
	// submits, writes of the queue, WorkDone and the creation of encoders.
	Creations, Maps, Scoped, All uint64
}

// faults are failures to come, by the number of the call, from 1.
type faults struct {
	Calls
	failCreate, failScoped map[uint64]bool
	failMap                map[uint64]error
	slowMap                map[uint64]time.Duration
	lose                   map[uint64]Loss
}

// at puts v at the nth call after the made ones.
func at[V any](list *map[uint64]V, made uint64, n int, v V) {
	if *list == nil {
		*list = map[uint64]V{}
	}
	(*list)[made+uint64(n)] = v
}

// due takes out the entry of a call.
func due[V any](list map[uint64]V, call uint64) V {
	defer delete(list, call)
	return list[call]
}

// Calls counts the calls so far, so that a test can fail each of them in turn.
func (d *Device) Calls() Calls {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults.Calls
}

// enter counts a call, and returns an error if the device is lost. It loses the device if LoseAt said so.
func (d *Device) enter(op, label string) error {
	d.faults.All++
	d.loseNow(due(d.faults.lose, d.faults.All))
	return d.alive(op, label)
}

// mapping counts a map and returns its extra time and its failure.
func (f *faults) mapping() (longer time.Duration, failure error) {
	f.Maps++
	return due(f.slowMap, f.Maps), due(f.failMap, f.Maps)
}

// creation counts a creation and returns its failure.
func (f *faults) creation(label string) error {
	f.Creations++
	if due(f.failCreate, f.Creations) {
		return outOfMemory(label)
	}
	return nil
}

// scoped counts a scoped submit and returns why its commands are void.
func (f *faults) scoped() error {
	f.Scoped++
	if due(f.failScoped, f.Scoped) {
		return gpu.NewError("submit", "", gpu.ErrValidation, "the GPU refuses it")
	}
	return nil
}

// FailMap makes the nth map from now on fail with err; 1 is the next. A map that is cancelled before it fails settles
// with the cancellation alone.
func (d *Device) FailMap(n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at(&d.faults.failMap, d.faults.Maps, n, err)
}

// SlowMap makes the nth map from now on take longer than its cost by that time; 1 is the next.
func (d *Device) SlowMap(n int, longer time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at(&d.faults.slowMap, d.faults.Maps, n, longer)
}

// FailCreate makes the nth creation from now on run out of memory; 1 is the next. With LateErrors the buffer is
// returned, and OnError takes the error.
func (d *Device) FailCreate(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at(&d.faults.failCreate, d.faults.Creations, n, true)
}

// FailScoped makes the GPU refuse the nth scoped submit from now on; 1 is the next. It runs none of its commands. A
// submit without a scope is valid by WebGPU's rules, or the program's own mistake.
func (d *Device) FailScoped(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at(&d.faults.failScoped, d.faults.Scoped, n, true)
}

// LoseAt loses the device when the nth call from now on, of all, begins; 1 is the next.
func (d *Device) LoseAt(n int, how Loss) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at(&d.faults.lose, d.faults.All, n, how)
}

// Report passes err to OnError, after the work submitted so far.
func (d *Device) Report(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loss == notLost {
		t := d.timeline.task()
		t.report = err
		d.enqueue(t, 0)
	}
}

// Loss is a way to lose a device. The two differ in the fate of a mapped range, as measured in Chrome.
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
	d.loseNow(how)
}

func (d *Device) loseNow(how Loss) {
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
	if b.device.loss == Destroyed && b.life.State() == gpu.Mapped {
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

// alive returns an error if the device is lost.
func (d *Device) alive(op, label string) error {
	if d.loss == notLost {
		return nil
	}
	return d.lossOf(op, label)
}

func (d *Device) lossOf(op, label string) error {
	return gpu.NewError(op, label, gpu.ErrDeviceLost, "the device is lost: "+d.loss.String())
}

// orLost is err, or the loss of the device if that is its cause.
func (d *Device) orLost(op, label string, err error) error {
	if lost := d.alive(op, label); lost != nil {
		return lost
	}
	return err
}
