package memory_test

import (
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/buffertest"
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

func backend(name string, options memory.Options, loss memory.Loss) buffertest.Backend {
	options.LateErrors = true
	return buffertest.Backend{
		Name: name,
		Open: func(testing.TB) buffers.Device { return memory.Open(options) },
		NewTexture: func(_ testing.TB, d buffers.Device, info buffers.TextureInfo) (buffers.Texture, func()) {
			texture := d.(*memory.Device).NewTexture("texture", info)
			return texture, texture.Destroy
		},
		Has: func(string) bool { return true },
		NewForeign: func(t testing.TB, d buffers.Device, size uint64) (buffers.Buffer, func()) {
			owned, err := d.CreateBuffer(&buffers.Descriptor{Label: "foreign", Size: size, Usage: buffers.UsageCopySrc | buffers.UsageCopyDst})
			if err != nil {
				t.Fatal(err)
			}
			return d.(*memory.Device).Adopt(owned.(*memory.Buffer)), owned.Destroy
		},
		NewHost: func(_ testing.TB, p []byte) (buffers.Host, func() []byte) {
			h := memory.NewHostBytes(p)
			return h, h.Bytes
		},
		Exhaust: func(d buffers.Device) uint64 {
			d.(*memory.Device).FailCreate(1)
			return 64
		},
		Lose: func(d buffers.Device) { d.(*memory.Device).Lose(loss) },
		Hold: func(d buffers.Device) func() {
			d.(*memory.Device).Hold()
			return d.(*memory.Device).Release
		},
	}
}
