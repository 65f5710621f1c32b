// Command pack makes a WebAssembly module of Go's smaller in transfer, in place:
//
//	go run ./internal/cmd/pack web/gpubuffers.wasm
//
// It joins the data segments. The linker leaves out runs of zeros, but compressed, the addresses of the tens
// of thousands of segments that remain take more room than the zeros did: only long runs stay out. It drops the data on functions that
// only the text of a panic and runtime.Caller need: names, files, lines and arguments. Of the names of package
// runtime's own functions "runtime." stays: the package knows its goroutines by it. Numbers that grow from
// function to function are stored as differences, which a start function adds up. It leaves out the bodies of functions
// that no run of the module calls, and what only these read: see unusedParts, silent and powersOfTen.
//
//	go run ./internal/cmd/pack -parts build/parts.zip build/linked.wasm
//
// leaves the module as it is, and writes what it would be into an archive, taken apart: a file for the code of each package
// and for each kind of data. `make parts` builds one, and prints what the parts weigh.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pack: ")
	parts := flag.String("parts", "", "archive for the parts of the packed module")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: pack [-parts FILE.zip] FILE.wasm")
	}
	work := run
	if *parts != "" {
		work = func(path string) error { return runParts(path, *parts) }
	}
	if err := work(flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func runParts(path, archive string) error {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parts, err := partsOf(wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return writeParts(archive, parts)
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
