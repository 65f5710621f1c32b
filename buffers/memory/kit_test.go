package memory_test

import (
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/buffertest"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func TestRules(t *testing.T) {
	buffertest.Run(t, backend("memory", memory.Options{}, memory.Crashed))
}

// With latency, calls and completions interleave in other ways than without.
func TestRulesOnASlowGPU(t *testing.T) {
	slow := memory.Options{
		Write: memory.Fixed(5 * time.Microsecond),
		Copy:  memory.Bandwidth(20*time.Microsecond, 4<<30),
		Map:   memory.Fixed(50 * time.Microsecond),
	}
	buffertest.Run(t, backend("memory (slow)", slow, memory.Destroyed))
}

func TestRulesOnAGPUThatNotifies(t *testing.T) {
	buffertest.Run(t, backend("memory (notifies)", memory.Options{Notifies: true}, memory.Crashed))
}

func TestRulesOnUnifiedMemory(t *testing.T) {
	limits := gpu.DefaultLimits()
	limits.MappablePrimaryBuffers = true
	buffertest.Run(t, backend("memory (unified)", memory.Options{Limits: limits}, memory.Crashed))
}

func backend(name string, options memory.Options, loss memory.Loss) buffertest.Backend {
	options.LateErrors = true
	return buffertest.Backend{
		Name: name,
		Open: func(testing.TB) gpu.Device { return memory.Open(options) },
		NewTexture: func(_ testing.TB, d gpu.Device, info gpu.TextureInfo) (gpu.Texture, func()) {
			texture := d.(*memory.Device).NewTexture("texture", info)
			return texture, texture.Destroy
		},
		Has: func(string) bool { return true },
		NewForeign: func(t testing.TB, d gpu.Device, size uint64) (gpu.Buffer, func()) {
			owned, err := d.CreateBuffer(&gpu.Descriptor{Label: "foreign", Size: size, Usage: gpu.UsageCopySrc | gpu.UsageCopyDst})
			if err != nil {
				t.Fatal(err)
			}
			return d.(*memory.Device).Adopt(owned.(*memory.Buffer)), owned.Destroy
		},
		NewHost: func(_ testing.TB, p []byte) (gpu.Host, func() []byte) {
			h := memory.NewHostBytes(p)
			return h, h.Bytes
		},
		MapsBytes: true,
		Exhaust: func(d gpu.Device) uint64 {
			d.(*memory.Device).FailCreate(1)
			return 64
		},
		Lose: func(d gpu.Device) { d.(*memory.Device).Lose(loss) },
		Hold: func(d gpu.Device) func() {
			d.(*memory.Device).Hold()
			return d.(*memory.Device).Release
		},
	}
}
