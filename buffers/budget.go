package buffers

import "context"

// BudgetPolicy says what happens when mappable memory would exceed the budget.
type BudgetPolicy uint8

const (
	// BudgetWait waits until memory is given back, or the context ends.
	BudgetWait BudgetPolicy = iota
	// BudgetFail fails with [ErrBudget] at once.
	BudgetFail
	// BudgetFallback takes a path that needs no mappable memory where there is one, and fails with
	// [ErrBudget] where there is none.
	BudgetFallback
)

// budget counts the bytes of mappable memory of a System. The System's lock guards it.
type budget struct {
	limit, used uint64
	policy      BudgetPolicy
	freed       chan struct{} // closed at the next release; nil while nobody waits
}

// reserve takes n bytes, or reports that they are not free.
func (b *budget) reserve(n uint64) bool {
	if !b.has(n) {
		return false
	}
	b.used += n
	return true
}

// has reports whether n bytes are free.
func (b *budget) has(n uint64) bool { return n <= b.limit && b.used <= b.limit-n }

func (b *budget) release(n uint64) {
	b.used -= n
	b.wake()
}

// wake lets everyone who waits look again.
func (b *budget) wake() {
	if b.freed != nil {
		close(b.freed)
		b.freed = nil
	}
}

// waitChannel is closed at the next release.
func (b *budget) waitChannel() <-chan struct{} {
	if b.freed == nil {
		b.freed = make(chan struct{})
	}
	return b.freed
}

// refuse is the error for n bytes that are not to be had.
func (b *budget) refuse(op, label string, n uint64, cause error) error {
	return &Error{Op: op, Label: label, Reason: ErrBudget, Cause: cause,
		Detail: number(n) + " bytes of mappable memory are not free: " + number(b.used) + " of the budget of " + number(b.limit) + " are in use"}
}

// waits reports whether a request of n bytes that was not free is worth waiting for.
func (b *budget) waits(ctx context.Context, n uint64) bool {
	return b.policy == BudgetWait && n <= b.limit && ctx.Err() == nil
}
