package model

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var (
	programs = flag.Int("programs", 1000, "how many programs are drawn")
	first    = flag.Uint64("first", 0, "the seed of the first")
	length   = flag.Int("length", 60, "how many operations each has")
)

func TestDrawnPrograms(t *testing.T) {
	operations := 0
	for i := range *programs {
		p := Draw(rand.New(rand.NewPCG(*first+uint64(i), 0)), *length)
		check(t, p)
		operations += len(p.Ops) + len(finale) + len(ending)
	}
	t.Logf("%d programs, %d operations", *programs, operations)
}

// TestFoundPrograms performs programs that have failed once.
func TestFoundPrograms(t *testing.T) {
	eachProgram(t, "testdata/programs/*.txt", check)
}

// eachProgram is a test of each program of some files.
func eachProgram(t *testing.T, pattern string, test func(*testing.T, Program)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no programs", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			test(t, p)
		})
	}
}

// check performs a program. Where it fails it prints the shortest that does.
func check(t *testing.T, p Program) {
	t.Helper()
	if err := Run(t, p); err != nil {
		report(t, p, err)
	}
}

// report ends a test with the shortest program that fails as p does.
func report(t *testing.T, p Program, err error) {
	t.Helper()
	p, err = shortest(t, p, err)
	t.Fatalf("%v\n%s", err, p)
}

// tries is how often a program is performed that has failed once, but not again: which of several goroutines goes
// first is a matter of luck.
const tries = 20

func shortest(t *testing.T, p Program, err error) (Program, error) {
	n := 1
	if Run(t, p) == nil {
		n = tries
	}
	p = Shrink(p, func(q Program) bool {
		for range n {
			if again := Run(t, q); again != nil {
				err = again
				return true
			}
		}
		return false
	})
	return p, err
}
