package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// Slots of the small world.
const (
	systems      = 2
	deviceSlots  = 2 // buffers: DeviceBuffers,
	rawSlot      = 2 // one made on the device itself,
	adoptedSlot  = 3 // that one as another owner sees it,
	mappableSlot = 4 // and MappableBuffers
	bufferSlots  = 6
	stagingSlots = 4
	immediates   = 2 // of those
	pairs        = 2 // of readback buffers, dynamic buffers, textures, encoders of the program's own, actors
	encoderSlots = pairs + systems
)

// encoderLists are the lists that a submit takes.
var encoderLists = [][]int{{}, {0}, {1}, {0, 1}, {0, 0}}

// Model is what the documents say of a world. Whatever is sent is done at once, in order.
type Model struct {
	on        Surface
	world     Args
	systems   [systems]*system
	buffers   [bufferSlots]*object
	staging   [stagingSlots]*staging
	readbacks [pairs]*readback
	dynamics  [pairs]*dynamic
	textures  [pairs]*storage
	transfers [pairs]*transfer // by actor
	encoders  [pairs]*encoder
	retired   []*storage // replaced by a Grow
	pending   []*call
	asked     []*read // not sent yet
	givenUp   int     // bytes of reads that failed while others were under way

	lost   bool
	losing bool // in the operation that is begun
	held   bool // the GPU stands still
	idle   bool // it has done all that it was given
	armed  bool // the next creation fails
	faults bool // creations or maps were made to fail
	doubt  bool // one may have failed without a word, and nobody knows which
	stuck  bool // memory is staged for an encoder that is never submitted
}

type system struct {
	gone     bool
	frame    *encoder // the frame that is open, or nil
	alive    [6]int   // holdings by kind,
	made     [6]int   // all of them,
	most     [6]int   // and the most at a time
	seen     Counts   // the last
	pool     storage  // the storage of staged data
	submits  uint64
	up, down uint64 // bytes that were moved
	largest  int    // an upper bound of its chunks

	calibrates bool // or did, which moves bytes too
}

// holding is an object that a system has made. It counts until it is destroyed.
type holding struct {
	system int // or outside
	kind   buffers.Kind
	gone   bool
}

// outside is the system of objects that are made on the device itself.
const outside = -1

func (m *Model) hold(system int, kind buffers.Kind) *holding {
	if system != outside {
		s := m.systems[system]
		s.alive[kind]++
		s.made[kind]++
		s.most[kind] = max(s.most[kind], s.alive[kind])
	}
	return &holding{system: system, kind: kind}
}

func (m *Model) drop(h *holding) {
	if h.gone {
		return
	}
	h.gone = true
	if h.system != outside {
		m.systems[h.system].alive[h.kind]--
	}
}

// of is the code with which a call on h fails, or "".
func (m *Model) of(h *holding) string {
	if h.gone {
		return "destroyed"
	}
	return m.unusable(h.system)
}

// storage is memory of the GPU.
type storage struct {
	cells   []cell
	usage   buffers.Usage
	state   buffers.State
	owner   *storage // the storage itself, if this one is adopted
	missing bool     // there was no memory for it; that comes to light later
	retired bool     // by a Grow: destroyed by a submit to come,
	fading  bool     // or by one that was
}

// cell is a byte, or unknown.
type cell int16

const unknown cell = -1

func pattern(seed, size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + i>>8*13 + seed*31 + 1)
	}
	return p
}

func known(p []byte) []cell {
	cells := make([]cell, len(p))
	for i, b := range p {
		cells[i] = cell(b)
	}
	return cells
}

func unknowns(n int) []cell { return slices.Repeat([]cell{unknown}, n) }

// differ names the first byte that is not the wanted one.
func differ(got []byte, want []cell) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d bytes, want %d", len(got), len(want))
	}
	for i, b := range got {
		if want[i] != unknown && want[i] != cell(b) {
			return fmt.Errorf("byte %d of %d is %d, want %d", i, len(got), b, want[i])
		}
	}
	return nil
}

// object is a buffer as the program has it; a Grow gives it another storage.
type object struct {
	*storage
	*holding
	mode    buffers.MapMode
	from    int    // of the mapped range
	mapped  []cell // the range
	mapping *call
	growths []growth
}

type growth struct {
	old   *storage
	fails bool // the old storage comes back
}

// call is an operation that was begun.
type call struct {
	Op
	wrong  []string             // it must fail with one of these, unless there are none
	may    []string             // or it may fail with these
	done   func(r Result) error // takes its success
	failed func()               // takes its failure
	must   string               // why it waits no longer
	about  []any                // whose destruction ends it
	target *object              // of an upload:
	at     int                  // the range
	size   int                  //
	spoilt bool                 // others have written there meanwhile

	creates      bool    // a staging buffer, which may count already
	of, need     int     // it may wait for so much memory of a system
	brings       int     // bytes, for a read
	begins       *system // a frame of it
	waitsForSend bool
}

// refused is a call that must fail with one of the codes; "" is none.
func (m *Model) refused(wrong ...string) *call {
	c := &call{}
	c.refuse(wrong...)
	return c
}

func (c *call) refuse(wrong ...string) {
	for _, code := range wrong {
		if code != "" {
			c.wrong = append(c.wrong, code)
		}
	}
}

// waits is a call that ends with the objects that it is about.
func (m *Model) waits(c *call, about ...any) *call {
	c.about = append(c.about, about...)
	return c
}

// needs lets a call for mappable memory of a system end as the budget says.
func (m *Model) needs(c *call, system, size int) {
	budget, chunk := m.world[Budget], chunkOf(size)
	m.systems[system].largest = max(m.systems[system].largest, chunk)
	if budget == 0 {
		return
	}
	if m.world[Policy] != 0 || chunk > budget {
		c.may = append(c.may, "budget")
	}
	c.of, c.need = system, max(c.need, chunk)
}

// atOnce is for calls that wait for memory only in Go.
func (m *Model) atOnce(c *call) {
	if m.on >= Functions && m.world[Budget] != 0 {
		c.may = append(c.may, "budget")
	}
}

// chunkOf is an upper bound of the memory that is made for size bytes.
func chunkOf(size int) int {
	chunk := 4096
	for chunk < size {
		chunk *= 2
	}
	return chunk
}

func when(is bool, code string) string {
	if is {
		return code
	}
	return ""
}

// unusable is the code with which a call on a system fails, or "".
func (m *Model) unusable(i int) string {
	if i >= 0 && m.systems[i].gone {
		return "destroyed"
	}
	return when(m.lost, "device-lost")
}

func (m *Model) lostCode() string { return when(m.lost, "device-lost") }

// Begin notes that an operation was begun.
func (m *Model) Begin(o Op) *call {
	armed := m.armed
	asleep := o.Kind.Name == "sleep" && o.Args[Millis] >= longest
	c := o.Kind.Model(m, o)
	if armed && m.armed {
		m.armed, m.doubt = false, m.world[LateErrors] == 1
	}
	m.idle = !m.held && (m.world[Latency] == 0 || asleep)
	if frame := o.Args[Encoder] - pairs; frame >= 0 {
		c.may = append(c.may, m.unusable(frame))
	}
	c.Op = o
	m.pending = append(m.pending, c)
	return c
}

// longest is the sleep in milliseconds in which the GPU does all that it can be given.
const longest = 12000

var errUnsent = errors.New("it brings something before it is sent")

// End takes the result of a call.
func (m *Model) End(c *call, r Result) error {
	m.pending = slices.DeleteFunc(m.pending, func(other *call) bool { return other == c })
	m.asked = slices.DeleteFunc(m.asked, func(x *read) bool {
		if x.call == c && m.on == Module { // it begins a read at the end of the task, if it can
			_, fails := x.take()
			c.may = append(c.may, fails)
		}
		return x.call == c
	})
	if m.faults {
		c.may = append(c.may, "out-of-memory", "validation")
	}
	if m.lost || m.losing { // all else may be found out first, or not
		c.may = append(c.may, "device-lost")
		if m.on >= Functions { // maps are the browser's
			c.may = append(c.may, "map-aborted", "not-mapped")
		}
		if m.on == Module { // a task may go on before it begins its reads
			c.may = append(c.may, when(c.Kind.Signal, "destroyed"))
		}
	}
	if err := c.judge(r); err != nil {
		return fmt.Errorf("%v: %w", c.Op, err)
	}
	return nil
}

func (c *call) judge(r Result) error {
	if r.Skipped {
		return nil
	}
	if r.Code == "" && len(c.wrong) == 0 {
		if c.done == nil {
			return nil
		}
		return c.done(r)
	}
	if r.Code == "" {
		return fmt.Errorf("no error, want %q", c.wrong)
	}
	if !slices.Contains(c.wrong, r.Code) && !slices.Contains(c.may, r.Code) {
		return fmt.Errorf("error %q, want %q, or perhaps %q", r.Code, c.wrong, c.may)
	}
	if c.failed != nil {
		c.failed()
	}
	return nil
}

// end makes the calls about an object settle now, perhaps with a code.
func (m *Model) end(why, code string, about any) {
	for _, c := range m.pending {
		if about == nil || slices.Contains(c.about, about) {
			c.must = why
			c.may = append(c.may, code)
		}
	}
}

// Overdue is the error of a call that waits though it must not.
func (m *Model) Overdue() error {
	for _, c := range m.pending {
		if c.must != "" {
			return fmt.Errorf("%v: %w, though %s", c.Op, ErrWaits, c.must)
		}
		if m.idle && !m.mayWait(c) {
			return fmt.Errorf("%v: %w, though nothing is left to wait for", c.Op, ErrWaits)
		}
	}
	return nil
}

// holds is an upper bound of the mappable memory of a system that the program keeps from others.
func (m *Model) holds(system int) (bytes int) {
	if m.stuck || slices.ContainsFunc(m.transfers[:], func(t *transfer) bool { return t != nil && t.system == system }) {
		return math.MaxInt32
	}
	for _, s := range m.staging {
		if s != nil && s.system == system && s.writable && !s.gone {
			bytes += m.chunk(s)
		}
	}
	for _, e := range append(m.encoders[:], m.systems[0].frame, m.systems[1].frame) {
		if e != nil && !e.ended {
			bytes += e.staged[system]
		}
	}
	for _, o := range m.buffers[mappableSlot:] {
		if o != nil && o.system == system && !o.gone {
			bytes += len(o.cells)
		}
	}
	for _, d := range m.dynamics {
		if d != nil && d.system == system && !d.gone && d.page >= leastMapped {
			bytes += 8 * d.page
		}
	}
	return bytes
}

// leastMapped is the least that a frame moves through mapped memory.
const leastMapped = 128 << 10

// store puts cells into a storage.
func (m *Model) store(s *storage, at int, cells []cell) {
	if m.doubt {
		cells = unknowns(len(cells))
	}
	for _, c := range m.pending {
		if c.covers(s, at, len(cells)) {
			c.spoilt = true
			cells = unknowns(len(cells))
		}
	}
	for _, t := range m.transfers {
		if t.covers(s, at, len(cells)) {
			t.spoilt = true
			cells = unknowns(len(cells))
		}
	}
	copy(s.real().cells[at:], cells)
}

// covers reports whether an upload brings something to a range.
func (c *call) covers(s *storage, at, size int) bool {
	return c.target != nil && c.target.storage == s && at < c.at+c.size && c.at < at+size
}

// real is the storage that is adopted, or s.
func (s *storage) real() *storage {
	if s.owner != nil {
		return s.owner
	}
	return s
}

// void reports whether commands with s have no effect: its owner has destroyed it, or there is no memory.
func (s *storage) void() bool {
	return s.real().missing || s.real().state == buffers.Destroyed
}

func (s *storage) seen() buffers.State {
	if s.owner != nil && s.state == buffers.Ready && s.owner.state != buffers.Destroyed {
		return s.owner.state
	}
	return s.state
}

// unfit is the code if the GPU cannot use s now, or "".
func (s *storage) unfit() string {
	switch s.seen() {
	case buffers.Destroyed:
		return "destroyed"
	case buffers.Mapped:
		return "mapped"
	case buffers.MapPending:
		return "map-pending"
	}
	return ""
}

func (s *storage) lacks(usage buffers.Usage) string { return when(!s.usage.Has(usage), "usage") }

// beyond is the code if a range is not within s, or "".
func (s *storage) beyond(at, size int) string {
	return when(at > len(s.cells) || size > len(s.cells)-at, "range")
}

func misaligned(n ...int) string {
	return when(slices.ContainsFunc(n, func(n int) bool { return n%4 != 0 }), "alignment")
}

// lenient lets a call go either way if its storage has no memory, which the device may not know yet, or if a Grow has
// replaced the storage.
func (c *call) lenient(m *Model, all ...*storage) *call {
	for _, s := range all {
		if s.missing && m.idle {
			c.refuse("out-of-memory")
		}
		if s.missing || m.doubt {
			c.may = append(c.may, "out-of-memory", "validation")
		}
		if s.fading {
			c.may = append(c.may, "destroyed")
		}
	}
	return c
}

// Seen is the visible state of a world between operations.
type Seen struct {
	Sizes [deviceSlots]int // of DeviceBuffers, -1 if there is none or it is destroyed
	Stats [systems]Counts
}

// Counts are those of a system's Stats that the model knows.
type Counts struct {
	Kinds                                       [6]buffers.KindStats // in the order of [buffers.Kinds]
	LatencyMax                                  time.Duration
	Mappable, Held, BytesUp, BytesDown, Submits uint64
	MapsPending                                 int
}

// Check compares the visible state with the model.
func (m *Model) Check(seen *Seen) error {
	for i, size := range seen.Sizes {
		if err := m.checkSize(m.buffers[i], size); err != nil {
			return fmt.Errorf("buffer %d: %w", i, err)
		}
	}
	for i, s := range m.systems {
		if err := m.checkCounts(i, &seen.Stats[i]); err != nil && !s.gone {
			return fmt.Errorf("system %d: %w", i, err)
		}
	}
	return nil
}

// mayWait reports whether a call may wait while the GPU has nothing to do.
func (m *Model) mayWait(c *call) bool {
	return c.waitsForSend || c.need > 0 && m.holds(c.of)+c.need > m.world[Budget]
}

// AtRest compares the visible state when nothing waits and nothing is held.
func (m *Model) AtRest(seen *Seen) error {
	for _, c := range m.pending {
		if !m.mayWait(c) {
			return fmt.Errorf("%v: %w at the end", c.Op, ErrWaits)
		}
	}
	for i, s := range m.systems {
		if stats := seen.Stats[i]; !s.gone && !m.lost && m.holds(i) == 0 && stats.Mappable+stats.Held+uint64(stats.MapsPending) > 0 {
			return fmt.Errorf("system %d: %w: %d bytes of mappable memory, %d held, %d maps at the end", i, ErrWaits, stats.Mappable, stats.Held, stats.MapsPending)
		}
	}
	return nil
}

// checkSize finds out whether a Grow has failed since.
func (m *Model) checkSize(o *object, size int) error {
	if o == nil || o.state == buffers.Destroyed || size < 0 {
		return nil
	}
	if len(o.cells) == size {
		if o.failing() && m.idle && !m.lost {
			return fmt.Errorf("it has %d bytes, for which there is no memory", size)
		}
		return nil
	}
	for i := len(o.growths) - 1; i >= 0 && (o.failing() || m.doubt); i-- {
		g := o.growths[i]
		o.fading = true
		o.storage, o.growths = g.old, o.growths[:i]
		o.retired, o.fading = false, false
		if len(o.cells) == size {
			return nil
		}
	}
	return fmt.Errorf("it has %d bytes, want %d", size, len(o.cells))
}

// failing reports whether a Grow turns out to have failed.
func (o *object) failing() bool {
	return slices.ContainsFunc(o.growths, func(g growth) bool { return g.fails })
}

func (m *Model) checkCounts(i int, stats *Counts) error {
	s := m.systems[i]
	creating := slices.ContainsFunc(m.pending, func(c *call) bool { return c.creates })
	for _, kind := range buffers.Kinds() {
		got := &stats.Kinds[kind]
		if got.Count != s.alive[kind] && !creating {
			return fmt.Errorf("%d of %v, want %d", got.Count, kind, s.alive[kind])
		}
		if exact := kind == buffers.KindDevice || kind == buffers.KindReadback; exact && (got.Peak != s.most[kind] || got.Created != uint64(s.made[kind])) ||
			got.Peak < s.most[kind] || got.Created < uint64(s.made[kind]) || got.PeakBytes < max(got.Bytes, s.seen.Kinds[kind].PeakBytes) {
			return fmt.Errorf("%+v of %v, want %d made and %d at a time, and the most bytes", *got, kind, s.made[kind], s.most[kind])
		}
	}
	if stats.LatencyMax < s.seen.LatencyMax {
		return fmt.Errorf("a map took %v at most, and %v before", stats.LatencyMax, s.seen.LatencyMax)
	}
	s.seen = *stats
	var bytes [2]uint64 // of DeviceBuffers and MappableBuffers
	for slot, o := range m.buffers {
		if o != nil && o.system == i && !o.gone {
			bytes[slot/mappableSlot] += uint64(len(o.cells))
		}
	}
	if got := [...]uint64{stats.Kinds[buffers.KindDevice].Bytes, stats.Kinds[buffers.KindMappable].Bytes}; got != bytes {
		return fmt.Errorf("%d bytes of DeviceBuffers and MappableBuffers, want %d", got, bytes)
	}
	exact := m.on != Module && !s.calibrates // the ES module reads whole words, and bytes that several reads ask for once
	if stats.Submits < s.submits || stats.BytesUp < s.up || exact && stats.BytesDown != s.down {
		return fmt.Errorf("%d submits, %d bytes up, %d down, want %d and %d at least, and %d", stats.Submits, stats.BytesUp, stats.BytesDown, s.submits, s.up, s.down)
	}
	return nil
}
