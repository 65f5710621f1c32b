package buffers

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Options of a System. The zero value is good for most programs.
type Options struct {
	// Budget is the most bytes of mappable memory, pools included; 0 means 256 MiB.
	Budget uint64
	// OnBudget says what happens when the budget is used up.
	OnBudget BudgetPolicy
	// ChunkSize is a multiple of 256. It bounds the bytes of a chunk that short reads share, and is the piece into
	// which a longer read is cut. 0 means 4 MiB, or a quarter of the budget if that is less, and pieces as the engine
	// finds them fastest. No chunk has less than 4 KiB.
	ChunkSize uint64
	// MaxFramesInFlight is how many frames may be with the GPU before BeginFrame waits. 0 means 3, which keep it busy.
	// Up to 8 are allowed while the oldest is there for less than 8 ms, or for a context that has ended.
	MaxFramesInFlight int
	// IdleAge is how long memory may lie idle in a pool, or in a slot of a DynamicBuffer, before it is destroyed: after
	// twice that at the latest, whether or not the System is called meanwhile. 0 means 5 seconds.
	IdleAge time.Duration
	// HostWrites says that the host writes the updates of dynamic buffers, into [Embedder.Mapped] if there is one.
	HostWrites bool
	// HostCollects says that the host tells of the buffers that it dropped, by [Embedder.Leaked]: the System does not find
	// them, nor does it know where they were made.
	HostCollects bool
	// Changed is for a host that keeps the native objects of buffers. It is called when the System may have replaced
	// one, or found one to be of no use. Like the methods of a [host.Sink] it must be short, and call nothing of the System.
	Changed func()
	// Log takes the System's records from LogLevel up; nil costs nothing.
	Log      LogFunc
	LogLevel Level
}

func (o Options) withDefaults() Options {
	o.Budget = orDefault(o.Budget, 256<<20)
	o.ChunkSize = orDefault(o.ChunkSize, min(4<<20, max(o.Budget/4&^255, 256)))
	o.MaxFramesInFlight = orDefault(o.MaxFramesInFlight, mostFrames)
	o.IdleAge = orDefault(o.IdleAge, 5*time.Second)
	return o
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (o *Options) validate() error {
	switch {
	case o.ChunkSize%256 != 0:
		return gpu.NewError("open", "", ErrAlignment, "chunk size "+gpu.Decimal(o.ChunkSize)+" is not a multiple of 256")
	case chunkSize(o.ChunkSize) > o.Budget:
		return gpu.NewError("open", "", ErrBudget, "a chunk of "+gpu.Decimal(chunkSize(o.ChunkSize))+" bytes exceeds the budget "+gpu.Decimal(o.Budget))
	case o.MaxFramesInFlight < 1:
		return gpu.NewError("open", "", ErrRange, "fewer than one frame in flight")
	}
	return nil
}

// Frames that may be with the GPU before BeginFrame waits: the default of a program that leaves it to the System, and
// the most.
const (
	pacedFrames = 3
	mostFrames  = 8
)
