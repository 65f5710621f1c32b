// Command arrows checks that the module's imports point down its layers only,
// and that files for the browser are named and tagged so. It reads every file
// for every platform, so that one run proves both.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("dir", ".", "root of the module")
	flag.Parse()
	broken, err := run(*dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "arrows:", err)
		os.Exit(2)
	}
	for _, line := range broken {
		fmt.Println(line)
	}
	if len(broken) > 0 {
		os.Exit(1)
	}
}

func run(dir string) ([]string, error) {
	t, err := load(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	return t.check(), nil
}
