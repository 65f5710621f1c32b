// Command arrows checks that the module's imports point down its layers only,
// and that files for the browser are named and tagged so. It reads every file
// for every platform, so that one run proves both.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", ".", "root of the module")
	flag.Parse()
	broken, counted, err := run(*dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "arrows:", err)
		os.Exit(2)
	}
	fmt.Println(counted)
	for _, line := range broken {
		fmt.Println(line)
	}
	if len(broken) > 0 {
		os.Exit(1)
	}
}

func run(dir string) (broken []string, counted string, err error) {
	t, err := load(os.DirFS(dir))
	if err != nil {
		return nil, "", err
	}
	uses, err := usesOf(filepath.Join(dir, core))
	if err != nil {
		return nil, "", err
	}
	lines, up := checkOrder(uses, rooms, upward)
	return append(t.check(), lines...), fmt.Sprintf("%d uses between files of the core, %d of them run up", len(uses), up), nil
}
