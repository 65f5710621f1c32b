package buffers

import "time"

// meter measures one transfer of the program's at a time, or one burst, from its start to the moment when the GPU is done
// with it. It asks for that moment when the program pauses: in a browser, when its task ends. If the program moves other
// bytes meanwhile, the path is at least as fast as measured.
type meter struct {
	engine  *engine
	running bool
	probe   probe       // the current one, while running
	watch   func()      // wait, made once
	late    *time.Timer // of the probe
}

// probe is what is being measured.
type probe struct {
	op     Operation
	path   int
	size   uint64 // of all its transfers
	count  uint64 // of them
	mixed  bool   // not all of them took the path
	isOver bool   // its end was asked for: what follows is part of it only if it is a burst that goes on
	asked  uint64 // the count then
	start  moment
	before uint64 // bytes that went up until then,
	up     uint64 // and until the last of them
	moved  uint64 // by the program up to the last of them
}

// begin is called before a transfer that is to be measured. A burst takes the place of its first transfer.
func (m *meter) begin(op Operation, path int) {
	turned := m.running
	m.probe = probe{op: op, path: path, start: now(), before: m.engine.shared.stats.BytesUp}
	if turned {
		return
	}
	m.running = true
	m.engine.shared.wakeHost()
	if m.watch == nil {
		m.watch, m.late = m.wait, time.NewTimer(m.engine.hangAfter)
	} else {
		m.late.Reset(m.engine.hangAfter)
	}
	go m.watch()
}

// observe measures a transfer that was issued, and took so long until now. before is the bytes that had gone up when it
// began.
func (m *meter) observe(op Operation, path int, size uint64, took time.Duration, before uint64) {
	m.begin(op, path)
	m.probe.start -= moment(took)
	m.probe.before = before
	m.add(op, path, size, true)
}

// canTurn reports whether a burst can be measured from now on: instead of its first transfer, if that is being measured.
func (m *meter) canTurn() bool {
	return !m.running || m.probe.op == OpUpload
}

// path returns the path of the burst that is being measured, if op belongs to it.
func (m *meter) path(op Operation) (path int, measured bool) {
	p := &m.probe
	return p.path, m.running && op == OpBurst && p.op == OpBurst && p.count > 0
}

// add takes note of a transfer that was issued. wholly says that all of it took the path.
func (m *meter) add(op Operation, path int, size uint64, wholly bool) {
	p := &m.probe
	same := op == p.op && path == p.path && wholly
	if !m.running || p.isOver && !(same && op == OpBurst) {
		return
	}
	p.mixed = p.mixed || !same
	p.size += size
	p.count++
	p.up = m.engine.shared.stats.BytesUp
	p.moved = m.engine.program.traffic().moved
}

// spoil has the probe count for nothing, since a part of it took another path than was chosen.
func (m *meter) spoil() {
	if m.running {
		m.probe.mixed = true
	}
}

// wait waits for the probe. The lock is not held.
func (m *meter) wait() {
	done := m.askDone()
	for {
		select {
		case err := <-done:
			if done = m.goOn(err); done == nil {
				m.late.Stop()
				m.conclude(err)
				return
			}
		case <-m.late.C:
			m.giveUp()
		case <-m.engine.shared.closed:
			m.late.Stop()
			return
		}
	}
}

// askDone asks for the moment when the GPU is done with the probe.
// It locks.
func (m *meter) askDone() <-chan error {
	m.engine.shared.mu.Lock()
	defer m.engine.shared.mu.Unlock()
	m.probe.isOver, m.probe.asked = true, m.probe.count
	return m.engine.shared.queue.WorkDone()
}

// goOn asks again if the burst went on meanwhile; else it returns nil.
func (m *meter) goOn(err error) <-chan error {
	m.engine.shared.mu.Lock()
	goesOn := err == nil && m.probe.count > m.probe.asked
	m.engine.shared.mu.Unlock()
	if goesOn {
		return m.askDone()
	}
	return nil
}

// conclude locks.
func (m *meter) conclude(err error) {
	m.engine.shared.mu.Lock()
	defer m.engine.shared.mu.Unlock()
	m.running = false
	p := &m.probe
	took := p.start.age()
	if err != nil || p.mixed || p.count == 0 {
		return
	}
	size, each := p.size/p.count, took/time.Duration(p.count)
	if p.op == OpBurst && p.up-p.before > p.size { // other uploads had a part of the time
		each = time.Duration(float64(took) * float64(size) / float64(p.up-p.before))
	}
	now := m.engine.program.traffic()
	alone := now.moved == p.moved && !now.underway && (p.op == OpBurst || p.up-p.before == p.size)
	if alone || m.engine.choosers[p.op].Improves(p.path, size, each) {
		m.engine.learn(p.op, p.path, size, each)
	}
}

// giveUp locks.
func (m *meter) giveUp() {
	m.engine.shared.mu.Lock()
	defer m.engine.shared.mu.Unlock()
	if p := &m.probe; p.count > 0 {
		m.engine.hang(p.op, p.path, p.size/p.count)
	}
}
