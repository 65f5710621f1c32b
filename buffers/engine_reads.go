package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// readGuide cuts reads by the engine's measurements.
type readGuide struct {
	engine   *engine
	asked    bool          // for the cost of a copy
	copyCost time.Duration // of one more copy in a submit; 0 if it was not measured
	// fixedChunks has reads cut as [Options].ChunkSize says.
	fixedChunks bool
}

var _ guide = (*readGuide)(nil)

// cut chooses how a read that is sent now is cut, alone or among others.
func (g *readGuide) cut(x *reading, alone bool) cut {
	if g.sharesChunk(x.size) {
		return cut{piece: g.engine.shared.options.ChunkSize, depth: ringDepth, path: -1}
	}
	taken := g.engine.choosers[OpReadback].Take(x.size, choice.History{}, alone && x.tellsOfPath())
	p := &paths[OpReadback][taken.Path]
	most := g.engine.shared.budget.limit / uint64(p.Depth) &^ 255
	return cut{min(p.Piece, most), p.Depth, taken.Path, taken.Measure}
}

// sharesChunk reports whether a read of size bytes shares chunks of the common size, instead of being cut by a path.
func (g *readGuide) sharesChunk(size uint64) bool {
	return size <= g.engine.shared.options.ChunkSize/4 || g.fixedChunks
}

// manyReads at a time make it worth measuring the cost of a copy.
const manyReads = 48

// expectReads has the cost of a copy measured, once, if there are many reads at a time: not beside the first of them,
// which would wait for it.
func (g *readGuide) expectReads(n int) {
	if n >= manyReads && g.copyCost == 0 && !g.asked {
		g.asked = true
		g.engine.prober.whenIdle(OpReadback, func() bool { return true }, func(begun bool) { g.asked = begun })
	}
}

// nearby is the widest gap between two ranges that one copy covers at less cost than two copies.
func (g *readGuide) nearby() uint64 {
	if g.copyCost == 0 {
		return 4096
	}
	rate := g.engine.choosers[OpReadback].Rate(0, 1<<20)
	return min(max(uint64(rate*g.copyCost.Seconds()), 256), 256<<10)
}

// arrived implements guide.
func (g *readGuide) arrived(x *reading) { g.engine.learn(OpReadback, x.path, x.size, x.started.age()) }

// setCopyCost locks.
func (g *readGuide) setCopyCost(d time.Duration) {
	g.engine.shared.mu.Lock()
	defer g.engine.shared.mu.Unlock()
	g.copyCost = d
}
