package buffers_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// A mesh goes through staging into memory of the GPU, and comes back.
func Example() {
	device := memory.Open(memory.Options{}) // in a browser: webgpu.Request
	defer device.Destroy()
	system, err := buffers.Open(device, buffers.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer system.Destroy()
	ctx := context.Background()
	scope := system.NewScope()
	defer scope.Destroy()

	vertices, _ := scope.NewDeviceBuffer(buffers.Descriptor{Label: "triangle", Size: 24, Usage: buffers.UsageVertex})
	staging, _ := scope.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Label: "triangle", Size: 24})
	data, _ := wgsl.BytesOf([]float32{0, 1, -1, -1, 1, -1})
	staging.Write(data)

	frame, _ := system.BeginFrame(ctx)
	encoder, _ := frame.Encoder()
	staging.UploadTo(encoder, vertices, 0)
	frame.Submit()

	readback, _ := scope.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	corner := make([]float32, 2)
	if err := buffers.ReadSlice(ctx, readback, vertices, 16, corner); err != nil {
		fmt.Println(err)
	}
	fmt.Println(corner)
	// Output: [1 -1]
}

// Data that is new each frame goes through a DynamicBuffer: an update is a piece of memory to fill, and
// all of a frame's updates move together.
func ExampleDynamicBuffer() {
	system, ctx := exampleSystem()
	uniforms, _ := system.NewDynamicBuffer(buffers.DynamicDescriptor{Label: "uniforms", Size: 64 << 10, Usage: buffers.UsageUniform})
	defer uniforms.Destroy()
	for turn := range 2 {
		frame, _ := system.BeginFrame(ctx)
		for object := range 3 {
			update, _ := uniforms.Update(16)
			wgsl.Put(update.Bytes, [4]float32{float32(turn), float32(object), 0, 1})
			fmt.Print(update.Offset, " ") // for SetBindGroup with update.Buffer
		}
		frame.Submit()
	}
	// Output: 0 256 512 0 256 512
}

// Misuse is an error with operation, label, numbers and rule.
func ExampleError() {
	system, _ := exampleSystem()
	b, _ := system.NewDeviceBuffer(buffers.Descriptor{Label: "bunny vertices", Size: 65_536, Usage: buffers.UsageVertex})
	defer b.Destroy()
	err := b.Write(65_532, make([]byte, 12))
	fmt.Println(err)
	fmt.Println(errors.Is(err, buffers.ErrRange), buffers.Code(err))
	// Output:
	// buffers: write "bunny vertices": 12 bytes at 65,532 exceed size 65,536
	// true range
}

// Reads asked for before a submit travel with it and share memory and map.
func ExampleReadbackBuffer_Start() {
	system, ctx := exampleSystem()
	counters, _ := system.NewDeviceBuffer(buffers.Descriptor{Label: "counters", Size: 16, Usage: buffers.UsageStorage})
	defer counters.Destroy()
	counters.Write(0, []byte{1, 0, 0, 0, 2, 0, 0, 0})
	readback, _ := system.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	defer readback.Destroy()

	var first, second [4]byte
	one, _ := readback.Start(counters, 0, buffers.Bytes(first[:]))
	two, _ := readback.Start(counters, 4, buffers.Bytes(second[:]))
	system.Submit()
	fmt.Println(one.Wait(ctx), two.Wait(ctx), first[0], second[0])
	// Output: <nil> <nil> 1 2
}

func exampleSystem() (*buffers.System, context.Context) {
	system, err := buffers.Open(memory.Open(memory.Options{}), buffers.Options{})
	if err != nil {
		panic(err)
	}
	return system, context.Background()
}
