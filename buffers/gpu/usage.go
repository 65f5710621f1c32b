package gpu

// Usage is the set of uses of a buffer by the GPU and the CPU. The bits are this package's own; a backend translates
// them to its API's.
type Usage uint32

const (
	UsageVertex Usage = 1 << iota
	UsageIndex
	UsageUniform
	UsageStorage
	UsageCopySrc
	UsageCopyDst
	UsageMapRead
	UsageMapWrite
	UsageIndirect
	UsageQueryResolve

	usageAll = UsageQueryResolve<<1 - 1
)

var usageNames = [...]string{
	"Vertex", "Index", "Uniform", "Storage", "CopySrc", "CopyDst", "MapRead", "MapWrite", "Indirect", "QueryResolve",
}

// NameUsages names the bits of buffers and textures, in the order of the constants, as a host's programs know them.
// Errors use these names. It is called before anything else.
func NameUsages(buffer [len(usageNames)]string, texture [len(textureUsageNames)]string) {
	usageNames, textureUsageNames = buffer, texture
}

// Has reports whether every bit of want is set.
func (u Usage) Has(want Usage) bool { return u&want == want }

// String lists the bits by name, as in "Vertex|CopyDst".
func (u Usage) String() string { return bitNames(uint32(u), usageNames[:]) }

// bitNames lists the bits that are set by name.
func bitNames(bits uint32, names []string) string {
	if bits == 0 {
		return "None"
	}
	list := ""
	for i, name := range names {
		if bits&(1<<i) != 0 {
			list += "|" + name
		}
	}
	if bits>>len(names) != 0 {
		list += "|unknown bits"
	}
	return list[1:]
}

// MapMode says whether a mapping reads or writes.
type MapMode uint8

const (
	MapNone MapMode = iota
	MapRead
	MapWrite
)

func (m MapMode) String() string {
	switch m {
	case MapNone:
		return "None"
	case MapRead:
		return "Read"
	case MapWrite:
		return "Write"
	}
	return "unknown map mode"
}

// usage is the bit a buffer must carry to be mapped in this mode.
func (m MapMode) usage() Usage {
	switch m {
	case MapRead:
		return UsageMapRead
	case MapWrite:
		return UsageMapWrite
	}
	return 0
}
