package buffers

import "time"

// keptWrites are queue writes that the host keeps: see gpu.Flusher. It is told to flush long ones that follow each other, so that
// the GPU moves some while the program makes the next.
type keptWrites struct {
	shared  *shared
	bytes   uint64 // that may not be flushed yet,
	at      moment // and when they were enough for that
	untold  bool   // the host is not told
	touched moment // when memory was last written to for the first time
}

// flushAfter is how many bytes are flushed at a time. With SwiftShader 32 writes of 768 KiB in a row take 223 us each so, and 256 us
// without; 8 of 3 MiB 773 and 1,211 (measured).
const flushAfter = 1 << 20

// flushFrom is the size of a write ahead of which they are. On a discrete GPU 128 writes of 64 KiB take 26 us each so, and 38 us
// without; 256 of 16 KiB 9.5 and 9.2. With SwiftShader the former take 26 and 21 us, and 64 of 256 KiB 73 and 80 (measured).
func (k *keptWrites) flushFrom() uint64 {
	if k.shared.isGPU {
		return 32 << 10
	}
	return 128 << 10
}

// settling is how long transfers are neither measured nor flushed once memory was written to for the first time. The GPU clears
// the whole of it, at a tenth of the rate of later writes (measured with SwiftShader), and what follows waits for that.
const settling = 20 * time.Millisecond

// write writes m by the queue.
func (k *keptWrites) write(dst Buffer, offset uint64, m Memory) error {
	if k.bytes >= flushAfter {
		k.flush(m.Size())
	}
	if err := k.shared.queue.WriteBuffer(dst, offset, m); err != nil {
		return err
	}
	if k.bytes += m.Size(); k.bytes >= flushAfter {
		k.at = now()
	}
	return nil
}

// flush flushes what was written just now before a write of size bytes, if that is long. The program has paused since what is older,
// most likely. While a processor touches new memory a flush takes more time than it saves. The load of a scene into new buffers takes
// a discrete GPU 32 ms with flushes, and 54 without (measured).
func (k *keptWrites) flush(size uint64) {
	f, isSettled := k.shared.flusher, k.shared.isGPU || k.touched.age() >= settling
	if f != nil && !k.untold && size >= k.flushFrom() && k.at.age() < together && isSettled {
		f.Flush()
	}
	k.bytes = 0
}
