// Command compress writes FILE.br and FILE.gz beside every FILE in a folder
// that is worth compressing.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	dir := flag.String("dir", "web", "folder whose files are compressed")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	start := time.Now()
	written, err := compressAll(root)
	for _, line := range written {
		fmt.Println("compressed", line)
	}
	if len(written) > 0 {
		fmt.Printf("compressed %d files in %v\n", len(written), time.Since(start).Round(time.Millisecond))
	}
	return err
}
