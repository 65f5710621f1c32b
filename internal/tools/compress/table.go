package main

import (
	"archive/zip"
	"fmt"
	"io"
)

// weigh writes a line for each file of an archive, and one for all of them. Each is compressed by itself: together they are
// smaller.
func weigh(archive string, w io.Writer) error {
	files, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer files.Close()
	type row struct {
		name        string
		raw, brotli int
	}
	var rows []row
	all := row{name: "together"}
	for _, f := range files.File {
		content, err := read(f)
		if err != nil {
			return err
		}
		r := row{f.Name, len(content), len(brotliOf(content, best))}
		rows = append(rows, r)
		all.raw += r.raw
		all.brotli += r.brotli
	}
	fmt.Fprintln(w, "| part | raw, bytes | | brotli, bytes | |\n|---|---:|---:|---:|---:|")
	for _, r := range append(rows, all) {
		share := func(part, whole int) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(whole, 1))) }
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.name, grouped(r.raw), share(r.raw, all.raw), grouped(r.brotli), share(r.brotli, all.brotli))
	}
	return nil
}

func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// grouped is a number with a comma before each three digits.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
