// Command pack makes a WebAssembly module of Go's smaller in transfer, in place:
//
//	go run ./internal/cmd/pack web/gpubuffers.wasm
//
// It joins the data segments. The linker leaves out runs of zeros, but compressed, the addresses of the tens
// of thousands of segments that remain take more room than the zeros did. It drops the data on functions that
// only the text of a panic and runtime.Caller need: names, files, lines and arguments. Of the names of package
// runtime's own functions "runtime." stays: the package knows its goroutines by it. Numbers that grow from
// function to function are stored as differences, which a start function adds up. It leaves out the bodies of functions
// that no run of the module calls: see unusedParts.
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
	start, err := m.shrink(memory, unusedParts)
	if err != nil {
		return nil, err
	}
	data.body = memory.encode()
	if m, err = m.withStart(start); err != nil {
		return nil, err
	}
	return m.encode(), nil
}
