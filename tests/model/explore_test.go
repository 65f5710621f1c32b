package model

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

var (
	share  = flag.String("explore", "", "explore this share of all small programs, as in 0/1 or 3/16")
	sample = flag.Int("small", 6000, "how many small programs are performed of each length otherwise")
)

// TestSmallPrograms explores all small programs, or a sample: every so many of them, in the order of their numbers. On
// one processor goroutines that are woken together run in an order that the program has chosen: the one that was woken
// last, and then the others as they began to wait. (The race detector has them run in any order.)
func TestSmallPrograms(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	worlds := smallWorlds()
	t.Logf("%d worlds of %d kinds", len(worlds), worldSize)
	t.Run("of four operations", func(t *testing.T) { exploreAll(t, []space{ofAllKinds()}) })
	t.Run("of six operations", func(t *testing.T) { exploreAll(t, worlds) })
}

func exploreAll(t *testing.T, spaces []space) {
	all, performed := 0, 0
	for _, s := range spaces {
		all += s.size()
		perform := func(p Program) int { performed++; return performSmall(t, p, performed) }
		if *share == "" {
			sampled(s, *sample/len(spaces), perform)
		} else {
			from, to := shareOf(t, s.size())
			s.explore(from, to, perform)
		}
	}
	t.Logf("performed %d of %d small programs", performed, all)
}

// sampled performs n programs that are equally far apart.
func sampled(s space, n int, perform func(Program) int) {
	for i := range n {
		number := i * (s.size() / n)
		s.explore(number, number+1, perform)
	}
}

// shareOf is the share of n numbers that the flag asks for.
func shareOf(t *testing.T, n int) (from, to int) {
	var i, of int
	if _, err := fmt.Sscanf(*share, "%d/%d", &i, &of); err != nil || i < 0 || i >= of {
		t.Fatalf("%q is no share: %v", *share, err)
	}
	return n * i / of, n * (i + 1) / of
}

// again is of how many small programs one is performed twice.
const again = 1000

func performSmall(t *testing.T, p Program, number int) (idle int) {
	did, err := runIn(t, p)
	if err != nil {
		report(t, p, err)
	}
	if number%again == 0 && *share != "" {
		if same, _ := runIn(t, p); !slices.Equal(same.ends, did.ends) {
			t.Fatalf("%v and then %v of\n%s", did.ends, same.ends, p)
		}
	}
	return did.idle
}
