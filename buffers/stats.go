package buffers

import "time"

// Kind is the purpose of a buffer.
type Kind uint8

const (
	KindDevice Kind = iota
	KindImmediateStaging
	KindDeferredStaging
	KindReadback
	KindDynamic
	KindMappable

	kindCount
)

var kindNames = [kindCount]string{
	"DeviceBuffer", "ImmediateStagingBuffer", "DeferredStagingBuffer", "ReadbackBuffer", "DynamicBuffer", "MappableBuffer",
}

func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return "unknown kind"
}

// Kinds lists every Kind in order.
func Kinds() []Kind {
	kinds := make([]Kind, kindCount)
	for i := range kinds {
		kinds[i] = Kind(i)
	}
	return kinds
}

// KindStats counts the buffers of one kind. Bytes are those of the GPU buffers that each holds itself; pooled memory
// counts in [PoolStats].
type KindStats struct {
	Count, Peak      int
	Bytes, PeakBytes uint64
	Created          uint64
}

// PoolStats describes a pool of mappable chunks.
type PoolStats struct {
	// Hits found a chunk, Misses made one.
	Hits, Misses uint64
	// Chunks and Bytes are all that the pool holds or lends, IdleBytes the unused part.
	Chunks           int
	Bytes, IdleBytes uint64
}

// LatencyStats is the time from asking for the map of a read to its success.
type LatencyStats struct {
	Count           uint64
	Last, Mean, Max time.Duration
}

// Stats is a snapshot of a System.
type Stats struct {
	Kinds    [kindCount]KindStats
	Uploads  PoolStats
	Reads    PoolStats
	Budget   uint64 // bytes of mappable memory allowed
	Mappable uint64 // bytes of mappable memory in use or pooled
	Peak     uint64 // the most that Mappable has been
	Held     uint64 // bytes on the GPU that hold reads until mappable memory is free

	MapsPending int
	MapLatency  LatencyStats

	BytesUp, BytesDown uint64 // moved to and from the GPU
	Submits            uint64
	FramesInFlight     int
	Leaks              uint64 // buffers nobody destroyed
}

// Of returns the counts of one kind.
func (s Stats) Of(k Kind) KindStats { return s.Kinds[k] }

func (k *KindStats) add(bytes uint64) {
	k.Count++
	k.Created++
	k.Peak = max(k.Peak, k.Count)
	k.grow(bytes)
}

// pass counts what came and went. At the most it was so much at a time, beside what there is.
func (k *KindStats) pass(passed, most, bytes uint64) {
	k.Created += passed
	k.Peak = max(k.Peak, k.Count+int(most))
	k.PeakBytes = max(k.PeakBytes, k.Bytes+bytes)
}

func (k *KindStats) grow(bytes uint64) {
	k.Bytes += bytes
	k.PeakBytes = max(k.PeakBytes, k.Bytes)
}

func (k *KindStats) remove(bytes uint64) {
	k.Count--
	k.Bytes -= bytes
}

func (l *LatencyStats) add(d time.Duration) {
	l.Count++
	l.Last = d
	l.Max = max(l.Max, d)
	l.Mean += (d - l.Mean) / time.Duration(min(l.Count, 64))
}
