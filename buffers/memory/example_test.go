package memory_test

import (
	"fmt"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// A test decides when the GPU gets on, and what goes wrong.
func ExampleDevice_Hold() {
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	b, _ := device.CreateMappableBuffer(&gpu.Descriptor{
		Label: "readback", Size: 256, Usage: gpu.UsageMapRead | gpu.UsageCopyDst,
	})

	device.Hold()
	settled := b.MapAsync(gpu.MapRead, 0, 256)
	fmt.Println(b.State())
	device.Step()
	fmt.Println(b.State(), <-settled)

	device.Lose(memory.Crashed)
	fmt.Println(b.State(), <-b.MapAsync(gpu.MapRead, 0, 256))
	// Output:
	// MapPending
	// Mapped <nil>
	// Mapped buffers: map "readback": the device is lost: the GPU process crashed
}
