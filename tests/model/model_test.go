package model

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var (
	programs = flag.Int("programs", 300, "how many programs are drawn")
	first    = flag.Uint64("first", 0, "the seed of the first")
	length   = flag.Int("length", 60, "how many operations each has")
)

func TestDrawnPrograms(t *testing.T) {
	for i := range *programs {
		seed := *first + uint64(i)
		check(t, Draw(rand.New(rand.NewPCG(seed, 0)), *length))
	}
}

// tries is how often a program that failed is tried again: which of several goroutines runs first is a matter of luck.
const tries = 20

// check performs a program. Where it fails it prints the shortest that does.
func check(t *testing.T, p Program) {
	t.Helper()
	err := Run(t, p)
	if err == nil {
		return
	}
	p = Shrink(p, func(q Program) bool {
		for range tries {
			if again := Run(t, q); again != nil {
				err = again
				return true
			}
		}
		return false
	})
	t.Fatalf("%v\n%s", err, p)
}
