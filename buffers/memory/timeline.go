package memory

import (
	"container/heap"
	"slices"
	"time"
)

// timeline is the GPU's work in time: the queue's tasks one after the other, and maps beside them.
type timeline struct {
	held        bool
	sequence    uint64
	busyUntil   time.Duration // when the last task of the queue is due
	first, last *task         // the queue
	maps        byDue         // not yet complete, cancelled ones included; and reports of creations
	idle        *task         // for reuse
}

// task is a step of the timeline. The fields set after due say what it does.
type task struct {
	next     *task
	sequence uint64
	due      time.Duration // since the device was opened

	commands []command  // a write or a submit
	submit   bool       // a submit; settled takes its refusal unless that is nil
	settled  chan error // settles at the end: of a map, a WorkDone or the verdict of a submit
	report   error      // for OnError: there was no memory for buffer

	buffer  *Buffer // a map
	token   uint64
	failure error // the map's error, or why the commands are void
}

// before orders tasks by due time, then by age.
func (t *task) before(other *task) bool {
	if t.due != other.due {
		return t.due < other.due
	}
	return t.sequence < other.sequence
}

func (l *timeline) task() *task {
	t := l.idle
	if t == nil {
		return &task{}
	}
	l.idle = t.next
	t.next = nil
	return t
}

func (l *timeline) recycle(t *task) {
	clear(t.commands)
	*t = task{commands: t.commands[:0], next: l.idle}
	l.idle = t
}

func (l *timeline) push(t *task) {
	if l.last == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
}

func (l *timeline) pop() {
	l.first = l.first.next
	if l.first == nil {
		l.last = nil
	}
}

// oldest is the next task, or nil. A map comes after the work that uses its buffer, since it is never due earlier.
func (l *timeline) oldest() *task {
	if len(l.maps) > 0 && (l.first == nil || l.maps[0].before(l.first)) {
		return l.maps[0]
	}
	return l.first
}

// remove takes out the first task of the queue, or one beside it.
func (l *timeline) remove(t *task) {
	if t == l.first {
		l.pop()
		return
	}
	heap.Remove(&l.maps, slices.Index(l.maps, t))
}

// byDue is a heap of tasks: a program can cancel maps faster than the GPU completes them.
type byDue []*task

func (q byDue) Len() int           { return len(q) }
func (q byDue) Less(i, j int) bool { return q[i].before(q[j]) }
func (q byDue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byDue) Push(t any)        { *q = append(*q, t.(*task)) }

func (q *byDue) Pop() any {
	end := len(*q) - 1
	t := (*q)[end]
	(*q)[end] = nil
	*q = (*q)[:end]
	return t
}

// clear forgets all work.
func (l *timeline) clear() {
	l.first, l.last, l.maps, l.idle = nil, nil, nil, nil
}

func (d *Device) now() time.Duration { return time.Since(d.start) }

// enqueue adds t to the queue. It is due when the queue has worked on it for cost.
func (d *Device) enqueue(t *task, cost time.Duration) {
	l := &d.timeline
	l.sequence++
	l.busyUntil = max(l.busyUntil, d.now()) + cost
	t.sequence, t.due = l.sequence, l.busyUntil
	for i := range t.commands {
		t.commands[i].retain(t.due)
	}
	l.push(t)
	d.wake()
}

// enqueueBeside adds a task that does not wait for the queue: a map or the report of a creation. It is due when its
// buffer has been free for cost.
func (d *Device) enqueueBeside(t *task, cost time.Duration) {
	l := &d.timeline
	l.sequence++
	t.sequence, t.due = l.sequence, max(t.buffer.freeAt, d.now())+cost
	heap.Push(&l.maps, t)
	d.wake()
}

func (d *Device) wake() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

// run is the GPU.
func (d *Device) run() {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		if wait, ok := d.advance(); ok {
			alarm.Reset(wait)
		}
		select {
		case <-d.signal:
		case <-alarm.C:
		case <-d.lost:
			return
		}
	}
}

// advance does all due tasks and returns the time until the next, if there is one.
func (d *Device) advance() (wait time.Duration, ok bool) {
	for {
		d.mu.Lock()
		t := d.timeline.oldest()
		if t == nil || d.timeline.held {
			d.mu.Unlock()
			return 0, false
		}
		if wait := t.due - d.now(); wait > 0 {
			d.mu.Unlock()
			return wait, true
		}
		d.finish(t)
	}
}

// finish does t. It is called with the lock held and releases it.
func (d *Device) finish(t *task) {
	d.timeline.remove(t)
	late := d.complete(t)
	d.timeline.recycle(t)
	d.mu.Unlock()
	if late != nil {
		d.report(late)
	}
}

// complete does t and returns the error to report.
func (d *Device) complete(t *task) (late error) {
	switch {
	case t.report != nil:
		return d.completeReport(t)
	case t.buffer != nil:
		t.buffer.completeMap(t)
	case t.submit:
		return d.completeSubmit(t)
	case t.settled != nil:
		d.channels.settle(t.settled, nil)
	default:
		return d.execute(t.commands, t.failure)
	}
	return nil
}

// completeSubmit runs the commands of a submit, unless it is void. Its scope, if it has one, takes the error.
func (d *Device) completeSubmit(t *task) (late error) {
	late = d.execute(t.commands, t.failure)
	if t.settled == nil {
		return late
	}
	d.channels.settle(t.settled, late)
	return nil
}

func (d *Device) completeReport(t *task) error {
	if t.buffer != nil {
		t.buffer.reported = true
	}
	return t.report
}

// Hold stops the GPU, like a stopped GPU process: submitted work waits, nothing settles.
func (d *Device) Hold() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.timeline.held = true
}

// Release ends a Hold. Work that became due meanwhile is done at once.
func (d *Device) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.timeline.held = false
	d.wake()
}

// Step makes the GPU do one thing before it returns, held or not, without waiting for its cost: the first due write,
// submit, map, WorkDone or report. It returns false if there was none.
func (d *Device) Step() bool {
	d.mu.Lock()
	t := d.timeline.oldest()
	if t == nil {
		d.mu.Unlock()
		return false
	}
	d.finish(t)
	return true
}

// StepBeside makes the GPU do, as Step does, the nth task, from 0, that need not wait for its queue. That is a map
// whose buffer no queued work uses, or the report of a creation. It returns false if there are fewer. The tasks count
// in order of due time; those of one buffer stay in their order.
func (d *Device) StepBeside(n int) bool {
	d.mu.Lock()
	free := d.timeline.beside()
	if n >= len(free) {
		d.mu.Unlock()
		return false
	}
	d.finish(free[n])
	return true
}

// beside lists the tasks that can be done before the queue goes on.
func (l *timeline) beside() (free []*task) {
	used := map[*Buffer]bool{}
	for t := l.first; t != nil; t = t.next {
		for i := range t.commands {
			t.commands[i].each(func(b *Buffer) { used[b] = true })
		}
	}
	maps := slices.Clone(l.maps)
	slices.SortFunc(maps, func(a, b *task) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	for _, t := range maps {
		if !used[t.buffer] {
			free = append(free, t)
		}
		used[t.buffer] = true
	}
	return free
}
