package buffers

import (
	"math"
	"time"
)

// moment is a point on the monotonic clock, from the program's start, for measurements. A time.Time costs a browser's
// module a second call, and brings along the printing of dates.
type moment time.Duration

// latest is later than every other.
const latest moment = math.MaxInt64

var beginning = time.Now()

func now() moment { return moment(time.Since(beginning)) }

// age is how long ago it was.
func (m moment) age() time.Duration { return time.Duration(now() - m) }
