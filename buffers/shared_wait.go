package buffers

import (
	"context"
	"sync"
)

// waiters are the goroutines that wait for memory, a chunk, or room for a frame of a System. All of them follow one
// rule:
//
//   - A goroutine tries in a loop, and calls wait between two tries. It takes nothing out of a list for it.
//   - Whoever changes the outcome of a try calls wake: memory, a chunk or a frame comes back, a pending chunk needs a
//     listener, or a buffer or the System is destroyed.
//
// Every change wakes every waiter. A waiter that listened and leaves wakes only those of its source: it is no change
// for others, and two that woke each other would never sleep.
type waiters struct {
	lock     sync.Locker // held when a method is called
	wakeHost func()      // called when a goroutine became runnable
	waiting  []*waiter
	free     []*waiter
}

// waiter is one goroutine, from join until its wait returns.
type waiter struct {
	of       *waiters
	woken    chan struct{} // capacity 1
	source   source
	listened <-chan error // the source's, while this waiter listens to it; or nil
}

// source is an answer of the backend that somebody has to listen for, because the backend does not notify the System.
// One waiter of a source listens for all.
type source interface {
	// listen gives the channel of the next answer, or nil if somebody listens already or no answer is due. Nothing else
	// receives from it until unlisten.
	listen() <-chan error
	// unlisten ends that. answered is false if nothing was heard.
	unlisten(answered bool, err error)
}

// join makes the caller a waiter: from then on it misses no change. Its wait has to be called, once.
func (l *waiters) join(from source) *waiter {
	w := l.take()
	w.source, w.listened = from, from.listen()
	l.waiting = append(l.waiting, w)
	return w
}

func (l *waiters) take() *waiter {
	n := len(l.free)
	if n == 0 {
		return &waiter{of: l, woken: make(chan struct{}, 1)}
	}
	w := l.free[n-1]
	l.free = l.free[:n-1]
	return w
}

// wait returns at the next change, or with ctx's error when ctx ends. The lock is not held.
func (w *waiter) wait(ctx context.Context) (err error) {
	var answered bool
	var answer error
	select {
	case <-w.woken:
	case answer = <-w.listened:
		answered = true
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.of.lock.Lock()
	defer w.of.lock.Unlock()
	w.leave(answered, answer)
	return err
}

func (w *waiter) leave(answered bool, answer error) {
	l := w.of
	l.waiting = without(l.waiting, w)
	if w.listened != nil {
		w.source.unlisten(answered, answer)
		l.wakeFor(w.source) // another one has to listen
	}
	select {
	case <-w.woken:
	default:
	}
	w.source, w.listened = nil, nil
	l.free = append(l.free, w)
}

// wait releases the lock until the next change, or returns an error when ctx ends. Then the caller tries again.
func (l *waiters) wait(ctx context.Context, from source) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := l.join(from)
	l.lock.Unlock()
	defer l.lock.Lock()
	return w.wait(ctx)
}

// wake has every waiter try again.
func (l *waiters) wake() { l.wakeFor(nil) }

// wakeFor wakes the waiters of one source; nil is every source.
func (l *waiters) wakeFor(from source) {
	for _, w := range l.waiting {
		if from != nil && w.source != from {
			continue
		}
		select {
		case w.woken <- struct{}{}:
		default:
		}
		l.wakeHost()
	}
}

// causeOf returns the error of a context that has ended, or nil.
func causeOf(ctx context.Context) error {
	if ctx == NoWait {
		return nil
	}
	return ctx.Err()
}

// NoWait is a context that has ended, so that nothing waits under it. It is for hosts that must not wait. Errors do not
// name it as a cause, since nobody has ended anything.
var NoWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
