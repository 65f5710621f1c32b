//go:build js && wasm

package webgpu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// What the calls of every frame allocate in Go. Nothing is this backend's own but where a map is
// aborted, which makes an error: a promise costs the js.Value of itself and four that syscall/js makes
// to call back, and an encoder and its commands cost a js.Value each.
func TestAllocations(t *testing.T) {
	d, _ := open(t)
	q := d.Queue()
	b, p := create(t, d, "target", gpuUsage, 4096), make([]byte, 4096)
	staging, back := createMappable(t, d, "staging", stagingUsage, 4096), createMappable(t, d, "back", readbackUsage, 4096)
	encoders := make([]buffers.Encoder, 1)
	host := memoryOf(t, uint8Array(p))

	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		most float64
		f    func()
	}{
		{"WriteBuffer", 0, func() { must(q.WriteBuffer(b, 0, buffers.Bytes(p))) }},
		{"WorkDone", 5, func() { must(<-q.WorkDone()) }},
		{"MapAsync, Unmap", 5, func() {
			must(<-staging.MapAsync(buffers.MapWrite, 0, 4096))
			must(staging.Unmap())
		}},
		{"MapAsync, Unmap before it settles", 20, func() {
			settled := staging.MapAsync(buffers.MapWrite, 0, 4096)
			must(staging.Unmap())
			<-settled
		}},
		{"MapAsync, WriteAt, Unmap", 7, func() {
			must(<-staging.MapAsync(buffers.MapWrite, 0, 4096))
			_, err := staging.WriteAt(p, 0)
			must(err)
			must(staging.Unmap())
		}},
		{"MapAsync, ReadAt, Unmap", 7, func() {
			must(<-back.MapAsync(buffers.MapRead, 0, 4096))
			_, err := back.ReadAt(p, 0)
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
		{"CreateBuffer, Destroy", 60, func() {
			made, err := d.CreateBuffer(&buffers.Descriptor{Label: "made", Size: 64, Usage: gpuUsage})
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
