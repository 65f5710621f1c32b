package choice

import (
	"math/bits"
	"time"
)

// Chooser picks the fastest path for one operation, by measurements.
//
// Sizes fall into classes, each four times the one below. The rate of a path in a class is the best of its last few
// measurements. Other work makes a transfer look slower than it is, and nothing makes it look faster. Two paths are
// compared in the nearest class in which both were measured, since rates grow with size.
type Chooser struct {
	paths    []Path
	from     uint64 // smallest size for which it picks another than the first
	presumes bool   // that mapped paths are the fastest, see Presume
	classes  [classCount]class
	count    uint64   // transfers of all classes; a long one counts several times
	moved    uint64   // bytes of them
	probes   int      // so far
	asked    bool     // for the first, once the program rests
	probeAt  uint64   // the count at which a probe is due,
	probeFor uint64   // and the bytes moved by then, at least
	interval uint64   // transfers until it is due again
	suspect  bool     // a path has become slow: a probe is due, and old rates may be wrong
	last     question // that Best was asked, since something was learned; zero if none was
	best     int      // what it answered
	lessons  uint     // how often something was learned
}

// Init has the Chooser choose from paths, the default first. It picks another for transfers of from bytes and more.
func (c *Chooser) Init(paths []Path, from uint64) { c.paths, c.from = paths, from }

// Presume has mapped paths count as the fastest until they were measured. Until each was measured often, its rate counts
// for more: new chunks are slow, and what is slow once is not chosen again for long.
func (c *Chooser) Presume() { c.presumes = true }

// headStart is how much more the rate of a presumed path counts. On a discrete GPU the first measurements gave 1.8 GB/s for
// a ring and 2.4 for queue writes; later ones 4.6 and 2.9 (measured).
const headStart = 1.5

// handicap is how many times as fast path i has to be than path j because one of them is presumed to be the fastest.
func (c *Chooser) handicap(i, j int, k *class) float64 {
	switch {
	case !c.presumes || c.paths[i].Mapped == c.paths[j].Mapped:
		return 1
	case c.paths[i].Mapped && c.known(k, i).n < window:
		return 1 / headStart
	case c.paths[j].Mapped && c.known(k, j).n < window:
		return headStart
	}
	return 1
}

// Choice is the path of a transfer.
type Choice struct {
	Path int
	// Measure says that the transfer is worth measuring.
	Measure bool
}

// turns are the transfers of a class that could be measured.
type turns struct {
	n     uint64
	doubt int             // transfers to measure, since the fastest path was slow
	next  int             // path to explore next
	tried [MaxPaths]uint8 // how often a path was explored at first
}

const (
	classCount   = 6
	exploreEvery = 64
	exploreFirst = 8
	measureEvery = 16
	enough       = 2
	outdated     = 4 // measurements after which what an earlier program has measured counts no more
	window       = 8
)

// class is the measurements of transfers of about one size.
type class struct {
	turns
	seen [MaxPaths]estimate
}

// estimate is the measurements of a path in a class.
type estimate struct {
	recent [window]float64 // bytes per second
	n      int             // measurements so far
	loaded int             // the first of them, which an earlier program made
	hung   bool            // one of this size or less did not end, and none of this size or more has since
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

// add takes a measurement, and reports whether earlier ones may have lost their weight by it.
func (e *estimate) add(rate float64) (settled bool) {
	e.recent[e.n%len(e.recent)] = rate
	e.n++
	if e.loaded > 0 && e.n >= e.loaded+outdated {
		clear(e.recent[:e.loaded])
		e.loaded = 0
		return true
	}
	return e.n > window
}

func classOf(size uint64) int {
	return min((bits.Len64(max(size, Smallest)/Smallest)-1)/2, classCount-1)
}

// Ask returns the choice that Take would make.
func (c *Chooser) Ask(size uint64, h History, measurable bool) Choice {
	choice, _ := c.choose(size, h, measurable)
	return choice
}

// Take chooses a path for size bytes, and counts the transfer. Only one that can be measured takes another path than the
// fastest: each exploreEvery-th, and each exploreFirst-th until its paths were measured, which may take new memory.
func (c *Chooser) Take(size uint64, h History, measurable bool) Choice {
	choice, after := c.choose(size, h, measurable)
	c.classes[classOf(size)].turns = after
	return choice
}

// choose returns a choice, and the turns of its class after it.
func (c *Chooser) choose(size uint64, h History, measurable bool) (Choice, turns) {
	k := &c.classes[classOf(size)]
	t := k.turns
	if size < c.from {
		return Choice{}, t
	}
	best := c.Best(size, h)
	if !measurable {
		return Choice{Path: best}, t
	}
	t.n++
	if i := c.explore(k, &t, size, h, best); i >= 0 {
		return Choice{i, true}, t
	}
	t.doubt = max(t.doubt-1, 0)
	return Choice{best, k.seen[best].n < window || t.n%measureEvery == 0 || t.doubt > 0}, t
}

// Best is the fastest path for size, or the first if nothing is known: the first mapped one if those are presumed.
func (c *Chooser) Best(size uint64, h History) int {
	asked := question{size, h}
	if c.last != asked {
		c.last, c.best = asked, c.findBest(size, h)
	}
	return c.best
}

// question is what Best depends on, besides what was learned.
type question struct {
	size    uint64
	history History
}

// changed is called when something was learned.
func (c *Chooser) changed() {
	c.last = question{}
	c.lessons++
}

// Lessons is how often something was learned. What it says of paths stays as it is meanwhile.
func (c *Chooser) Lessons() uint { return c.lessons }

func (c *Chooser) findBest(size uint64, h History) int {
	best := -1
	for i := range c.paths {
		if best >= 0 && h.Effect == Spoiling && h.spoilsWith(&c.paths[i]) {
			continue
		}
		if c.paths[i].Suits(size, h) && (best < 0 || c.faster(i, best, size, c.margin(i, best, h))) {
			best = i
		}
	}
	return best
}

// firstCopy is how many times as fast as queue writes a mapped path has to be for the first copy into a buffer, if nobody
// knows yet whether that spoils the buffer for good (see History).
const firstCopy = 3

// margin is how many times as fast path i has to be to be better than path j.
func (c *Chooser) margin(i, j int, h History) float64 {
	if h.spoilsWith(&c.paths[i]) && !c.paths[j].Mapped {
		return firstCopy
	}
	return 1
}

// faster reports whether path i is known to be faster than path j, by more than the margin.
func (c *Chooser) faster(i, j int, size uint64, margin float64) bool {
	at := &c.classes[classOf(size)]
	if at.seen[i].hung || at.seen[j].hung {
		return !at.seen[i].hung
	}
	if at.seen[i].n == 0 && at.seen[j].n >= enough && c.AtLeast(i, size) > c.handicap(i, j, at)*margin*at.seen[j].rate() {
		return true
	}
	k := c.nearest(size, func(k *class) bool { return c.known(k, i).n > 0 && c.known(k, j).n > 0 })
	switch {
	case k != nil:
		return c.known(k, i).rate() > c.handicap(i, j, k)*margin*c.known(k, j).rate()
	case c.presumes && c.paths[i].Mapped != c.paths[j].Mapped:
		return c.paths[i].Mapped
	}
	return c.Rate(j, size) == 0 && c.Rate(i, size) > 0
}

// known is the estimate of path i in a class. Until a mapped path was measured there, another mapped one stands for it.
func (c *Chooser) known(k *class, i int) *estimate {
	for j := 0; k.seen[i].n == 0 && c.paths[i].Mapped && j < len(c.paths); j++ {
		if c.paths[j].Mapped && k.seen[j].n > 0 {
			return &k.seen[j]
		}
	}
	return &k.seen[i]
}

// AtLeast is a lower bound of path i's rate for size, from smaller sizes; 0 is unknown.
func (c *Chooser) AtLeast(i int, size uint64) (rate float64) {
	for k := range classOf(size) {
		rate = max(rate, c.classes[k].seen[i].rate())
	}
	return rate
}

// nearest returns the class nearest to that of size for which holds is true, the smaller first, or nil.
func (c *Chooser) nearest(size uint64, holds func(*class) bool) *class {
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

// Rate is the rate of path i for size, from the nearest class in which it was measured; 0 is unknown.
func (c *Chooser) Rate(i int, size uint64) float64 {
	k := c.nearest(size, func(k *class) bool { return k.seen[i].n > 0 })
	if k == nil {
		return 0
	}
	return k.seen[i].rate()
}

// Measured is the rate of path i in the class of size; 0 if it was not measured there.
func (c *Chooser) Measured(i int, size uint64) float64 {
	return c.classes[classOf(size)].seen[i].rate()
}

// explore returns a path to try for this transfer instead of the best, or -1.
func (c *Chooser) explore(k *class, t *turns, size uint64, h History, best int) int {
	if t.n%exploreFirst == 0 {
		for i := range c.paths {
			if t.tried[i] < enough && k.seen[best].n >= enough && c.promises(i, size, h, best, unproven) {
				t.tried[i]++
				return i
			}
		}
	}
	if t.n%exploreEvery == 0 {
		for range c.paths {
			t.next = (t.next + 1) % len(c.paths)
			if t.next != best && c.promises(t.next, size, h, best, proven) {
				return t.next
			}
		}
	}
	return -1
}

// promises reports whether path i may turn out faster than the best, and may be tried on a transfer of the program's.
// A first copy may spoil a buffer (see History). So none is made to try it unless that was ruled out: else it is left to
// the prober. factor is how many times as slow it may be as far as was measured.
func (c *Chooser) promises(i int, size uint64, h History, best int, factor float64) bool {
	copies := h.spoilsWith(&c.paths[i]) && !c.paths[best].Mapped
	if i == best || !c.paths[i].Suits(size, h) || copies || c.classes[classOf(size)].seen[i].hung {
		return false
	}
	return c.Rate(i, size) == 0 || c.Rate(i, size) > c.Rate(best, size)/factor
}

const (
	// unproven is the factor for a path that no transfer of the program's has taken: what the prober has measured beside
	// other work may be far too slow.
	unproven = 8
	proven   = 2
)

const (
	// turnBytes of a transfer count as one further transfer.
	turnBytes = 16 << 20
	// probeAgain is the number of transfers of an operation after which its paths are measured anew.
	probeAgain = 1024
	// probeAgainBytes is how many bytes they have, at least: a probe moves 112 MiB.
	probeAgainBytes = 4 << 30
	// probeSoon is that number at first; it grows fourfold each time.
	probeSoon = 16
	// probeFirst is how many bytes a program has moved when its paths are measured at first, beside what it moves then. If it
	// rests sooner, they are measured then: beside a short burst both would take twice as long (measured).
	probeFirst = 64 << 20
)

// Due says whether the paths are to be measured by a probe.
type Due uint8

const (
	NotDue Due = iota
	DueNow
	// DueWhenIdle is for a probe that can wait until the program moves nothing.
	DueWhenIdle
)

// Probe counts a transfer of size bytes, and says whether a probe is due. After that the next is due after very many
// more. While the prober is busy, none is due.
func (c *Chooser) Probe(size uint64, busy bool) Due {
	if size < c.from {
		return NotDue
	}
	c.count += 1 + size/turnBytes
	c.moved += size
	if busy || c.count < c.probeAt || c.moved < c.probeFor && !c.suspect {
		return NotDue
	}
	if c.interval == 0 && c.moved < probeFirst {
		if c.asked {
			return NotDue
		}
		c.asked = true
		return DueWhenIdle
	}
	c.probeAt = c.count + probeAgain
	if c.interval == 0 || c.suspect {
		return DueNow
	}
	return DueWhenIdle
}

// Probed is called after paths were measured, of this operation or another.
func (c *Chooser) Probed(these bool) {
	c.probes++
	c.interval = min(max(4*c.interval, probeSoon), probeAgain)
	c.probeAt = c.count + c.interval
	if c.interval == probeAgain {
		c.probeFor = c.moved + probeAgainBytes
	}
	c.suspect = c.suspect && !these
}

// AwaitsFirst reports whether the first probe is due once the program rests.
func (c *Chooser) AwaitsFirst() bool { return c.asked && c.probes == 0 }

// Probes is how often paths were measured by a probe.
func (c *Chooser) Probes() int { return c.probes }

// IsSuspect reports whether the old rates may be wrong.
func (c *Chooser) IsSuspect() bool { return c.suspect }

// Load takes the rate of path i for the class of size as measured.
func (c *Chooser) Load(i int, size uint64, rate float64) {
	seen := &c.classes[classOf(size)].seen[i]
	c.ends(i, size)
	for range enough {
		seen.add(rate)
	}
	seen.loaded = min(seen.n, enough)
	c.changed()
	c.probeAt = c.count + probeAgain
}

// Rates yields the known rates: of a path, in a class whose smallest size is floor.
func (c *Chooser) Rates(yield func(i int, floor uint64, rate float64)) {
	for k := range c.classes {
		for i := range c.paths {
			if r := c.classes[k].seen[i].rate(); r > 0 {
				yield(i, classFloor(k), r)
			}
		}
	}
}

// Floor is the smallest size of the class of size.
func Floor(size uint64) uint64 { return classFloor(classOf(size)) }

// classFloor is the smallest size of a class.
func classFloor(class int) uint64 { return Smallest << (2 * class) }

// Learn records that path i moved size bytes in d. If the path has become slow for good, the prober is due.
func (c *Chooser) Learn(i int, size uint64, d time.Duration) {
	c.changed()
	k := &c.classes[classOf(size)]
	rate, before := rateOf(size, d), k.seen[i].rate()
	c.ends(i, size)
	if rate < before/2 {
		k.doubt = max(k.doubt, window)
	}
	if k.seen[i].add(rate) && k.seen[i].rate() < before/2 {
		c.probeAt, c.interval, c.suspect = c.count, probeAgain, true
	}
}

// Improves reports whether a measurement shows path i to be faster than its known rate.
func (c *Chooser) Improves(i int, size uint64, d time.Duration) bool {
	return rateOf(size, d) > c.classes[classOf(size)].seen[i].rate()
}

func rateOf(size uint64, d time.Duration) float64 {
	return float64(size) / max(d, time.Microsecond).Seconds()
}

// Forget drops the estimates of path i, before it is measured anew.
func (c *Chooser) Forget(i int) {
	c.changed()
	for k := range c.classes {
		c.classes[k].seen[i] = estimate{}
	}
}

// ForgetSize drops the estimates of path i for about size bytes.
func (c *Chooser) ForgetSize(i int, size uint64) {
	c.changed()
	c.classes[classOf(size)].seen[i] = estimate{}
}

// Hang records that a transfer of size bytes on path i does not end. For as many and more the path is left alone until it
// is measured again.
func (c *Chooser) Hang(i int, size uint64) {
	c.changed()
	for k := classOf(size); k < classCount; k++ {
		c.classes[k].seen[i].hung = true
	}
}

// ends takes note that transfers of size bytes on path i end.
func (c *Chooser) ends(i int, size uint64) {
	for k := range c.classes[:classOf(size)+1] {
		c.classes[k].seen[i].hung = false
	}
}
