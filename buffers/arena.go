package buffers

import "sync"

// arenaLimit is the most bytes that the arenas of all dynamic buffers may have. Memory that Go cannot
// have ends the program, and a 32-bit address space ends early.
const arenaLimit = 512 << 20

// arenas is the CPU memory that dynamic buffers are written through. One that is given back is kept for
// the next buffer of its size: whoever still holds a view of it, as a page in a browser can, then writes
// into what nobody reads, and not into other objects of the heap.
var arenas struct {
	mu    sync.Mutex
	bytes uint64 // taken, and free
	free  map[uint64][][]byte
}

// takeArena returns size bytes, or nil where they would exceed the limit.
func takeArena(size uint64) []byte {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	if list := arenas.free[size]; len(list) > 0 {
		arenas.free[size] = list[:len(list)-1]
		return list[len(list)-1]
	}
	if size > arenaLimit-arenas.bytes {
		dropArenas()
	}
	if size > arenaLimit-arenas.bytes {
		return nil
	}
	arenas.bytes += size
	return make([]byte, size)
}

// dropArenas leaves the free arenas to the garbage collector. The lock is held.
func dropArenas() {
	for size, list := range arenas.free {
		arenas.bytes -= size * uint64(len(list))
	}
	clear(arenas.free)
}

// giveArena takes an arena back.
func giveArena(arena []byte) {
	arenas.mu.Lock()
	defer arenas.mu.Unlock()
	if arenas.free == nil {
		arenas.free = map[uint64][][]byte{}
	}
	size := uint64(len(arena))
	arenas.free[size] = append(arenas.free[size], arena)
}
