//go:build js && wasm

package main

import "github.com/gpubuffers/gpubuffers/buffers"

// handles is what JavaScript holds numbers of.
var handles table

// table gives objects out as numbers: index + generation * 2^24. Each use of an entry is another
// generation, so that a number is never that of two objects.
type table struct {
	entries []entry
	free    []uint32
}

type entry struct {
	object     any // nil if the entry is free
	owner      *system
	generation uint64
}

const (
	indexBits      = 24
	maxEntries     = 1 << indexBits
	lastGeneration = 1<<(53-indexBits) - 1 // a handle is a whole number of a double
)

func (t *table) add(owner *system, object any) float64 {
	i := t.place()
	e := &t.entries[i]
	e.object, e.owner = object, owner
	e.generation++
	return float64(e.generation<<indexBits | uint64(i))
}

func (t *table) place() uint32 {
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		return i
	}
	if len(t.entries) == maxEntries {
		panic("too many handles")
	}
	t.entries = append(t.entries, entry{})
	return uint32(len(t.entries) - 1)
}

// find returns the entry of a handle, or nil if it is no longer, or never was, one; stale tells which.
func (t *table) find(handle float64) (e *entry, stale bool) {
	n, ok := whole(handle)
	if !ok {
		return nil, false
	}
	i, generation := n&(maxEntries-1), n>>indexBits
	if i >= uint64(len(t.entries)) || generation == 0 || generation > t.entries[i].generation {
		return nil, false
	}
	e = &t.entries[i]
	if e.object == nil || e.generation != generation {
		return nil, true
	}
	return e, false
}

func (t *table) remove(handle float64) {
	e, _ := t.find(handle)
	if e == nil {
		return
	}
	e.object, e.owner = nil, nil
	if e.generation < lastGeneration {
		t.free = append(t.free, uint32(uint64(handle)&(maxEntries-1)))
	}
}

// removeOwned forgets everything of a system and hands each object to destroy.
func (t *table) removeOwned(owner *system, destroy func(any)) {
	for i := range t.entries {
		e := &t.entries[i]
		if e.owner != owner {
			continue
		}
		object := e.object
		t.remove(float64(e.generation<<indexBits | uint64(i)))
		destroy(object)
	}
}

// maker is the function that asked for the buffer whose creation failed with err, or "" if that is not known.
func (t *table) maker(err error) string {
	for _, e := range t.entries {
		b, ok := e.object.(buffers.Buffer)
		if !ok || b.Failure() != err {
			continue
		}
		d, ok := b.(deviceBuffer)
		switch {
		case !ok:
			return "createMappableBuffer"
		case d.Generation() > 0:
			return "grow"
		}
		return "createDeviceBuffer"
	}
	return ""
}
