//go:build js && wasm

package webgpu

// keptWaits bounds how many settled waits are kept for reuse.
const keptWaits = 8

// waits are the channels of WorkDone. They are this backend's own, not those of the promises: if the GPU hangs,
// destroying the device does not settle the promises (measured in Chromium).
type waits struct {
	token   uint64 // of the last one
	pending []wait
	settled []wait // until their channels were read, and can be used again
}

type wait struct {
	token   uint64
	channel chan error
	notify  func() // unless it is nil
}

// take returns a wait that is not pending yet.
func (w *waits) take() wait {
	w.token++
	for i, old := range w.settled {
		if len(old.channel) == 0 {
			w.settled = append(w.settled[:i], w.settled[i+1:]...)
			return wait{token: w.token, channel: old.channel}
		}
	}
	return wait{token: w.token, channel: make(chan error, 1)}
}

// settle ends the wait of that token, unless it has ended, and returns its notify.
func (w *waits) settle(token uint64, err error) (notify func()) {
	for i, p := range w.pending {
		if p.token == token {
			w.pending = append(w.pending[:i], w.pending[i+1:]...)
			p.channel <- err
			w.keep(p)
			return p.notify
		}
	}
	return nil
}

func (w *waits) keep(p wait) {
	if len(w.settled) == keptWaits {
		w.settled = append(w.settled[:0], w.settled[1:]...)
	}
	w.settled = append(w.settled, p)
}

func (w *waits) settleAll(err error) {
	for _, p := range w.pending {
		p.channel <- err
	}
	w.pending, w.settled = nil, nil
}
