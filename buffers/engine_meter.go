package buffers

import "time"

// meter measures one transfer of the program's at a time, from its start to the moment when the GPU is done with it. If
// the program moves other bytes meanwhile, the path is at least as fast as measured.
type meter struct {
	engine  *engine
	running bool
	probe   probe       // the current one, while running
	watch   func()      // wait, made once
	late    *time.Timer // of the probe
}

// probe is a transfer that is being measured.
type probe struct {
	op    Operation
	path  int
	size  uint64
	start moment
	done  <-chan error
	moved uint64 // by the program so far
}

// observe measures the time until the GPU is done with everything so far.
func (m *meter) observe(op Operation, path int, size uint64, start moment) {
	m.running = true
	m.engine.shared.wakeHost()
	m.probe = probe{op, path, size, start, m.engine.workDone(size < unhurried), m.engine.program.traffic().moved}
	if m.watch == nil {
		m.watch, m.late = m.wait, time.NewTimer(m.engine.hangAfter)
	} else {
		m.late.Reset(m.engine.hangAfter)
	}
	go m.watch()
}

// wait waits for the probe. The lock is not held.
func (m *meter) wait() {
	p := m.probe
	for {
		select {
		case err := <-p.done:
			m.late.Stop()
			m.conclude(p, err)
			return
		case <-m.late.C:
			m.giveUp(p)
		case <-m.engine.shared.closed:
			m.late.Stop()
			return
		}
	}
}

// conclude locks.
func (m *meter) conclude(p probe, err error) {
	took := p.start.age()
	m.engine.shared.mu.Lock()
	defer m.engine.shared.mu.Unlock()
	m.running = false
	m.engine.shared.poll(0)
	now := m.engine.program.traffic()
	alone := now.moved == p.moved && !now.underway
	if err == nil && (alone || m.engine.choosers[p.op].Improves(p.path, p.size, took)) {
		m.engine.learn(p.op, p.path, p.size, took)
	}
}

// giveUp locks.
func (m *meter) giveUp(p probe) {
	m.engine.shared.mu.Lock()
	defer m.engine.shared.mu.Unlock()
	m.engine.hang(p.op, p.path, p.size)
}

// unhurried is the size from which the program's own transfers are measured without polls, which slow a ring down.
const unhurried = 16 << 20
