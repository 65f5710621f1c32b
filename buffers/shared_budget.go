package buffers

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// BudgetPolicy says what a call does if the budget has no room for the mappable memory that it needs:
//
//	                                        BudgetWait           BudgetFail   BudgetFallback
//	DeferredStagingBuffer.Map, MapAsync     waits                ErrBudget    ErrBudget
//	NewImmediateStagingBuffer, Reset        waits                ErrBudget    ErrBudget
//	Upload, UploadMemory, Upload.Write      waits                ErrBudget    goes by queue writes
//	reads                                   wait                 ErrBudget    ErrBudget
//	NewMappableBuffer                       ErrBudget            ErrBudget    ErrBudget
//	DeviceBuffer.Write, updates of frames   queue writes         queue writes queue writes
//
// A wait lasts until memory is given back or the context ends; then the error is [ErrBudget] around that of the
// context. A call that needs more than the whole budget fails with [ErrBudget] at once, except that an upload goes by
// queue writes. An upload needs room for one chunk. Under each policy it waits for its chunks that the GPU still uses.
type BudgetPolicy uint8

const (
	// BudgetWait waits until memory is given back, or the context ends.
	BudgetWait BudgetPolicy = iota
	// BudgetFail fails with [ErrBudget] at once.
	BudgetFail
	// BudgetFallback takes a path that needs no mappable memory. If there is none, it fails with [ErrBudget].
	BudgetFallback
)

// budget counts the bytes of mappable memory of a System. The System's lock guards it.
type budget struct {
	freed       func() // called when memory was given back
	limit, used uint64
	policy      BudgetPolicy
}

// reserve takes n bytes, or reports that they are not free.
func (b *budget) reserve(n uint64) bool {
	if !b.has(n, 0) {
		return false
	}
	b.used += n
	return true
}

// has reports whether n bytes are free, or will be when coming bytes are back.
func (b *budget) has(n, coming uint64) bool { return n <= b.limit && b.used-coming <= b.limit-n }

func (b *budget) release(n uint64) {
	b.used -= n
	b.freed()
}

// refuse is the error for n bytes that are not free.
func (b *budget) refuse(op, label string, n uint64, cause error) error {
	detail := gpu.Decimal(n) + " bytes of mappable memory are not free: " + gpu.Decimal(b.used) + " of the budget of " + gpu.Decimal(b.limit) + " are in use"
	if n > b.limit {
		detail = gpu.Decimal(n) + " bytes of mappable memory can never be had: the budget is " + gpu.Decimal(b.limit)
	}
	return &Error{Op: op, Label: label, Reason: ErrBudget, Cause: cause, Detail: detail}
}

// waits reports whether the policy is to wait for n bytes.
func (b *budget) waits(n uint64) bool { return b.policy == BudgetWait && n <= b.limit }
