// Command mutants plants each fault of tests/mutants, one at a time and beside the tree, and runs the test that has
// to turn red. It fails if one stays green, or cannot be planted.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"
)

const folder = "tests/mutants"

func main() {
	only := flag.String("only", "", "plant only the faults whose area, file or words match")
	list := flag.Bool("list", false, "plant nothing, but say which faults could not be planted")
	inNode := flag.String("node", "", "the command that runs js/wasm tests in Node")
	workers := flag.Int("workers", runtime.NumCPU(), "how many faults are tried at a time")
	flag.Parse()

	faults, err := pick(*only)
	exitOn(err)
	if failed := verifyAll(faults); failed > 0 || *list {
		fmt.Printf("%d faults, %d of them do not apply\n", len(faults), failed)
		os.Exit(min(failed, 1))
	}
	r := &runner{inNode: *inNode}
	exitOn(r.green(faults))
	if !r.all(faults, *workers) {
		os.Exit(1)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
}

func pick(only string) ([]fault, error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	faults, err := load(os.DirFS("."), folder)
	return slices.DeleteFunc(faults, func(f fault) bool {
		return !pattern.MatchString(f.area + " " + f.file + " " + f.what)
	}), err
}

// verifyAll prints the faults that do not apply, and returns how many they are.
func verifyAll(faults []fault) (failed int) {
	for i := range faults {
		if err := faults[i].verify(os.DirFS(".")); err != nil {
			fmt.Printf("%s/%s.txt: %s: %v\n", folder, faults[i].area, faults[i].what, err)
			failed++
		}
	}
	return failed
}

// all tries the faults and prints a line for each, and reports whether all of them turned red.
func (r *runner) all(faults []fault, workers int) bool {
	start := time.Now()
	outcomes := make(chan outcome)
	next := make(chan *fault)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for f := range next {
				outcomes <- r.try(f)
			}
		})
	}
	go func() {
		for i := range faults {
			next <- &faults[i]
		}
		close(next)
		wg.Wait()
		close(outcomes)
	}()
	red := 0
	for o := range outcomes {
		fmt.Println(o)
		if o.red() {
			red++
		}
	}
	fmt.Printf("%d of %d faults turned their tests red, in %v\n", red, len(faults), time.Since(start).Round(time.Second))
	return red == len(faults)
}
