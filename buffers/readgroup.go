package buffers

import "github.com/gpubuffers/gpubuffers/buffers/gpu"

// Groups of copies besides [Vouched]. Sources are kept apart by who can make their copies void.
const (
	// shared: buffers of the System that were handed out.
	shared = 1
	// single: from here on, each source has a group of its own. It is foreign, or so new that its creation may have
	// failed.
	single = 2
)

// copyGroups gives single sources their groups: a buffer for as long as reads are placed, a texture for each read.
type copyGroups struct {
	of   map[Buffer]int
	last int
}

// groupOf is the group of x's copies.
func (b *readBelt) groupOf(x *reading) int {
	switch src := x.src.(type) {
	case nil:
		return b.groups.ofTexture(x)
	case *DeviceBuffer:
		if src.held.sys == b.sys {
			return b.groupOfOwn(src.core.current.Load())
		}
	case *mappable:
		if src.held.sys == b.sys {
			return shared
		}
	}
	if x.hold != nil {
		return b.groupOfOwn(&x.hold.currentBuffer)
	}
	return b.groups.ofBuffer(x.src)
}

func (b *readBelt) groupOfOwn(src *currentBuffer) int {
	switch {
	case src.handed.Load():
		return shared
	case src.serial > b.sys.confirmed:
		return b.groups.ofBuffer(src.Buffer)
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

// createBuffer makes a buffer of the device and takes note of how new it is.
func (s *System) createBuffer(d *Descriptor) (*currentBuffer, error) {
	b, err := s.device.CreateBuffer(d)
	if err != nil {
		return nil, err
	}
	s.created++
	return &currentBuffer{Buffer: b, serial: s.created}, nil
}

// confirm is called when something has settled that was asked for when serial buffers had been created: whatever is
// wrong with one of these is known by now.
func (s *System) confirm(serial uint64) { s.confirmed = max(s.confirmed, serial) }
