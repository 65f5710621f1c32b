package buffers

import (
	"sync"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// upkeep destroys what lies idle, by a timer that exists only while something does.
type upkeep struct {
	after func(time.Duration, func()) (stop func()) // the device's, or that of package time
	stop  func()                                    // the timer that is set; or nil
	lock  sync.Locker
	age   time.Duration // at which what is idle is destroyed

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

// tend is called where something begins to lie idle, or to be pending with nobody who hears when it no longer is.
func (k *upkeep) tend() {
	if k.stop == nil && !k.over {
		k.stop = k.after(k.age, k.keepUp)
	}
}

// keepUp destroys what is old enough, and looks again when the next will be. The lock is not held.
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

// keeper keeps memory for its next use. trim destroys what lies idle since then or longer, and returns since when the
// longest idle of the rest does; or [latest], if nothing does.
type keeper interface {
	trim(before moment) (oldest moment)
}

// trim is that of all who keep something.
func (k *upkeep) trim(before moment) (oldest moment) {
	oldest = latest
	for _, keeper := range k.keepers {
		oldest = min(oldest, keeper.trim(before))
	}
	return oldest
}

// end destroys nothing more by itself.
func (k *upkeep) end() {
	k.over = true
	if k.stop != nil {
		k.stop()
		k.stop = nil
	}
}
