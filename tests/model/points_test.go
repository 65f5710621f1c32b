package model

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

var (
	pointed  = flag.Int("pointed", 4, "of how many drawn programs every call fails in turn")
	firstOne = flag.Uint64("firstpointed", 0, "the seed of the first")
)

// TestEveryCallOfThePatternsFails has each call on the device fail in turn, in the four patterns.
func TestEveryCallOfThePatternsFails(t *testing.T) {
	eachProgram(t, "testdata/patterns/*.txt", func(t *testing.T, p Program) {
		for p.World[Notifies] = range 2 {
			t.Logf("failed %d calls", failEach(t, p))
		}
	})
}

// TestEveryCallOfDrawnProgramsFails is the same for drawn programs.
func TestEveryCallOfDrawnProgramsFails(t *testing.T) {
	n := 0
	for i := range *pointed {
		n += failEach(t, Draw(rand.New(rand.NewPCG(*firstOne+uint64(i), 1)), *length))
	}
	t.Logf("failed %d calls of %d programs", n, *pointed)
}

// failEach performs a program once for each fault at each call, and returns how often.
func failEach(t *testing.T, p Program) (n int) {
	t.Helper()
	did, err := runIn(t, p)
	if err != nil {
		report(t, p, err)
	}
	for _, fault := range faultsOf(did.calls) {
		q := p
		q.World[Fault], q.World[LateErrors] = fault.fault, fault.late
		if fault.fault == slowMap {
			q.World[Latency] = max(1, q.World[Latency]) // it may wait for it
		}
		for q.World[Point] = 1; q.World[Point] <= int(fault.calls); q.World[Point]++ {
			n++
			check(t, q)
		}
	}
	return n
}

type faultAt struct {
	fault, late int
	calls       uint64
}

// faultsOf are the faults that calls can suffer: there is no memory, which comes to light at once or late, a
// map fails or is slow, the GPU refuses a read's copies, and the device is lost.
func faultsOf(c memory.Calls) []faultAt {
	return []faultAt{{failsCreation, 0, c.Creations}, {failsCreation, 1, c.Creations}, {failsMap, 0, c.Maps},
		{slowMap, 0, c.Maps}, {refusesCopies, 0, c.Scoped}, {losesDevice, 0, c.All}}
}
