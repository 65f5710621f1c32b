// Command compress writes FILE.br and FILE.gz beside every FILE in a folder
// that is worth compressing.
//
//	go run ./compress -table parts.zip
//
// prints what the files of an archive weigh instead, as a table of Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	dir := flag.String("dir", "web", "folder whose files are compressed")
	quality := flag.Int("quality", best, "of brotli, from 0 to 11: the last takes thirty times as long as 5")
	archive := flag.String("table", "", "archive whose files are weighed, each by itself; nothing is written")
	flag.Parse()
	work := func() error { return run(*dir, *quality) }
	if *archive != "" {
		work = func() error { return weigh(*archive, os.Stdout) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

func run(dir string, quality int) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	start := time.Now()
	written, err := compressAll(root, quality)
	for _, line := range written {
		fmt.Println("compressed", line)
	}
	if len(written) > 0 {
		fmt.Printf("compressed %d files in %v\n", len(written), time.Since(start).Round(time.Millisecond))
	}
	return err
}
