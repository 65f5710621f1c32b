//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// AdoptBuffer lets the caller's own GPUBuffer of this device be written to and copied. Its owner maps, unmaps and
// destroys it: State asks the browser whether it is mapped, and Destroy ends its use here and leaves the GPUBuffer
// alone.
//
// NOTE: nothing tells whether its owner has destroyed it. The browser reports the use of a destroyed one later.
func (d *Device) AdoptBuffer(b *jsbridge.Buffer) gpu.Buffer {
	usage, _ := splitUsage(uint64(b.Usage()))
	adopted := &buffer{device: d, bridge: b, usage: usage, adopted: true}
	adopted.life.Create(&gpu.Descriptor{Size: b.Size()})
	return adopted
}

// AdoptEncoder lets copies be recorded among the commands of the caller's own GPUCommandEncoder. Submit finishes it. If
// its owner does, the browser reports copies recorded after that, later. Nobody else uses the chunks staged in such an
// encoder, but they are destroyed some time after the next submit of the System: see [buffers.Options].IdleAge.
func (d *Device) AdoptEncoder(e *jsbridge.CommandEncoder) gpu.Encoder {
	return &encoder{device: d, label: e.Label(), bridge: e, adopted: true}
}

// AdoptCommandBuffer lets the caller's own GPUCommandBuffer be submitted with other work. Nothing can
// be recorded into it, and only the browser knows which buffers it names.
func (d *Device) AdoptCommandBuffer(c *jsbridge.CommandBuffer) gpu.Encoder {
	return &encoder{device: d, label: c.Label(), commands: c, adopted: true}
}
