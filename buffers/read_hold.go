package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// hold is GPU memory that keeps the bytes of reads until there is a chunk for them.
type hold struct {
	currentBuffer
	readings  int // readings copied from it
	idleSince moment
}

// readHolds are the holds of the read belt. Together they have at most as many bytes as the budget of mappable memory.
type readHolds struct {
	shared *shared
	idle   []*hold
	bytes  uint64
}

func (h *hold) since() moment { return h.idleSince }

func (h *hold) size() uint64 { return h.Size() }

// free is the number of bytes that a new hold may have.
func (p *readHolds) free() uint64 {
	used := p.bytes
	for _, h := range p.idle {
		used -= h.Size()
	}
	return min(p.shared.budget.limit-min(p.shared.budget.limit, used), p.shared.limits.MaxBufferSize) &^ 3
}

// take returns a hold of at least size bytes. That many are free.
func (p *readHolds) take(size uint64) (*hold, error) {
	if i := bestFit(p.idle, size); i >= 0 {
		h := p.idle[i]
		p.idle = remove(p.idle, i)
		return h, nil
	}
	size = min(chunkSize(size), p.free())
	if p.bytes+size > p.shared.budget.limit {
		p.trim(latest)
	}
	h := &hold{}
	if err := p.shared.createBuffer(Descriptor{Label: "read copy", Size: size, Usage: UsageCopySrc | UsageCopyDst}, &h.currentBuffer); err != nil {
		return nil, err
	}
	p.bytes += size
	return h, nil
}

// leave is called when a reading no longer needs the hold; nil is none. Later submits may use the hold again: the GPU
// goes in order.
func (p *readHolds) leave(h *hold) {
	if h == nil {
		return
	}
	if h.readings--; h.readings > 0 {
		return
	}
	if p.shared.lost != nil || !h.Valid() {
		p.drop(h)
		return
	}
	h.idleSince = now()
	p.idle = append(p.idle, h)
	p.shared.tend()
}

func (p *readHolds) drop(h *hold) {
	p.bytes -= h.Size()
	h.Destroy()
}

func (p *readHolds) trim(before moment) (oldest moment) {
	p.idle, oldest = trim(p.idle, before, p.drop)
	return oldest
}

// refuse is the error of a read that has no memory when it is sent.
func (p *readHolds) refuse(label string, n uint64) error {
	return gpu.NewError("read", label, ErrBudget, "no mappable memory is free, and a copy of "+gpu.Decimal(n)+
		" bytes on the GPU would exceed the budget of "+gpu.Decimal(p.shared.budget.limit))
}
