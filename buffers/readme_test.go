package buffers_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// readmeProgram is the Go program of README.md, as it is printed there.
func readmeProgram(ctx context.Context) error {
	device := memory.Open(memory.Options{}) // in the browser: webgpu.Request(ctx, nil)
	system, err := buffers.Open(device, buffers.Options{})
	if err != nil {
		return err
	}
	defer system.Destroy()

	numbers, err := system.NewDeviceBuffer(buffers.Descriptor{Label: "numbers", Size: 16, Usage: buffers.UsageStorage})
	if err != nil {
		return err
	}
	defer numbers.Destroy()
	data, _ := wgsl.BytesOf([]float32{1, 2, 3, 4})
	if err := numbers.Write(0, data); err != nil { // takes the fastest path
		return err
	}

	readback, _ := system.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "numbers"})
	defer readback.Destroy()
	result := make([]float32, 2)
	if err := buffers.ReadSlice(ctx, readback, numbers, 4, result); err != nil {
		return err
	}
	fmt.Println(result) // [2 3]
	return nil
}

func Example_readme() {
	if err := readmeProgram(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: [2 3]
}

func TestTheReadmePrintsTheProgramThatRuns(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, block, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found)
	block, _, _ = strings.Cut(block, "```")
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	require.Contains(t, strings.ReplaceAll(string(source), "\n\t", "\n"), block)
}
