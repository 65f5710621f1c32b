// Command pack makes a WebAssembly module of Go's smaller in transfer, in place:
//
//	go run ./internal/cmd/pack web/gpubuffers.wasm
//
// It joins the data segments: the linker leaves out runs of zeros, and the addresses of the tens of
// thousands of segments that remain take more room, compressed, than the zeros did. And it drops what
// package runtime knows of functions for the text of a panic and for runtime.Caller alone: names, files,
// lines and arguments. Of the names of its own functions "runtime." stays: by that it knows its goroutines.
// Of what grows from function to function the differences are stored, which a start function adds up.
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
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	packed, err := pack(wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, packed, 0o644)
}

func pack(wasm []byte) ([]byte, error) {
	m, err := parse(wasm)
	if err != nil {
		return nil, err
	}
	if m.section(startSection) != nil {
		return wasm, nil // packed already: Go writes no such section
	}
	data := m.section(dataSection)
	if data == nil {
		return nil, errCut
	}
	memory, err := joinSegments(data.body)
	if err != nil {
		return nil, err
	}
	start, err := shrink(memory)
	if err != nil {
		return nil, err
	}
	data.body = memory.encode()
	if m, err = m.withStart(start); err != nil {
		return nil, err
	}
	return m.encode(), nil
}
