package buffers

import (
	"math/bits"
	"time"
)

// chooser picks the fastest path for one operation by what was measured of it.
//
// Sizes fall into classes, each four times the one below. In a class each path is tried until it was
// measured twice, every second turn; then the fastest is taken, and every exploreEvery turns another, so
// that a path that has become faster is found. The rate of a path is the best of its last few
// measurements: other work on the GPU makes a transfer look slower than it is and never faster.
type chooser struct {
	paths   []path
	classes [classCount]sizeClass
}

const (
	classCount   = 5
	exploreEvery = 64
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

func (e *estimate) rate() float64 {
	if e.hung {
		return 0
	}
	best := 0.0
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
	return min((bits.Len64(size/smallest)-1)/2, classCount-1)
}

// pick chooses a path for size bytes, and says whether its time is worth measuring. Only where it can be
// measured is anything but the fastest path taken.
func (c *chooser) pick(size uint64, measurable bool) (index int, measure bool) {
	if size < smallest {
		return 0, false
	}
	if !measurable {
		return c.best(size), false
	}
	k := &c.classes[classOf(size)]
	k.turns++
	if k.turns%2 == 0 {
		if i := c.untried(k, size); i >= 0 {
			return i, true
		}
	}
	if k.turns%exploreEvery == 0 {
		return c.other(k, size), true
	}
	best := c.best(size)
	k.doubt = max(k.doubt-1, 0)
	return best, k.seen[best].n < window || k.turns%measureEvery == 0 || k.doubt > 0
}

// best is the fastest path for size, or the default where nothing is known.
func (c *chooser) best(size uint64) int {
	best, rate := 0, 0.0
	for i := range c.paths {
		if r := c.rate(i, size); c.paths[i].suits(size) && r > rate {
			best, rate = i, r
		}
	}
	if rate == 0 && c.classes[classOf(size)].seen[best].hung {
		return c.notHung(size)
	}
	return best
}

func (c *chooser) notHung(size uint64) int {
	for i := range c.paths {
		if c.paths[i].suits(size) && !c.classes[classOf(size)].seen[i].hung {
			return i
		}
	}
	return 0
}

// rate is what is known of path i for size, from the nearest class in which it was measured.
func (c *chooser) rate(i int, size uint64) float64 {
	at := classOf(size)
	for distance := range classCount {
		for _, k := range [2]int{at - distance, at + distance} {
			if k >= 0 && k < classCount && c.classes[k].seen[i].n > 0 {
				return c.classes[k].seen[i].rate()
			}
		}
	}
	return 0
}

// untried is a path that was not measured often enough in k, or -1.
func (c *chooser) untried(k *sizeClass, size uint64) int {
	for i := range c.paths {
		if c.paths[i].suits(size) && k.seen[i].n < enough && !k.seen[i].hung {
			return i
		}
	}
	return -1
}

// other is the next path in turn.
func (c *chooser) other(k *sizeClass, size uint64) int {
	for range c.paths {
		k.next = (k.next + 1) % len(c.paths)
		if c.paths[k.next].suits(size) {
			break
		}
	}
	return k.next
}

// learn takes note that path i moved size bytes in d.
func (c *chooser) learn(i int, size uint64, d time.Duration) {
	k := &c.classes[classOf(size)]
	rate := float64(size) / max(d, time.Microsecond).Seconds()
	if rate < k.seen[i].rate()/2 {
		k.doubt = max(k.doubt, window)
	}
	k.seen[i].add(rate)
}

// hang takes note that path i does not come to an end; it is left alone until it was seen to.
func (c *chooser) hang(i int, size uint64) { c.classes[classOf(size)].seen[i].hung = true }
