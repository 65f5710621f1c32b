package buffers

import (
	"math/bits"
	"time"
)

// chooser picks the fastest path for one operation by what was measured of it.
//
// Sizes fall into classes, each four times the one below. The rate of a path in a class is the best of its last few
// measurements: other work makes a transfer look slower than it is, and nothing makes it look faster.
// Two paths are compared in the nearest class in which both were measured, since rates grow with size.
type chooser struct {
	paths   []path
	from    uint64 // size from which on it picks another than the first
	classes [classCount]sizeClass
	turns   uint64 // of all classes: transfers, of which a long one counts several times
	probeAt uint64 // the turn in which the prober is due
	soon    uint64 // after how many turns it was due again
	suspect bool   // it is due since a path has become slow: what was known is known no more
}

const (
	classCount   = 5
	exploreEvery = 64
	exploreFirst = 8
	measureEvery = 16
	enough       = 2
	window       = 8
)

type sizeClass struct {
	turns uint64
	doubt int // how many turns to measure, since the fastest path has been slow
	next  int // path to explore next
	seen  [maxPaths]estimate
}

// estimate is what is known of a path in a class.
type estimate struct {
	recent [window]float64 // bytes per second
	n      int             // how many measurements there were
	hung   bool            // the last one did not come to an end
}

func (e *estimate) rate() (best float64) {
	if e.hung {
		return 0
	}
	for _, r := range e.recent[:min(e.n, len(e.recent))] {
		best = max(best, r)
	}
	return best
}

func (e *estimate) add(rate float64) {
	e.recent[e.n%len(e.recent)] = rate
	e.n++
	e.hung = false
}

func classOf(size uint64) int {
	return min((bits.Len64(max(size, smallest)/smallest)-1)/2, classCount-1)
}

// pick chooses a path for size bytes, and says whether its time is worth measuring. Only where it can be
// measured is anything but the fastest path taken: every exploreEvery turns, and every exploreFirst until its likes were
// measured, which may take memory that is new.
func (c *chooser) pick(size uint64, h history, measurable bool) (index int, measure bool) {
	if size < c.from {
		return 0, false
	}
	best := c.best(size, h)
	if !measurable {
		return best, false
	}
	k := &c.classes[classOf(size)]
	k.turns++
	if i := c.explore(k, size, h, best); i >= 0 {
		return i, true
	}
	k.doubt = max(k.doubt-1, 0)
	return best, k.seen[best].n < window || k.turns%measureEvery == 0 || k.doubt > 0
}

// foresee is what pick would choose, which does not count as a turn.
func (c *chooser) foresee(size uint64, h history, measurable bool) (index int, measure bool) {
	k := &c.classes[classOf(size)]
	before := *k
	index, measure = c.pick(size, h, measurable)
	*k = before
	return index, measure
}

// best is the fastest path for size, or the first where nothing is known.
func (c *chooser) best(size uint64, h history) int {
	best := -1
	for i := range c.paths {
		if c.paths[i].suits(size, h) && (best < 0 || c.faster(i, best, size)) {
			best = i
		}
	}
	return best
}

// faster reports whether path i is known to be faster than path j.
func (c *chooser) faster(i, j int, size uint64) bool {
	at := &c.classes[classOf(size)]
	if at.seen[j].hung {
		return !at.seen[i].hung
	}
	if at.seen[i].n == 0 && at.seen[j].n >= enough && c.atLeast(i, size) > at.seen[j].rate() {
		return true
	}
	k := c.nearest(size, func(k *sizeClass) bool { return c.known(k, i).n > 0 && c.known(k, j).n > 0 })
	if k == nil {
		return c.rate(j, size) == 0 && c.rate(i, size) > 0
	}
	return c.known(k, i).rate() > c.known(k, j).rate()
}

// known is what is known of path i in a class. As long as a mapped path was not measured there, another one
// stands for it.
func (c *chooser) known(k *sizeClass, i int) *estimate {
	for j := 0; k.seen[i].n == 0 && c.paths[i].mapped && j < len(c.paths); j++ {
		if c.paths[j].mapped && k.seen[j].n > 0 {
			return &k.seen[j]
		}
	}
	return &k.seen[i]
}

// atLeast is how fast path i is for size, since it is as fast for less; 0 is not known.
func (c *chooser) atLeast(i int, size uint64) (rate float64) {
	for k := range classOf(size) {
		rate = max(rate, c.classes[k].seen[i].rate())
	}
	return rate
}

// nearest is the class nearest to that of size for which something holds, the smaller first, or nil.
func (c *chooser) nearest(size uint64, holds func(*sizeClass) bool) *sizeClass {
	at := classOf(size)
	for distance := range classCount {
		for _, k := range [2]int{at - distance, at + distance} {
			if k >= 0 && k < classCount && holds(&c.classes[k]) {
				return &c.classes[k]
			}
		}
	}
	return nil
}

// rate is what is known of path i for size, from the nearest class in which it was measured; 0 is nothing.
func (c *chooser) rate(i int, size uint64) float64 {
	k := c.nearest(size, func(k *sizeClass) bool { return k.seen[i].n > 0 })
	if k == nil {
		return 0
	}
	return k.seen[i].rate()
}

// explore is a path other than the best to try in this turn, or -1. It is like the best one, and promising.
func (c *chooser) explore(k *sizeClass, size uint64, h history, best int) int {
	if k.turns%exploreFirst == 0 {
		for i := range c.paths {
			if k.seen[i].n < enough && c.promises(i, size, h, best) {
				return i
			}
		}
	}
	if k.turns%exploreEvery == 0 {
		for range c.paths {
			k.next = (k.next + 1) % len(c.paths)
			if k.next != best && c.promises(k.next, size, h, best) {
				return k.next
			}
		}
	}
	return -1
}

// promises reports whether path i may turn out faster than the best, and may be tried on a transfer of the
// program's: those of the other kind are left to the prober, since they may be far slower, and a copy into a buffer
// may spoil it (see history).
func (c *chooser) promises(i int, size uint64, h history, best int) bool {
	if i == best || !c.paths[i].suits(size, h) || c.paths[i].mapped != c.paths[best].mapped || c.classes[classOf(size)].seen[i].hung {
		return false
	}
	return c.rate(i, size) == 0 || c.rate(i, size) > c.rate(best, size)/2
}

const (
	// turnBytes are those for which a transfer counts once more.
	turnBytes = 16 << 20
	// probeAgain is after how many transfers of an operation its paths are measured anew.
	probeAgain = 1024
	// probeSoon is the same for the first time; then it is four times as many each time.
	probeSoon = 16
)

// probed is called when paths were measured, of this operation or another.
func (c *chooser) probed(these bool) {
	c.soon = min(max(4*c.soon, probeSoon), probeAgain)
	c.probeAt = c.turns + c.soon
	c.suspect = c.suspect && !these
}

// learn takes note that path i moved size bytes in d. Where it has become slow for good, the prober is due.
func (c *chooser) learn(i int, size uint64, d time.Duration) {
	k := &c.classes[classOf(size)]
	rate, before := rateOf(size, d), k.seen[i].rate()
	if rate < before/2 {
		k.doubt = max(k.doubt, window)
	}
	k.seen[i].add(rate)
	if k.seen[i].n > window && k.seen[i].rate() < before/2 {
		c.probeAt, c.soon, c.suspect = c.turns, probeAgain, true
	}
}

// improves reports whether a measurement shows path i to be faster than is known.
func (c *chooser) improves(i int, size uint64, d time.Duration) bool {
	return rateOf(size, d) > c.classes[classOf(size)].seen[i].rate()
}

func rateOf(size uint64, d time.Duration) float64 {
	return float64(size) / max(d, time.Microsecond).Seconds()
}

// forget drops what is known of path i, before it is measured anew.
func (c *chooser) forget(i int) {
	for k := range c.classes {
		c.classes[k].seen[i] = estimate{}
	}
}

// hang takes note that path i does not come to an end; it is left alone until it was seen to.
func (c *chooser) hang(i int, size uint64) { c.classes[classOf(size)].seen[i].hung = true }
