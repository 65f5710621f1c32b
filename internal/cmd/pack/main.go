// Command pack makes a WebAssembly module of Go's smaller in transfer, in place:
//
//	go run ./internal/cmd/pack web/gpubuffers.wasm
//
// It joins the data segments: the linker leaves out runs of zeros, and the addresses of the tens of
// thousands of segments that remain take more room, compressed, than the zeros did. And it drops what
// package runtime knows of functions for the text of a panic and for runtime.Caller alone: names, files,
// lines and arguments. Of the names of its own functions "runtime." stays: by that it knows its goroutines.
package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pack: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: pack FILE.wasm")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(path string) error {
	module, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	packed, err := pack(module)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, packed, 0o644)
}

func pack(module []byte) ([]byte, error) {
	sections, err := parse(module)
	if err != nil {
		return nil, err
	}
	for i := range sections {
		s := &sections[i]
		if s.id != dataSection {
			continue
		}
		image, err := joinSegments(s.body)
		if err != nil {
			return nil, err
		}
		if err := shrink(image.bytes); err != nil {
			return nil, err
		}
		s.body = image.encode()
	}
	return encode(sections), nil
}
