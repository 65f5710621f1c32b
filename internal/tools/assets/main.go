// Command assets makes the files of web/assets: a mesh from the npm package
// bunny, and a picture from nothing but numbers.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	bunny := flag.String("bunny", "", "index.js of the npm package bunny")
	out := flag.String("out", ".", "folder to write to")
	flag.Parse()
	if err := run(*bunny, *out); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(bunny, out string) error {
	source, err := os.ReadFile(bunny)
	if err != nil {
		return err
	}
	m, err := parseMesh(source)
	if err != nil {
		return err
	}
	m.normalize()
	if err := write(out, "bunny.bin", m.encode()); err != nil {
		return err
	}
	jpeg, err := encodePicture(1024)
	if err != nil {
		return err
	}
	return write(out, "picture.jpg", jpeg)
}

func write(dir, name string, data []byte) error {
	fmt.Printf("%s: %d bytes\n", name, len(data))
	return os.WriteFile(filepath.Join(dir, name), data, 0o644)
}
