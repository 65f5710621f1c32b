package buffers

// replaced are the device's buffers that others stand for now. Commands recorded and not submitted may still refer to
// them.
type replaced struct {
	buffers []Buffer
	round   uint64 // how often they were destroyed
}

// add destroys a buffer replaced in that round as soon as nothing recorded refers to it: after the next submit that
// leaves no frame open.
func (r *replaced) add(b Buffer, round uint64) {
	if round < r.round {
		b.Destroy()
		return
	}
	r.buffers = append(r.buffers, b)
}

func (r *replaced) destroy() {
	r.round++
	for i, b := range r.buffers {
		b.Destroy()
		r.buffers[i] = nil
	}
	r.buffers = r.buffers[:0]
}
