//go:build js && wasm

package jsbridge

import "syscall/js"

// A Completion runs in the callback of a promise, so that a program's own
// state is settled before anything else runs. It is given the token of the
// call that it completes, and must not block for longer than a lock is held.
// If the call gave a channel, the channel then receives the completion's
// result. A completion kept in a variable costs no allocation a call.
type Completion func(token uint64, err error) error

// A Followup says what follows when a promise settles: Then is called with the
// token, the channel receives its result, and Notify is called unless it is nil.
type Followup struct {
	Token  uint64
	Then   Completion
	Notify func()
	// Quiet says that Then and Notify call [Wake] if they tell a goroutine
	// something, and that nobody waits for the channel. If it is not set,
	// goroutines run after each promise, at the cost of an event.
	Quiet bool
}

// MapAsyncThen is [Buffer.MapAsync] with a completion. If JavaScript throws at
// once, the error is returned and not completed.
func (b *Buffer) MapAsyncThen(mode MapMode, offset, size, token uint64, then Completion) (<-chan error, error) {
	return b.mapAsync(mode, part{offset, size}, token, then)
}

// WorkDoneThen is [Queue.WorkDone] with a followup in the channel's place. If
// JavaScript throws at once, the error is returned and not completed.
func (q *Queue) WorkDoneThen(then Followup) error {
	s := takeSlot()
	s.op, s.silent = &queueWorkDone, true
	s.follow(then)
	_, err := fusedWorkDone.call(q.v, s.plain, s.reject.Value)
	_, err = s.attached(err)
	return err
}

// PopErrorScopeThen is [Device.PopErrorScope] with a completion in the
// channel's place. If JavaScript throws at once, the error is returned and not
// completed.
func (d *Device) PopErrorScopeThen(token uint64, then Completion) error {
	promise, err := devicePopErrorScope.call(d.v)
	if err != nil {
		return err
	}
	s := takeSlot()
	s.op, s.convert, s.silent = &devicePopErrorScope, scopeError, true
	return s.complete(promise, token, then)
}

func (s *slot) complete(promise js.Value, token uint64, then Completion) error {
	if err := s.attachTo(promise); err != nil {
		s.finish(err)
		return err
	}
	s.token, s.then = token, then
	return nil
}
