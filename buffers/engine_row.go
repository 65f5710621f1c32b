package buffers

import "time"

// together is the longest pause between two writes or uploads of a burst. A program that waits for the GPU in between
// waits longer: 0.3 ms at least, in a browser.
const together = 150 * time.Microsecond

// row is the writes and uploads that follow each other at once. The first is alone, as far as anybody knows by then.
type row struct {
	length   int
	ended    moment // when the last one did
	underway int    // uploads of memory that have begun, and not ended
	touches  bool   // memory was written to for the first time
}

// follows reports whether a transfer that begins now belongs to the row.
func (r *row) follows() bool {
	return r.length > 0 && (r.underway > 0 || now()-r.ended < moment(together))
}

// begin is called before the first transfer of a burst, which counts as one that follows.
func (r *row) begin() { r.length, r.touches = 1, false }

// end is called when a transfer was issued.
func (r *row) end() { r.ended = now() }
