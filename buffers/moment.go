package buffers

import (
	"math"
	"time"
)

// moment is a point in time for what measures how long something takes: on the monotonic clock, from when the program
// began. A time.Time costs a browser's module a second call, and in its structures brings along how to print a date.
type moment time.Duration

// latest is later than every other.
const latest moment = math.MaxInt64

var beginning = time.Now()

func now() moment { return moment(time.Since(beginning)) }

// age is how long ago it was.
func (m moment) age() time.Duration { return time.Duration(now() - m) }
