package buffers

// AllowHostWrite checks a write of size bytes at offset that the host makes itself next, by a queue write
// of its own API, and counts it. It is false where the write would be refused, or where the engine has
// another path for it or wants to measure it: then WriteMemory says why, or does it.
func (b *DeviceBuffer) AllowHostWrite(offset, size uint64) bool {
	s := b.held.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if size == 0 || b.held.check("write") != nil || CheckWrite(b.Unwrap(), offset, size) != nil || !s.engine.leavesToHost(size, b.history()) {
		return false
	}
	s.stats.BytesUp += size
	return true
}

// leavesToHost reports whether an upload is one queue write that need not be measured. Where it is not, the
// turn is not taken.
func (e *engine) leavesToHost(size uint64, h *history) bool {
	if size < chosenFrom[OpUpload] {
		h.touched = true
		return true
	}
	c := &e.choosers[OpUpload]
	k := &c.classes[classOf(size)]
	before := *k
	i, measure := c.pick(size, *h, !e.probing)
	if p := &c.paths[i]; measure || p.mapped || size > p.piece {
		*k = before
		return false
	}
	h.touched = true
	return true
}
