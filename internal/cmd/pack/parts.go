package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
)

// part is bytes of a packed module that are there for the same reason.
type part struct {
	name string
	data []byte
}

// writeParts writes the parts into an archive, each as a file of its name.
func writeParts(path string, parts []part) error {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, p := range parts {
		f, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := f.Write(p.data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, archive.Bytes(), 0o644)
}

// partsOf packs a module, and takes the result apart: what is packed has no names any more.
func partsOf(wasm []byte) ([]part, error) {
	packed, err := pack(wasm)
	if err != nil {
		return nil, err
	}
	before, err := parse(wasm)
	if err != nil {
		return nil, err
	}
	after, err := parse(packed)
	if err != nil {
		return nil, err
	}
	memory, err := joinSegments(before.section(dataSection).body)
	if err != nil {
		return nil, err
	}
	t, err := findTable(memory)
	if err != nil {
		return nil, err
	}
	functions, err := t.functions()
	if err != nil {
		return nil, err
	}
	names, err := t.allNames(functions)
	if err != nil {
		return nil, err
	}
	codes, err := readCode(after.section(codeSection).body, nil)
	if err != nil {
		return nil, err
	}
	if memory, err = joinSegments(after.section(dataSection).body); err != nil {
		return nil, err
	}
	parts := slices.Concat(codeParts(codes, names), memoryParts(memory, t), otherParts(after))
	return slices.DeleteFunc(parts, func(p part) bool { return len(p.data) == 0 }), nil
}

// otherParts are the sections beside code and data.
func otherParts(m module) []part {
	rest := part{name: "what else a module has: exports, the table of functions"}
	for _, s := range m {
		if s.id != codeSection && s.id != dataSection {
			rest.data = append(rest.data, s.body...)
		}
	}
	return []part{rest}
}

// memoryParts are the data, by what the linker put where.
func memoryParts(memory *image, t *funcTable) []part {
	segments := memory.segments()
	from := func(first, end uint64) (data []byte) { // what the module has of the memory
		for _, s := range segments {
			low, high := max(first, s.address), min(end, s.address+uint64(len(s.data)))
			if low < high {
				data = append(data, s.data[low-s.address:high-s.address]...)
			}
		}
		return data
	}
	constants := from(memory.address, t.address)
	start, end := longestText(constants)
	values := t.index - uint64(len(t.values))
	data := t.buckets.first - uint64(len(t.data))
	return []part{
		{"data: types, for the collector, interfaces and maps", constants[:start]},
		{"data: texts", constants[start:end]},
		{"data: other constants", constants[end:]},
		{"tables: names of functions, of which hardly any is left", from(t.address, values)},
		{"tables: sizes and live variables of frames, by the place in the code", from(values, t.index)},
		{"tables: a record of each function", from(t.index, data)},
		{"tables: maps of frames, inlined calls", from(data, t.buckets.first)},
		{"tables: the function of a place in the code", from(t.buckets.first, t.end)},
		{"data: variables", from(t.end, memory.end())},
	}
}

// longestText finds the texts of a program: the linker puts them side by side, without a zero between them.
func longestText(p []byte) (start, end int) {
	for at := 0; at < len(p); {
		n := bytes.IndexByte(p[at:], 0)
		if n < 0 {
			n = len(p) - at
		}
		if n > end-start {
			start, end = at, at+n
		}
		at += n + 1
	}
	return start, end
}

// codeParts are the bodies, by the package of the function: the largest first.
func codeParts(bodies code, names []string) (parts []part) {
	byPackage := map[string][]byte{}
	for i, body := range bodies {
		of := "code: runtime" // the start function
		if i < len(names) {
			of = "code: " + packageOf(names[i])
		}
		byPackage[of] = append(byPackage[of], body...)
	}
	rest := part{name: "code: other packages"}
	for _, name := range slices.Sorted(maps.Keys(byPackage)) {
		if data := byPackage[name]; len(data) < small {
			rest.data = append(rest.data, data...)
		} else {
			parts = append(parts, part{name, data})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(len(b.data), len(a.data)) })
	return append(parts, rest)
}

// small is how many bytes of code make a package a part of its own.
const small = 5000

const project = "github.com/gpubuffers/gpubuffers/"

// packageOf gives the package of a function, as a reader of this project calls it.
func packageOf(function string) string {
	name := function
	for _, made := range []string{"type:.eq.", "type:.hash.", "go:"} {
		name = strings.TrimPrefix(name, made)
	}
	name = strings.TrimLeft(name, "*[]0123456789")
	if i := strings.IndexAny(name, "[({ "); i > 0 {
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return "runtime" // of assembly
	}
	name = name[:slash+dot]
	switch {
	case name == "main":
		return "wasm"
	case name == "":
		return "runtime"
	}
	return strings.TrimPrefix(name, project)
}
