package buffers

// AllowHostWrite checks a write of size bytes at offset that the host makes itself next, by a queue write
// of its own API, and counts it. It is false where the write would be refused, or is large enough for
// another path: then WriteMemory says why, or does it.
func (b *DeviceBuffer) AllowHostWrite(offset, size uint64) bool {
	s := b.held.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	if size == 0 || size >= smallest || b.held.check("write") != nil || CheckWrite(b.Unwrap(), offset, size) != nil {
		return false
	}
	s.stats.BytesUp += size
	return true
}
