package memory_test

import (
	"fmt"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// A test decides when the GPU gets on, and what goes wrong.
func ExampleDevice_Hold() {
	gpu := memory.Open(memory.Options{})
	defer gpu.Destroy()
	b, _ := gpu.CreateMappableBuffer(&buffers.Descriptor{
		Label: "readback", Size: 256, Usage: buffers.UsageMapRead | buffers.UsageCopyDst,
	})

	gpu.Hold()
	settled := b.MapAsync(buffers.MapRead, 0, 256)
	fmt.Println(b.State())
	gpu.Step()
	fmt.Println(b.State(), <-settled)

	gpu.Lose(memory.Crashed)
	fmt.Println(b.State(), <-b.MapAsync(buffers.MapRead, 0, 256))
	// Output:
	// MapPending
	// Mapped <nil>
	// Mapped buffers: map "readback": the device is lost: the GPU process crashed
}
