package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// Groups of copies besides [Vouched]. They keep sources apart by who can make their copies void.
const (
	// handedOut: buffers of the System whose native object was handed out.
	handedOut = 1
	// single: from here on, each source has a group of its own. It is foreign, or so new that its creation may have
	// failed.
	single = 2
)

// copyGroups numbers the groups of single sources: one for a buffer while reads are placed, one for each read of a
// texture.
type copyGroups struct {
	shared *shared
	of     map[Buffer]int
	last   int
}

// made is a buffer that a System has made. behind is the device's buffer behind it now, or nil if others can destroy
// it.
type made interface {
	Held
	behind() *currentBuffer
}

// groupOf returns the group of x's copies.
func (g *copyGroups) groupOf(x *reading) int {
	if x.src == nil {
		return g.ofTexture(x)
	}
	if src, ok := x.src.(made); ok && src.holds().shared == g.shared {
		return g.ofOwn(src.behind())
	}
	if x.hold != nil {
		return g.ofOwn(&x.hold.currentBuffer)
	}
	return g.ofBuffer(x.src)
}

func (g *copyGroups) ofOwn(src *currentBuffer) int {
	switch {
	case src == nil || src.handed.Load():
		return handedOut
	case src.serial > g.shared.confirmed:
		return g.ofBuffer(src.Buffer)
	}
	return gpu.Vouched
}

func (g *copyGroups) ofBuffer(b Buffer) int {
	if n, met := g.of[b]; met {
		return n
	}
	if g.of == nil {
		g.of = map[Buffer]int{}
	}
	g.of[b] = g.next()
	return g.of[b]
}

func (g *copyGroups) ofTexture(x *reading) int {
	if x.group == 0 {
		return g.next()
	}
	return x.group
}

func (g *copyGroups) next() int {
	g.last = max(g.last, single-1) + 1
	return g.last
}

func (g *copyGroups) reset() { clear(g.of) }
