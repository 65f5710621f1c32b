package buffers

import "sync/atomic"

// arenaLimit is the most bytes that the arenas of all dynamic buffers may have, of Go's memory and of the host's
// together. Memory that Go cannot have ends the program, and a 32-bit address space ends early.
const arenaLimit = 512 << 20

// arenas is how many bytes they have.
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
