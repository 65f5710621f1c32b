//go:build js && wasm

package jsbridge

import (
	"context"
	"sync"
	"syscall/js"
)

// A slot waits for one promise at a time. Its two callbacks live as long as
// the program, so that waiting makes neither a js.Func nor a JavaScript object.
//
// Protocol:
//  1. takeSlot removes a slot from the free list. If its channel still holds
//     the value of an earlier promise, that channel stays with its receiver,
//     and the slot gets a new one.
//  2. One callback of the promise sends exactly one value. The channel has
//     room for it, so the callback never blocks.
//  3. Only then does the slot return to the free list. A promise that settles
//     late therefore settles its own channel, never that of a later promise.
type slot struct {
	op      *method
	convert func(js.Value) error // what a resolved value means; nil for success
	mapping *mapping             // begins with part when the promise resolves; nil for other promises
	part    part
	then    Completion // makes the error that is sent; nil for none
	token   uint64     // then's
	silent  bool       // nobody has the channel: nothing is sent
	notify  func()     // is called last; nil for none
	quiet   bool       // then and notify call Wake: see Followup
	settled chan error
	resolve js.Func
	reject  js.Func
	number  int      // index in slots.all
	waits   bool     // is not free
	plain   js.Value // resolves a promise that has no value
}

var slots struct {
	sync.Mutex
	all, free   []*slot
	newCallback newCallback // or nil
}

func takeSlot() *slot {
	slots.Lock()
	defer slots.Unlock()
	last := len(slots.free) - 1
	if last < 0 {
		return newSlot()
	}
	at := last
	for least := max(0, last-nearSlots); at > least && len(slots.free[at].settled) > 0; at-- {
	}
	s := slots.free[at]
	slots.free[at] = slots.free[last]
	slots.free = slots.free[:last]
	if len(s.settled) > 0 {
		s.settled = make(chan error, 1)
	}
	s.waits = true
	return s
}

// nearSlots is how many further free slots are tried for one whose channel was
// read. The channel of an upload's map is read frames after it settled.
const nearSlots = 16

func newSlot() *slot {
	apart()
	defer apart()
	s := &slot{settled: make(chan error, 1)}
	s.resolve = js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.finish(s.resolved(args))
		return nil
	})
	s.reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.finish(s.rejected(thrownError(s.op.op(), first(args))))
		return nil
	})
	s.number, s.plain = len(slots.all), s.resolve.Value
	if s.number == 0 && slots.newCallback == nil {
		slots.newCallback = loadersCallbacks(loaderObject())
	}
	if slots.newCallback != nil {
		s.plain = slots.newCallback(s.number)
	}
	slots.all = append(slots.all, s)
	s.waits = true
	return s
}

func (s *slot) resolved(args []js.Value) error {
	if s.mapping != nil {
		s.mapping.begin(s.part)
	}
	if s.convert == nil {
		return nil
	}
	return s.convert(first(args))
}

// rejected begins the mapping if the error holds verdicts: the chunk is mapped.
func (s *slot) rejected(err error) error {
	if s.mapping != nil && len(Verdicts(err)) > 0 {
		s.mapping.begin(s.part)
	}
	return err
}

func (s *slot) finish(err error) {
	if s.then != nil {
		err = s.then(s.token, err)
	}
	if !s.silent {
		s.settled <- err
	}
	if !s.quiet {
		Wake()
	}
	notify := s.notify
	s.release()
	if notify != nil {
		notify()
	}
}

func (s *slot) release() {
	s.convert, s.mapping, s.then, s.notify, s.silent, s.quiet, s.waits = nil, nil, nil, nil, false, false, false
	slots.Lock()
	slots.free = append(slots.free, s)
	slots.Unlock()
}

func first(args []js.Value) js.Value {
	if len(args) == 0 {
		return js.Undefined()
	}
	return args[0]
}

// settle turns a promise into a channel of capacity one. It receives convert's
// verdict on the resolved value (nil if convert is nil), or the *Error that the
// promise rejected with. Receive from it once: the channel serves another
// promise afterwards.
func settle(op *method, promise js.Value, convert func(js.Value) error) <-chan error {
	s := takeSlot()
	s.op, s.convert = op, convert
	return s.wait(promise)
}

func (s *slot) wait(promise js.Value) <-chan error {
	settled := s.settled
	if err := s.attachTo(promise); err != nil {
		s.finish(err)
	}
	return settled
}

func (s *slot) attachTo(promise js.Value) error {
	_, err := fusedThen.call(promise, s.resolve.Value, s.reject.Value)
	return err
}

// expectMap prepares the slot for the promise of a map of part p.
func (s *slot) expectMap(b *Buffer, p part) {
	s.op, s.mapping, s.part = &bufferMapAsync, &b.mapping, p
}

func (s *slot) follow(f Followup) {
	s.token, s.then, s.notify, s.quiet = f.Token, f.Then, f.Notify, f.Quiet
}

// attached is the channel of a slot whose callbacks a fused call has
// attached. If the call threw, no promise has them, and the slot is free again.
func (s *slot) attached(err error) (<-chan error, error) {
	settled := s.settled
	if err != nil {
		s.release()
		return nil, err
	}
	return settled, nil
}

// failed is a channel that settled before there was a promise.
func failed(err error) <-chan error {
	settled := make(chan error, 1)
	settled <- err
	return settled
}

// await calls a method that gives a promise and waits for its value. If the
// context ends first, await returns its error, and a value that arrives
// afterwards goes to discard.
func await(ctx context.Context, discard func(js.Value), m *method, args ...any) (js.Value, error) {
	if err := ctx.Err(); err != nil {
		return js.Undefined(), err
	}
	promise, err := m.call(args...)
	if err != nil {
		return js.Undefined(), err
	}
	return receive(ctx, discard, m, promise)
}

func receive(ctx context.Context, discard func(js.Value), m *method, promise js.Value) (js.Value, error) {
	w := &waiter{discard: discard}
	select {
	case err := <-settle(m, promise, w.accept):
		return w.value, err
	case <-ctx.Done():
		w.abandon()
		return js.Undefined(), ctx.Err()
	}
}

// A waiter keeps a resolved value for whoever waits for it, or discards it
// if nobody waits any more.
type waiter struct {
	mu        sync.Mutex
	value     js.Value
	arrived   bool
	abandoned bool
	discard   func(js.Value)
}

func (w *waiter) accept(value js.Value) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.value, w.arrived = value, true
	w.drop()
	return nil
}

func (w *waiter) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abandoned = true
	w.drop()
}

func (w *waiter) drop() {
	if w.abandoned && w.arrived && w.discard != nil {
		w.discard(w.value)
	}
}
