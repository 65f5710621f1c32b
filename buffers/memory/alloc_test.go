package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// Tests of the core count allocations on this backend, so it must not have any of its own.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	d := open(t, memory.Options{})
	q := d.Queue()
	b, staging, p := newBuffer(t, d, 4096), newStaging(t, d, 4096), make([]byte, 4096)
	back, err := d.CreateMappableBuffer(&gpu.Descriptor{Label: "back", Size: 4096, Usage: gpu.UsageMapRead | gpu.UsageCopyDst})
	require.NoError(t, err)
	texture := d.NewTexture("texture", gpu.TextureInfo{
		Format: gpu.FormatOf("rgba8unorm"), Extent: gpu.Extent{Width: 8, Height: 8}, Usage: gpu.TextureCopyDst,
	})
	region := gpu.TextureRegion{Texture: texture, Extent: texture.Info().Extent}
	host := gpu.HostMemory(memory.NewHostBytes(p))
	encoders := make([]gpu.Encoder, 1)

	for name, f := range map[string]func() error{
		"write":           func() error { return q.WriteBuffer(b, 0, gpu.Bytes(p)) },
		"write from host": func() error { return q.WriteBuffer(b, 0, host) },
		"work done":       func() error { return <-q.WorkDone() },
		"map and write": func() error {
			if err := <-staging.MapAsync(gpu.MapWrite, 0, 4096); err != nil {
				return err
			}
			if _, err := staging.WriteAt(p, 0); err != nil {
				return err
			}
			return staging.Unmap()
		},
		"map and read": func() error {
			if err := <-back.MapAsync(gpu.MapRead, 0, 4096); err != nil {
				return err
			}
			if _, err := back.ReadAt(p, 0); err != nil {
				return err
			}
			return back.Unmap()
		},
		"cancelled map": func() error {
			settled := staging.MapAsync(gpu.MapWrite, 0, 4096)
			err := staging.Unmap()
			<-settled
			return err
		},
		"copy and submit": func() error {
			encoders[0], err = d.CreateEncoder("frame")
			if err != nil {
				return err
			}
			if err := encoders[0].CopyBufferToBuffer(staging, 0, b, 0, 4096); err != nil {
				return err
			}
			if err := encoders[0].CopyBufferToBuffer(b, 0, back, 0, 4096); err != nil {
				return err
			}
			return q.Submit(encoders...)
		},
		"write texture": func() error {
			return q.WriteTexture(region, gpu.Bytes(p), gpu.TexelLayout{BytesPerRow: 32})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var failed error
			cycle := func() {
				if err := f(); err != nil {
					failed = err
				}
				if err := <-q.WorkDone(); err != nil {
					failed = err
				}
			}
			for range 20 {
				cycle()
			}
			if got := testing.AllocsPerRun(100, cycle); got != allowed[name] {
				t.Errorf("%v allocations, want %v", got, allowed[name])
			}
			require.NoError(t, failed)
		})
	}
}

// allowed are those of errors: a cancelled map says so when it settles and again when it completes.
var allowed = map[string]float64{"cancelled map": 2}
