package buffers

import (
	"sync"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// upkeep destroys idle memory, by a timer that exists only while there is any.
type upkeep struct {
	after func(time.Duration, func()) (stop func()) // the device's, or that of package time
	stop  func()                                    // the timer that is set; or nil
	lock  sync.Locker
	age   time.Duration // at which idle memory is destroyed

	keepers []keeper
	over    bool
}

func (k *upkeep) init(device Device, lock sync.Locker, age time.Duration) {
	k.lock, k.age = lock, age
	k.after = afterFunc
	if t, ok := device.(gpu.Timers); ok {
		k.after = t.AfterFunc
	}
}

func afterFunc(d time.Duration, f func()) (stop func()) {
	timer := time.AfterFunc(d, f)
	return func() { timer.Stop() }
}

// tend is called when memory becomes idle, or pending with nobody who hears when it no longer is.
func (k *upkeep) tend() {
	if k.stop == nil && !k.over {
		k.stop = k.after(k.age, k.keepUp)
	}
}

// keepUp destroys old idle memory, and sets the timer for the rest. The lock is not held.
func (k *upkeep) keepUp() {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.stop = nil
	age := moment(k.age)
	oldest := k.trim(now() - age)
	if oldest == latest || k.over {
		return
	}
	wait := oldest + age - now()
	if wait <= 0 { // it is in use
		wait = age
	}
	k.stop = k.after(time.Duration(wait), k.keepUp)
}

// keeper keeps memory for its next use. trim destroys memory that has been idle since before or longer. It returns when
// the longest idle of the rest became idle, or [latest] if there is none.
type keeper interface {
	trim(before moment) (oldest moment)
}

// trim calls trim of every keeper.
func (k *upkeep) trim(before moment) (oldest moment) {
	oldest = latest
	for _, keeper := range k.keepers {
		oldest = min(oldest, keeper.trim(before))
	}
	return oldest
}

// end stops the timer for good.
func (k *upkeep) end() {
	k.over = true
	if k.stop != nil {
		k.stop()
		k.stop = nil
	}
}
