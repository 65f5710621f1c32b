package main

import (
	"bytes"
	"slices"
	"strings"
)

// dropNames keeps only the parts of the functions' names that package runtime looks at, each once.
func (t *funcTable) dropNames(functions []function) error {
	offsets := map[string]uint32{"": 0}
	kept := []byte{0}
	for _, f := range functions {
		name, err := t.name(f)
		if err != nil {
			return err
		}
		short := shortName(name)
		offset, ok := offsets[short]
		if !ok {
			offset = uint32(len(kept))
			offsets[short] = offset
			kept = append(append(kept, short...), 0)
		}
		f.set(nameAt, offset)
	}
	if len(kept) > len(t.names) {
		return errTable
	}
	clear(t.names[copy(t.names, kept):])
	return nil
}

func (t *funcTable) allNames(functions []function) ([]string, error) {
	names := make([]string, len(functions))
	for i, f := range functions {
		name, err := t.name(f)
		if err != nil {
			return nil, err
		}
		names[i] = name
	}
	return names, nil
}

func (t *funcTable) name(f function) (string, error) {
	offset := f.word(nameAt)
	if uint64(offset) >= uint64(len(t.names)) {
		return "", errTable
	}
	name, _, ok := bytes.Cut(t.names[offset:], []byte{0})
	if !ok {
		return "", errTable
	}
	return string(name), nil
}

// The parts of functions' names that package runtime looks at itself.
const (
	own       = "runtime." // the start by which isSystemGoroutine knows its goroutines
	ofPointer = ".(*"      // in the name of a pointer's method, which panicwrap takes apart
	methodOf  = ".(*).x"   // the shortest name that it takes
)

// whole are the functions whose arguments getStackMap in package runtime finds by their whole name.
var whole = []string{"reflect.makeFuncStub", "reflect.methodValueCall"}

func shortName(name string) string {
	switch {
	case slices.Contains(whole, name):
		return name
	case strings.HasPrefix(name, own):
		return own
	case strings.Contains(name, ofPointer) && len(name) >= len(methodOf):
		return methodOf
	}
	return ""
}
