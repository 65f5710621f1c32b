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

// check performs a program. Where it fails it prints the shortest that does.
func check(t *testing.T, p Program) {
	t.Helper()
	if Run(t, p) == nil {
		return
	}
	p = Shrink(p, func(q Program) bool { return Run(t, q) != nil })
	t.Fatalf("%v\n%s", Run(t, p), p)
}
