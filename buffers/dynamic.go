package buffers

import (
	"math"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/internal/choice"
)

// DynamicDescriptor describes a DynamicBuffer.
type DynamicDescriptor struct {
	Label string
	// Size is the number of bytes of updates that a page holds: a multiple of 4.
	Size uint64
	// Usage is how the GPU reads it: Uniform, Storage, Vertex, Index, Indirect. CopyDst is added.
	Usage Usage
	// MaxSlots is how many frames' data may exist at a time; 0 means 8.
	MaxSlots int
	// HostMemory makes size bytes of the host's memory, if the host writes the updates: see [Embedder.Memory]. Like the
	// methods of a [host.Sink] it must be short, and call nothing of the System. nil leaves the memory to Go.
	HostMemory func(size uint64) (Host, error)
}

// DynamicBuffer carries data that is new each frame: Update hands out pieces of an arena, and the next submit moves all
// pieces to the GPU at once.
//
// Each frame has a slot of its own, a GPU buffer for each page, so that nothing is written that the GPU still reads.
// There are three slots at first. A frame that finds all in use makes one more, up to MaxSlots; slots that stay
// unneeded are destroyed. A frame with more updates than a page holds opens a further page.
//
// Its methods may be called from several goroutines. The bytes of an [Allocation] are not guarded: the submit reads all
// of them, so a goroutine that still writes then races with it.
type DynamicBuffer struct {
	held *handle
	ring *dynamicRing
}

// Allocation is a piece of a DynamicBuffer for one update.
type Allocation struct {
	// Buffer and Offset say where the GPU finds it, from the submit on.
	Buffer Buffer
	Offset uint64
	// Bytes is the memory that the CPU writes. It holds what an earlier frame left there. It is nil if
	// [DynamicDescriptor].HostMemory made the memory.
	//
	// Every write must happen before the call of Submit or Discard that ends the frame, as the Go memory model has it.
	// A goroutine that writes during or after it races with the submit, and with the next update of that memory. After
	// Destroy nobody else has it.
	Bytes []byte
}

// dynamicRing is the part that outlives the handle until it is freed.
type dynamicRing struct {
	shared   *shared
	engine   *engine
	flights  *flights
	left     func(*dynamicRing) // called when it no longer takes part in submits
	held     *holding
	page     Descriptor // of each GPU buffer
	align    uint64
	host     func(size uint64) (Host, error) // makes arenas; nil if they are Go's
	maxSlots int
	history  choice.History // of the buffers of its slots
	pages    []*dynamicPage
	open     int // pages that the current slot uses
	slots    []*dynamicSlot
	current  *dynamicSlot // nil until the first update after a submit
	flushing flushing     // of its updates
	planned  bool         // how they go
	failure  error        // of the creation of a slot, or nil
}

// dynamicSlot is the GPU memory of one frame.
type dynamicSlot struct {
	buffers []Buffer // one a page
	serial  uint64   // of the submit that used it last, or ofOpenFrame,
	since   moment   // when that was
}

const (
	initialSlots = 3
	// ofOpenFrame is the serial of a slot that the open frame may refer to, though a submit within the frame has moved
	// its updates.
	ofOpenFrame = math.MaxUint64
)

// page returns the descriptor of a page's GPU buffer.
func (d *DynamicDescriptor) page(limits Limits) (Descriptor, error) {
	page := Descriptor{Label: d.Label, Size: d.Size, Usage: d.Usage | UsageCopyDst}
	if err := d.validate(); err != nil {
		return page, err
	}
	return page, page.Validate(limits)
}

func (d *DynamicDescriptor) validate() error {
	switch {
	case d.Usage == 0 || d.Usage&(UsageMapRead|UsageMapWrite) != 0:
		return gpu.NewError("create", d.Label, ErrUsage, "usage "+d.Usage.String()+" is not one the GPU reads a DynamicBuffer with")
	case d.Size%4 != 0:
		return gpu.NewError("create", d.Label, ErrAlignment, "size "+gpu.Decimal(d.Size)+" is not a multiple of 4")
	case d.MaxSlots < 0 || d.MaxSlots > 0 && d.MaxSlots < initialSlots:
		return gpu.NewError("create", d.Label, ErrRange, "a DynamicBuffer has at least "+gpu.Decimal(initialSlots)+" slots")
	}
	return nil
}

// updateAlignment is the device's alignment of dynamic offsets for the usage, at least 4.
func updateAlignment(u Usage, limits Limits) uint64 {
	align := uint64(4)
	if u.Has(UsageUniform) {
		align = max(align, limits.UniformOffsetAlignment)
	}
	if u.Has(UsageStorage) {
		align = max(align, limits.StorageOffsetAlignment)
	}
	return align
}

// fill makes the first slots and the first page.
func (r *dynamicRing) fill() error {
	for range initialSlots {
		if _, err := r.addSlot(); err != nil {
			return err
		}
	}
	return r.addPage("create")
}

func (r *dynamicRing) addSlot() (*dynamicSlot, error) {
	slot := &dynamicSlot{}
	if err := r.addBuffer(slot); err != nil {
		return nil, err
	}
	r.slots = append(r.slots, slot)
	return slot, nil
}

func (r *dynamicRing) addBuffer(slot *dynamicSlot) error {
	b, err := r.shared.device.CreateBuffer(&r.page)
	if err != nil {
		return err
	}
	slot.buffers = append(slot.buffers, b)
	r.held.resize(r.held.bytes + r.page.Size)
	return nil
}

func (b *DynamicBuffer) holds() *holding { return b.held.holding }

// Label returns the label that it was made with.
func (b *DynamicBuffer) Label() string { return b.held.label }

// PageSize is the number of bytes that one page holds.
func (b *DynamicBuffer) PageSize() uint64 { return b.ring.page.Size }

// Alignment is the alignment of each update's offset, in bytes.
func (b *DynamicBuffer) Alignment() uint64 { return b.ring.align }

// Destroy frees every slot once the GPU is done with it. Updates that are not submitted are lost.
func (b *DynamicBuffer) Destroy() { b.held.destroy() }

// Slots is how many frames' data can exist now.
func (b *DynamicBuffer) Slots() int {
	b.held.shared.mu.Lock()
	defer b.held.shared.mu.Unlock()
	return len(b.ring.slots)
}

// Update returns size bytes to be written for the next submit. More than a page holds is [ErrTooLarge]. If every slot
// is in use by the GPU and there can be no more, it is [ErrBusy]. BeginFrame prevents that if MaxSlots is at least
// [Options].MaxFramesInFlight. Each submit with updates in the middle of a frame takes one slot more, until the frame
// ends. If the device had no memory for a slot, the buffer does without it; a submit of updates in it is refused until
// a frame is discarded.
func (b *DynamicBuffer) Update(size uint64) (a Allocation, err error) {
	r := b.ring
	r.shared.mu.Lock()
	if page, offset, refused := r.allocate(size); refused != nil {
		err = refused
	} else {
		a = Allocation{r.current.buffers[page], offset, r.pages[page].bytes(offset, size)}
	}
	r.shared.mu.Unlock() // not deferred: it is called ten thousand times a frame
	return a, err
}

// allocate returns page and offset of a new piece of the current slot.
func (r *dynamicRing) allocate(size uint64) (page int, offset uint64, err error) {
	if r.current == nil { // the end of the buffer or of the System takes the slot away
		if err := r.held.check("update"); err != nil {
			return 0, 0, err
		}
	}
	if size == 0 || size > r.page.Size {
		return 0, 0, r.refuse(size)
	}
	if r.current == nil {
		if err := r.begin(); err != nil {
			return 0, 0, err
		}
	}
	offset = (r.latest().used + r.align - 1) &^ (r.align - 1)
	if offset > r.page.Size || size > r.page.Size-offset {
		if err := r.nextPage(); err != nil {
			return 0, 0, err
		}
		offset = 0
	}
	r.latest().used = offset + size
	return r.open - 1, offset, nil
}

// latest is the page of the latest update.
func (r *dynamicRing) latest() *dynamicPage { return r.pages[r.open-1] }

func (r *dynamicRing) refuse(size uint64) error {
	if size == 0 {
		return gpu.NewError("update", r.page.Label, ErrRange, "an update of 0 bytes")
	}
	return gpu.NewError("update", r.page.Label, ErrTooLarge, "an update of "+gpu.Decimal(size)+" bytes exceeds the page of "+gpu.Decimal(r.page.Size))
}

// begin takes a slot that the GPU is done with, or makes one, and its first page.
func (r *dynamicRing) begin() error {
	if r.dropFailed(); len(r.slots) == 0 {
		return r.failure
	}
	r.flights.poll()
	for _, slot := range r.slots { // the last of several: the others grow old
		if !r.isUsed(slot) {
			r.current = slot
		}
	}
	if r.current == nil {
		if err := r.grow(); err != nil {
			return err
		}
	}
	r.open = 0
	r.flushing, r.planned = flushing{op: OpFlush, began: now(), before: r.shared.stats.BytesUp}, false
	if len(r.flights.inFlight) == 0 {
		r.flushing.op = OpFrame
	}
	r.goOn()
	return nil
}

// dropFailed destroys the slots that turned out to have no memory. From then on there are never more than are left.
func (r *dynamicRing) dropFailed() {
	for i := len(r.slots) - 1; i >= 0; i-- {
		if err := r.slots[i].checkCreated(); err != nil {
			r.destroySlot(r.slots[i])
			r.slots = remove(r.slots, i)
			r.failure, r.maxSlots = err, len(r.slots)
		}
	}
}

func (s *dynamicSlot) checkCreated() error {
	for _, b := range s.buffers {
		if err := gpu.CheckCreated("update", b); err != nil {
			return err
		}
	}
	return nil
}

// grow makes a slot if all are in use.
func (r *dynamicRing) grow() error {
	if len(r.slots) >= r.maxSlots {
		return gpu.NewError("update", r.page.Label, ErrBusy, "all "+gpu.Decimal(uint64(len(r.slots)))+" slots are in use, by the GPU or the open frame")
	}
	slot, err := r.addSlot()
	r.current = slot
	r.shared.tend()
	if l := &r.shared.logger; err == nil && l.enabled(LevelInfo) {
		l.log(LevelInfo, "dynamic buffer grown", label("label", r.page.Label), count("slots", len(r.slots)), count("cap", r.maxSlots))
	}
	return err
}

// nextPage opens a further page of the current slot.
func (r *dynamicRing) nextPage() error {
	if r.open == len(r.pages) {
		if err := r.addPage("update"); err != nil {
			return err
		}
	}
	if r.open == len(r.current.buffers) {
		if err := r.addBuffer(r.current); err != nil {
			return err
		}
		if l := &r.shared.logger; l.enabled(LevelInfo) {
			l.log(LevelInfo, "dynamic buffer opened a page", label("label", r.page.Label), count("pages", r.open+1))
		}
	}
	r.goOn()
	return nil
}

func (r *dynamicRing) flush() error {
	for i, p := range r.pages[:r.open] {
		if err := r.flushPage(p, r.current.buffers[i]); err != nil {
			return err
		}
	}
	return nil
}

// submitted records the submit in the current slot, and in those of a frame that ends with it.
func (r *dynamicRing) submitted(serial uint64, at moment) {
	for _, slot := range r.slots {
		if slot == r.current || slot.serial == ofOpenFrame {
			slot.serial, slot.since = serial, at
		}
	}
	if r.current != nil {
		r.engine.flushed(&r.flushing)
	}
	r.current = nil
}

// discard drops the updates since the last submit.
func (r *dynamicRing) discard() {
	r.current = nil
	r.giveBackChunks()
}

// trim destroys the slots beyond the first ones that have been idle since before or longer.
func (r *dynamicRing) trim(before moment) (oldest moment) {
	oldest = latest
	for i := 0; i < len(r.slots) && len(r.slots) > initialSlots; {
		slot := r.slots[i]
		if r.isUsed(slot) || slot.since > before {
			oldest = min(oldest, slot.since)
			i++
			continue
		}
		r.destroySlot(slot)
		r.slots = remove(r.slots, i)
	}
	return oldest
}

// isUsed reports whether the program fills the slot, or the GPU reads it.
func (r *dynamicRing) isUsed(slot *dynamicSlot) bool {
	return slot == r.current || slot.serial > r.flights.done
}

func (r *dynamicRing) destroySlot(slot *dynamicSlot) {
	for _, b := range slot.buffers {
		b.Destroy()
		r.held.resize(r.held.bytes - r.page.Size)
	}
}

// free destroys everything, except the slots if they are released, and leaves the submits.
func (r *dynamicRing) free(f fate) {
	for _, slot := range r.slots {
		if f != released {
			r.destroySlot(slot)
		}
	}
	r.giveBackChunks()
	for _, p := range r.pages {
		p.free()
	}
	releaseArena(r.page.Size * uint64(len(r.pages)))
	r.slots, r.current, r.pages = nil, nil, nil
	if r.left != nil {
		r.left(r)
	}
}

// newDynamicBuffer makes one whose ring does not take part in submits yet.
func newDynamicBuffer(e *engine, flights *flights, d DynamicDescriptor, page Descriptor) (*DynamicBuffer, error) {
	s := e.shared
	ring := &dynamicRing{shared: s, engine: e, flights: flights, page: page, align: updateAlignment(d.Usage, s.limits),
		maxSlots: orDefault(d.MaxSlots, 8), host: d.HostMemory}
	held := s.hold(KindDynamic, d.Label, 0, ring.free)
	ring.held = held.holding
	if err := ring.fill(); err != nil {
		held.release()
		return nil, err
	}
	return &DynamicBuffer{held, ring}, nil
}
