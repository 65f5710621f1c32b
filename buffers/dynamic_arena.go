package buffers

import "sync/atomic"

// arenaLimit bounds the bytes of the arenas of all dynamic buffers, in Go's memory and the host's together. If Go
// cannot get memory, the program ends, and a 32-bit address space ends early.
const arenaLimit = 512 << 20

// arenas is the sum of their bytes.
var arenas atomic.Uint64

// reserveArena takes size bytes of the limit, or reports that they exceed it.
func reserveArena(size uint64) bool {
	if arenas.Add(size) <= arenaLimit {
		return true
	}
	releaseArena(size)
	return false
}

func releaseArena(size uint64) { arenas.Add(-size) }
