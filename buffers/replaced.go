package buffers

// replaced are the buffers of the device that others stand for now. What was recorded and not submitted may still refer to
// them.
type replaced struct {
	buffers []Buffer
	turn    uint64 // how often they were destroyed
}

// add destroys a buffer that was replaced at that turn when nothing recorded refers to it: after the next submit
// that leaves no frame open.
func (r *replaced) add(b Buffer, turn uint64) {
	if turn < r.turn {
		b.Destroy()
		return
	}
	r.buffers = append(r.buffers, b)
}

func (r *replaced) destroy() {
	r.turn++
	for i, b := range r.buffers {
		b.Destroy()
		r.buffers[i] = nil
	}
	r.buffers = r.buffers[:0]
}
