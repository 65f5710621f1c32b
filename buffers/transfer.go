package buffers

// transfer moves bytes to device memory. It is the one place where the path is chosen.
type transfer struct{ sys *System }

// write copies m to dst ahead of everything submitted later. The lock need not be held.
func (t *transfer) write(dst Buffer, offset uint64, m Memory) error {
	return t.sys.queue.WriteBuffer(dst, offset, m)
}
