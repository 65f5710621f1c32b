//go:build js && wasm

package webgpu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// perEvent is what a promise costs, as package jsbridge says.
const perEvent = 2

// What the calls of every frame allocate in Go. Nothing is this backend's own but where a map is
// aborted, which makes an error: an encoder and its commands cost a js.Value each.
func TestAllocations(t *testing.T) {
	d, _ := open(t)
	q := d.Queue()
	b, p := create(t, d, "target", gpuUsage, 4096), make([]byte, 4096)
	staging, back := createMappable(t, d, "staging", stagingUsage, 4096), createMappable(t, d, "back", readbackUsage, 4096)
	chunks, chunk := q.(gpu.ChunkQueue), createMappable(t, d, "chunk", stagingUsage, 4096)
	copies := []gpu.ChunkCopy{{Src: b, Size: 2048}, {Src: b, Offset: 2048, Size: 2048, At: 2048}}
	land := landing{make(chan error, 1)}
	encoders := make([]gpu.Encoder, 1)
	host := memoryOf(t, uint8Array(p))

	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(<-chunk.MapAsync(gpu.MapWrite, 0, 4096))
	for _, c := range []struct {
		name string
		most float64
		f    func()
	}{
		{"WriteBuffer", 0, func() { must(q.WriteBuffer(b, 0, gpu.Bytes(p))) }},
		{"WorkDone", perEvent, func() { must(<-q.WorkDone()) }},
		{"MapAsync, Unmap", perEvent, func() {
			must(<-staging.MapAsync(gpu.MapWrite, 0, 4096))
			must(staging.Unmap())
		}},
		{"MapAsync, Unmap before it settles", 20, func() {
			settled := staging.MapAsync(gpu.MapWrite, 0, 4096)
			must(staging.Unmap())
			<-settled
		}},
		{"MapAsync, WriteAt, Unmap", perEvent, func() {
			must(<-staging.MapAsync(gpu.MapWrite, 0, 4096))
			_, err := staging.WriteAt(p, 0)
			must(err)
			must(staging.Unmap())
		}},
		{"MapAsync, ReadAt, Unmap", perEvent, func() {
			must(<-back.MapAsync(gpu.MapRead, 0, 4096))
			_, err := back.ReadAt(p, 0)
			must(err)
			must(back.Unmap())
		}},
		{"FillChunk until it is mapped again", perEvent, func() {
			settled, err := chunks.FillChunk(chunk, gpu.Bytes(p), b, 0, nil)
			must(err)
			must(<-settled)
		}},
		{"FetchChunk of two copies, ReadAt, Unmap", perEvent, func() {
			_, _, err := chunks.FetchChunk(back, 4096, copies, land)
			must(err)
			must(<-land.landed)
			_, err = back.ReadAt(p, 0)
			must(err)
			must(back.Unmap())
		}},
		{"WriteBuffer of Data", 3, func() { must(q.WriteBuffer(b, 0, host)) }},
		{"CreateEncoder, copy, Submit", 4, func() {
			e, err := d.CreateEncoder("")
			must(err)
			must(e.CopyBufferToBuffer(b, 0, back, 0, 4096))
			encoders[0] = e
			must(q.Submit(encoders...))
		}},
		{"CreateEncoder with a label, 10 copies, Submit", 8, func() {
			e, err := d.CreateEncoder("frame")
			must(err)
			for range 10 {
				must(e.CopyBufferToBuffer(b, 0, back, 0, 4096))
			}
			encoders[0] = e
			must(q.Submit(encoders...))
		}},
		{"CreateBuffer, Destroy", 5, func() { // one of them has the GPUBuffer be freed apart from what is made next
			made, err := d.CreateBuffer(&gpu.Descriptor{Label: "made", Size: 64, Usage: gpuUsage})
			must(err)
			made.Destroy()
		}},
	} {
		for range 20 {
			c.f()
		}
		n := testing.AllocsPerRun(100, c.f)
		t.Logf("%s: %v allocations", c.name, n)
		assert.LessOrEqual(t, n, c.most, c.name)
	}
}

// landing hears of the map of a fetch.
type landing struct{ landed chan error }

func (l landing) Refused(int, error) {}

func (l landing) Landed(err error) {
	l.landed <- err
	jsbridge.Wake()
}
