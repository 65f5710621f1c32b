package buffers

// flights follows the submits that the GPU works on.
type flights struct {
	shared   *shared
	serial   uint64 // of the last submit followed,
	sentAt   moment // when that was
	done     uint64 // of the last one the GPU is done with
	inFlight []flight
	heard    bool   // a waiter listens for the oldest flight
	notify   func() // called when the GPU is done with one; nil if the queue does not call
}

type flight struct {
	serial uint64
	done   <-chan error
	since  moment
}

// poll notes the submits that the GPU is done with.
func (f *flights) poll() {
	for len(f.inFlight) > 0 && !f.heard {
		select {
		case err := <-f.inFlight[0].done:
			f.finish(err)
		default:
			return
		}
	}
}

// finish notes that the GPU is done with the oldest flight. It fails only with the device: then the flight stays until
// the System hears of the loss, so that no frame begins before that.
func (f *flights) finish(err error) {
	if err != nil {
		return
	}
	f.done = max(f.done, f.inFlight[0].serial)
	f.inFlight = remove(f.inFlight, 0)
	f.shared.wake()
}

var _ source = (*flights)(nil)

// listen gives the oldest flight's channel, unless the queue notifies.
func (f *flights) listen() <-chan error {
	if f.heard || f.notify != nil || len(f.inFlight) == 0 {
		return nil
	}
	f.heard = true
	return f.inFlight[0].done
}

func (f *flights) unlisten(answered bool, err error) {
	f.heard = false
	if answered {
		f.finish(err)
	}
}

// follow asks to hear when the GPU is done with the latest submit.
func (f *flights) follow() {
	f.serial++
	f.sentAt = now()
	f.inFlight = append(f.inFlight, flight{f.serial, f.shared.chunks.WorkDoneThen(f.notify), f.sentAt})
}

// trim keeps no memory. It polls, so that memory that the GPU is done with is found idle.
func (f *flights) trim(moment) (oldest moment) {
	f.poll()
	return latest
}
